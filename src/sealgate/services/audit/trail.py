"""The audit trail of a running server: what records events, what files them, puts them in order, and seals them."""

from __future__ import annotations

from sealgate.clock import Clock
from sealgate.services.audit import sealer, sequencer
from sealgate.services.audit.filing import Filing
from sealgate.services.audit.recorder import Recorder
from sealgate.services.audit.sealer import Sealer
from sealgate.services.audit.sequencer import Sequencer
from sealgate.services.rounds import Rounds
from sealgate.store.audit_journal import Journal
from sealgate.store.database import Database
from sealgate.trust.authority import Authority
from sealgate.x509.certificates import fingerprint


class AuditTrail:
    """Three threads, which `start` begins and `stop` ends.

    Args:
        db: Where the trail is.
        journal: Where events are that are not in the database yet.
        authority: Seals.
        clock: The time.

    Attributes:
        recorder: Takes events.
        filing: Brings them into the database.
    """

    def __init__(self, *, db: Database, journal: Journal, authority: Authority, clock: Clock) -> None:
        self.recorder = Recorder(journal=journal, clock=clock)
        self.filing = Filing(db=db, journal=journal)
        self._db = db
        self._sequencer = Sequencer(db=db, root_sha256=fingerprint(authority.root_certificate))
        self._sealer = Sealer(db=db, authority=authority, clock=clock)
        self._rounds = (
            Rounds("audit-sequencer", seconds=sequencer.INTERVAL_SECONDS, work=self._place_all, at_end=True),
            Rounds("audit-sealer", seconds=sealer.INTERVAL_SECONDS, work=self._sealer.try_to_seal, at_end=True),
        )

    def start(self) -> None:
        """File what a killed server has left; then begin to file, to order and to seal.

        Raises:
            OSError: The journal cannot be read.
        """
        self.filing.recover()
        for each in self._rounds:
            each.start()

    def _place_all(self) -> None:
        self.recorder.record_counts()
        self.filing.settle()
        self._sequencer.place_all()
        self._db.checkpoint()  # of all that writes, this thread is the one that nobody waits for

    def stop(self) -> None:
        """Take no more, file what waits, put it in order, and seal it; to be called when no request is under way."""
        self.recorder.stop()
        for each in self._rounds:
            each.stop()
        self.filing.close()
