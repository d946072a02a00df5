"""Putting committed events in order: each gets its place in the chain of hashes within a second.

Several servers on one database take turns: whoever holds the writer's lock goes on from the end of the chain, if it is
still where it was. An event's number is higher than those of all events committed before it, so none can come late.
"""

from __future__ import annotations

from sealgate.store.audit_chain import add_links, find_tail, list_events_after
from sealgate.store.database import Database
from sealgate.trust.trail import Head, follow, genesis

INTERVAL_SECONDS = 0.5
_BATCH = 512
"""Events placed in one transaction. It holds other writers up for a millisecond or two, and the hashing before it
the event loop for a few."""


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
        """Give every committed event its place. What was placed before the last batch reaches the disk with it."""
        while self._place_some():
            pass

    def _place_some(self) -> bool:
        """Give the next events their places; tell whether there are more.

        They are hashed before the writer's lock is taken: an event does not change, and none can come in between.
        """
        with self._db.read() as tx:
            tail = find_tail(tx)
            waiting = list_events_after(tx, 0 if tail is None else tail.number, limit=_BATCH + 1)
        if not waiting:
            return False
        has_more = len(waiting) > _BATCH
        waiting = waiting[:_BATCH]
        head = self._start if tail is None else Head(position=tail.position, chain=tail.chain)
        placed = follow(head, (text for _, text in waiting))
        links = [
            (position, number, leaf, chain)
            for (number, _), (position, leaf, chain) in zip(waiting, placed, strict=True)
        ]
        with self._db.write_soon() if has_more else self._db.write() as tx:
            is_next = find_tail(tx) == tail  # else another server has gone on meanwhile
            if is_next:
                add_links(tx, links)
        return has_more or not is_next
