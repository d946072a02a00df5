"""The threads that work on stacks, in the server's own process.

Several servers may share one database. A stack with something under way is claimed by a lease that is renewed while its
worker lives; where a worker died, the lease runs out, and another takes the operation up where it was.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from datetime import timedelta

from sealgate.clock import Clock
from sealgate.services.bell import Bell
from sealgate.services.rounds import Rounds
from sealgate.services.stacks.execution import Execution
from sealgate.services.stacks.statuses import UNDER_WAY, is_under_way
from sealgate.services.stacks.steps import Interrupted
from sealgate.store import stacks as store
from sealgate.store.database import Database
from sealgate.store.stacks import Stack

log = logging.getLogger("sealgate.stacks")

LEASE = timedelta(seconds=60)
"""How long a claimed stack stays its worker's own without a sign of life."""
_RENEW_SECONDS = LEASE.total_seconds() / 4
_LOOK_SECONDS = 5.0
"""How often to look for stacks whose worker, elsewhere, has died. Stacks of this server are announced by `wake`."""
_STACKS_AT_ONCE = 2
PATIENCE_SECONDS = 2.0
"""How long whoever asks for a stack under way is kept waiting for its end."""
_GLANCE_SECONDS = 0.5
"""How often to look meanwhile; a stack's end is announced."""


class StackWorker:
    """Threads that claim stacks and do what is under way on them.

    Ownership: `_held` are the stacks that are worked on here, whose leases are renewed; guarded by `_lock`.

    Args:
        db: Where stacks are.
        execution: Does what is under way on one.
        clock: The time.
        name: What this server calls itself in leases.
    """

    def __init__(self, *, db: Database, execution: Execution, clock: Clock, name: str = "server") -> None:
        self._db = db
        self._execution = execution
        self._clock = clock
        self._name = name
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._bell = Bell()
        self._stopping = threading.Event()
        self._is_running = False
        self._threads = [
            threading.Thread(target=self._work, name=f"stacks-{number}", daemon=True)
            for number in range(_STACKS_AT_ONCE)
        ]
        self._renewal = Rounds("stack-leases", seconds=_RENEW_SECONDS, work=self.renew_leases)

    def start(self) -> None:
        """Void the leases that a dead process of this name has left, and begin to work."""
        with self._db.write() as tx:
            store.release_leases(tx, owner=self._name)
        self._is_running = True
        for thread in self._threads:
            thread.start()
        self._renewal.start()

    def stop(self) -> None:
        """Let the steps under way end, and give the stacks back: the rest is done after the next start."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join()
        self._renewal.stop()
        with self._db.write() as tx:
            store.release_leases(tx, owner=self._name)

    def wake(self) -> None:
        """Say that there may be something to do."""
        self._bell.ring()

    def await_end(self, stack_id: str) -> None:
        """Wait a little for what is under way on a stack, if it is done here: most of it ends sooner.

        Whoever looks whether a stack is ready looks again after 5 seconds, or after 30, and would see it only then.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        heard = self._bell.rings
        while self._is_running and self._is_under_way(stack_id):
            left = deadline - time.monotonic()
            if left <= 0 or self._stopping.is_set():
                return
            self._db.give_way()
            self._bell.wait(heard, seconds=min(left, _GLANCE_SECONDS))
            heard = self._bell.rings

    def may_go_on(self) -> bool:
        """Tell whether more may be begun: not once it shall stop."""
        return not self._stopping.is_set()

    def run_one(self) -> bool:
        """Do what is under way on one stack, in the calling thread; tell whether there was one."""
        stack = self._claim()
        if stack is None:
            return False
        try:
            self._execution.run(stack.stack_id, may_go_on=self.may_go_on)
        except Interrupted:
            log.info("stack %s is left in the middle of an operation, which goes on after the next start", stack.name)
        except BaseException:  # the lease is left to run out: other stacks come first
            self._let_go(stack)
            raise
        self._give_back(stack)
        return True

    def renew_leases(self) -> None:
        """Lengthen the leases of the stacks that this worker has; it does so by itself once started."""
        with self._lock:
            held = set(self._held)
        if held:
            with self._db.write() as tx:
                store.renew_leases(tx, owner=self._name, stack_ids=held, until=self._clock() + LEASE)

    def _claim(self) -> Stack | None:
        now = self._clock()
        with self._db.read() as tx:
            if store.find_waiting_stack(tx, statuses=UNDER_WAY, now=now) is None:
                return None
        with self._db.write() as tx:
            found = store.find_waiting_stack(tx, statuses=UNDER_WAY, now=now)
            if found is None:
                return None
            claimed = replace(found, lease_owner=self._name, lease_until=now + LEASE)
            store.stacks.replace(tx, claimed)
        with self._lock:
            self._held.add(claimed.stack_id)
        return claimed

    def _is_under_way(self, stack_id: str) -> bool:
        with self._db.statement() as tx:
            found = store.stacks.find(tx, stack_id=stack_id)
        return found is not None and is_under_way(found.status)

    def _give_back(self, stack: Stack) -> None:
        with self._db.write() as tx:
            store.release_lease(tx, owner=self._name, stack_id=stack.stack_id)
        self._let_go(stack)

    def _let_go(self, stack: Stack) -> None:
        with self._lock:
            self._held.discard(stack.stack_id)
        self.wake()

    def _work(self) -> None:
        while not self._stopping.is_set():
            heard = self._bell.rings
            try:
                worked = self.run_one()
            except Exception:
                log.exception("an operation on a stack could not go on; it is taken up again later")
                worked = False
            if not worked:
                self._bell.wait(heard, seconds=_LOOK_SECONDS)
