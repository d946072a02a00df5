"""The pool of threads that does signing jobs, in the server's own process.

Several servers may share one database. A job is claimed by a lease that is renewed while its worker lives; where a
worker died, the lease runs out and another takes the job up again.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import replace
from datetime import timedelta

from sealgate.clock import Clock
from sealgate.services.bell import Bell
from sealgate.services.ends import Ends
from sealgate.services.metrics.meter import UNWATCHED, Meter
from sealgate.services.objects.service import ObjectService
from sealgate.services.rounds import Rounds
from sealgate.services.signing.run import JobRunner
from sealgate.store import jobs as store
from sealgate.store.blobs import BlobStore
from sealgate.store.database import Database
from sealgate.store.jobs import Job
from sealgate.trust.authority import Authority
from sealgate.trust.roots import TrustRoots

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long a claimed job stays its worker's own without a sign of life."""
MAX_ATTEMPTS = 25
"""A job that was taken up so often and never ended is given up: it may be what kills the server."""
_RENEW_SECONDS = LEASE.total_seconds() / 4
_LOOK_SECONDS = 5.0
"""How often to look for jobs whose worker, elsewhere, has died. Jobs of this server are announced by `wake`."""
PATIENCE_SECONDS = 0.5
"""How long whoever asks for a job under way is kept waiting for its end."""
_CLAIM = 8
"""Jobs claimed in one transaction; the threads share them."""


class SigningWorker:
    """Threads that claim and run jobs.

    Ownership: `_claimed` are jobs that wait for a thread, `_held` those and the running ones, whose leases are renewed;
    both are guarded by `_lock`. One thread at a time, holding `_claiming`, claims.

    Args:
        db: Where jobs are.
        objects: Where signed packages go.
        blobs: Where packages are read from and written to.
        authority: Who signs.
        roots: What this server's own output is verified against; the authority's root is among them.
        clock: The time.
        name: What this server calls itself in leases: the same after a restart, and different from other servers on
            the same database.
        threads: How many jobs are done at the same time.
        meter: Counts the jobs that have ended.
    """

    def __init__(
        self,
        *,
        db: Database,
        objects: ObjectService,
        blobs: BlobStore,
        authority: Authority,
        roots: TrustRoots,
        clock: Clock,
        name: str = "server",
        threads: int = 2,
        meter: Meter = UNWATCHED,
    ) -> None:
        self._db = db
        self._clock = clock
        self._name = name
        self._runner = JobRunner(
            db=db, objects=objects, blobs=blobs, authority=authority, roots=roots, clock=clock, meter=meter
        )
        self._claiming = threading.Lock()
        self._lock = threading.Lock()
        self._claimed: deque[Job] = deque()
        self._held: set[str] = set()
        self._bell = Bell()
        self._ends = Ends()
        self._is_running = False
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"signing-{number}", daemon=True) for number in range(threads)
        ]
        self._renewal = Rounds("signing-leases", seconds=_RENEW_SECONDS, work=self.renew_leases)

    def start(self) -> None:
        """Void the leases that a dead process of this name has left, and begin to work."""
        with self._db.write() as tx:
            store.release_leases(tx, owner=self._name)
        self._is_running = True
        for thread in self._threads:
            thread.start()
        self._renewal.start()

    def stop(self) -> None:
        """Let the jobs under way end, and give the others back."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join()
        self._renewal.stop()
        with self._db.write() as tx:
            store.release_leases(tx, owner=self._name)

    def wake(self) -> None:
        """Say that there may be a new job."""
        self._bell.ring()

    def await_end(self, job_id: str) -> None:
        """Wait a little for the end of a job, if it is done here: that of a small package comes within it.

        Whoever looks whether a job has ended looks again after 5 seconds (`sam`), or after 20 (`aws signer wait`).
        """
        with self._ends.expect(job_id) as end:
            if self._is_running and not self._stopping.is_set() and self._is_under_way(job_id):
                self._db.give_way()
                end.wait(PATIENCE_SECONDS)

    def run_one(self) -> bool:
        """Do one job, in the calling thread; tell whether there was one."""
        job = self._take()
        if job is None:
            return False
        try:
            if job.attempts > MAX_ATTEMPTS:
                self._runner.give_up(job)
            else:
                self._runner.run(job)
        finally:
            with self._lock:
                self._held.discard(job.job_id)
            self._ends.tell(job.job_id)
        return True

    def renew_leases(self) -> None:
        """Lengthen the leases of the jobs that this worker has; it does so by itself once started."""
        with self._lock:
            held = set(self._held)
        if held:
            with self._db.write() as tx:
                store.renew_leases(tx, owner=self._name, job_ids=held, until=self._clock() + LEASE)

    def _is_under_way(self, job_id: str) -> bool:
        with self._db.statement() as tx:
            return any(job.status == "InProgress" for job in store.list_jobs_of_id(tx, job_id))

    def _work(self) -> None:
        while not self._stopping.is_set():
            heard = self._bell.rings
            try:
                worked = self.run_one()
            except Exception:
                log.exception("a signing job's end could not be recorded; it is taken up again later")
                worked = False
            if not worked:
                self._bell.wait(heard, seconds=_LOOK_SECONDS)

    def _take(self) -> Job | None:
        with self._claiming:
            job = self._pop()
            if job is None:
                self._add(self._claim())
                job = self._pop()
        return job

    def _pop(self) -> Job | None:
        with self._lock:
            return self._claimed.popleft() if self._claimed else None

    def _add(self, claimed: list[Job]) -> None:
        with self._lock:
            self._claimed.extend(claimed)
            self._held.update(job.job_id for job in claimed)
        if len(claimed) > 1:
            self.wake()

    def _claim(self) -> list[Job]:
        now = self._clock()
        with self._db.read() as tx:
            if not store.list_waiting_jobs(tx, now=now, limit=1):
                return []
        with self._db.write() as tx:
            claimed = [
                replace(job, lease_owner=self._name, lease_until=now + LEASE, attempts=job.attempts + 1)
                for job in store.list_waiting_jobs(tx, now=now, limit=_CLAIM)
            ]
            for job in claimed:
                store.jobs.replace(tx, job)
        return claimed
