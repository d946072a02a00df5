"""Sealing the trail: at intervals, if there is anything new, its head is signed with a key for nothing else."""

from __future__ import annotations

import logging

from sealgate.clock import Clock
from sealgate.services.audit.live import read_links
from sealgate.store.audit_chain import ChainRow, SealRow, find_last_seal, find_tail, seals
from sealgate.store.database import Database
from sealgate.trust.authority import Authority
from sealgate.trust.keys import KeyUnavailable
from sealgate.trust.trail import Head, Link, Seal, genesis, make_seal, parse_stated
from sealgate.trust.trail_verify import TrailBroken, follow
from sealgate.x509.certificates import fingerprint

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 60.0


class Sealer:
    """Signs the heads of a trail. Several servers on one database take turns.

    Args:
        db: Where the trail is.
        authority: Whose trail it is.
        clock: The time.
    """

    def __init__(self, *, db: Database, authority: Authority, clock: Clock) -> None:
        self._db = db
        self._authority = authority
        self._clock = clock
        self._start = genesis(fingerprint(authority.root_certificate))
        self._lacks_key = False

    def seal(self) -> bool:
        """Sign the trail's end, and tell whether there was anything new.

        Nothing is signed that does not follow, event by event, from what the last seal says.

        Raises:
            TrailBroken: Somebody has altered the trail since.
            KeyUnavailable: A key is needed that the store does not give.
        """
        with self._db.read() as tx:
            tail, last = find_tail(tx), find_last_seal(tx)
        if tail is None or (last is not None and last.position == tail.position):
            return False
        previous = None if last is None else Seal(position=last.position, text=last.text, signature=last.signature)
        now = self._clock()
        head = self._follow(previous, tail)
        made = make_seal(head, previous=previous, start=self._start, at=now, signer=self._authority)
        row = SealRow(
            position=made.position, sealed_at=now.replace(microsecond=0), text=made.text, signature=made.signature
        )
        with self._db.write() as tx:
            if find_last_seal(tx) == last:  # else another server has sealed meanwhile
                seals.insert(tx, row)
        return True

    def try_to_seal(self) -> None:
        """Seal what is new; while no key can be had for it, say so once, and leave it to a later call.

        Raises:
            TrailBroken: Somebody has altered the trail since the last seal.
        """
        try:
            if self.seal():
                self._lacks_key = False
        except KeyUnavailable as error:
            if not self._lacks_key:
                log.warning("the audit trail goes on without seals until one can be signed: %s", error.message)
            self._lacks_key = True

    def _follow(self, previous: Seal | None, tail: ChainRow) -> Head:
        head = Head(position=0, chain=self._start) if previous is None else parse_stated(previous.text)[0]
        if head.position > tail.position:
            what = f"event {head.position}, which was sealed, is gone"
            raise TrailBroken(tail.position + 1, what, reason="TrailTruncated")
        for found in read_links(self._db, after=head.position, until=tail):
            if isinstance(found, Link):
                head = follow(head, found)
        return head
