"""Putting committed events in order: each gets its place in the chain of hashes within a second.

Several servers on one database take turns: whoever holds the writer's lock looks for the end of the chain and goes on
from there. An event's number is higher than those of all events committed before it, so none can come late.
"""

from __future__ import annotations

from sealgate.store.audit_chain import ChainRow, add_links, find_tail, has_events_after, list_events_after
from sealgate.store.database import Database, Tx
from sealgate.trust.trail import Head, follow, genesis

INTERVAL_SECONDS = 0.5
_BATCH = 500
"""Events placed in one transaction: it holds other writers up for some milliseconds."""


class Sequencer:
    """Gives events their places.

    Args:
        db: Where the trail is.
        root_sha256: The fingerprint of the authority's root, where the chain begins.
    """

    def __init__(self, *, db: Database, root_sha256: str) -> None:
        self._db = db
        self._start = Head(position=0, chain=genesis(root_sha256))

    def place_all(self) -> None:
        """Give every committed event its place."""
        while self._is_behind():
            with self._db.write() as tx:
                self._place(tx)

    def _is_behind(self) -> bool:
        with self._db.read() as tx:
            tail = find_tail(tx)
            return has_events_after(tx, 0 if tail is None else tail.number)

    def _place(self, tx: Tx) -> None:
        tail = find_tail(tx)
        head = self._start if tail is None else Head(position=tail.position, chain=tail.chain)
        waiting = list_events_after(tx, 0 if tail is None else tail.number, limit=_BATCH)
        placed = follow(head, (text for _, text in waiting))
        rows = [
            ChainRow(position=position, number=number, leaf=leaf, chain=chain)
            for (number, _), (position, leaf, chain) in zip(waiting, placed, strict=True)
        ]
        add_links(tx, rows)
