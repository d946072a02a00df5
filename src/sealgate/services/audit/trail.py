"""The audit trail of a running server: what records events, what puts them in order, what seals them."""

from __future__ import annotations

from sealgate.clock import Clock
from sealgate.services.audit import sealer, sequencer
from sealgate.services.audit.recorder import Recorder
from sealgate.services.audit.sealer import Sealer
from sealgate.services.audit.sequencer import Sequencer
from sealgate.services.rounds import Rounds
from sealgate.store.database import Database
from sealgate.trust.authority import Authority
from sealgate.x509.certificates import fingerprint


class AuditTrail:
    """Three threads, which `start` begins and `stop` ends.

    Attributes:
        recorder: Takes events.
    """

    def __init__(self, *, db: Database, authority: Authority, clock: Clock) -> None:
        self.recorder = Recorder(db=db, clock=clock)
        self._db = db
        self._sequencer = Sequencer(db=db, root_sha256=fingerprint(authority.root_certificate))
        self._sealer = Sealer(db=db, authority=authority, clock=clock)
        self._rounds = (
            Rounds("audit-sequencer", seconds=sequencer.INTERVAL_SECONDS, work=self._place_all, at_end=True),
            Rounds("audit-sealer", seconds=sealer.INTERVAL_SECONDS, work=self._sealer.try_to_seal, at_end=True),
        )

    def start(self) -> None:
        """Begin to record, to order and to seal."""
        self.recorder.start()
        for each in self._rounds:
            each.start()

    def _place_all(self) -> None:
        self._sequencer.place_all()
        self._db.checkpoint()  # of all that writes, this thread is the one that nobody waits for

    def stop(self) -> None:
        """Record what waits, put it in order, and seal it; to be called when no request is under way."""
        self.recorder.stop()
        for each in self._rounds:
            each.stop()
