"""Asynchronous invocations: kept until they have succeeded, tried again when they have not, given up with a reason.

    waiting -> run -> succeeded: gone
                   -> failed: waiting, for later; a function that fails is tried as often as it is configured for
                   -> throttled: waiting, as long as the invocation is not too old
                   -> given up: the row stays, with the reason, and an event is in the audit trail

Several servers may share one database. An invocation is claimed by a lease that is renewed while it runs; where its
server died, the lease runs out and another takes it up: an event can be handled more than once, and is never lost.

Source: Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from sealgate.clock import Clock
from sealgate.errors import NotFound, SealgateError
from sealgate.services.audit.function_events import record_failed_invocation
from sealgate.services.bell import Bell
from sealgate.services.functions.names import FunctionName
from sealgate.services.invocations.errors import StartRefused
from sealgate.services.invocations.retries import find_retries
from sealgate.services.rounds import Rounds
from sealgate.store.database import Database, Tx
from sealgate.store.invocations import (
    QueuedInvocation,
    find_next_due,
    list_due_invocations,
    queued_invocations,
    release_leases,
    renew_leases,
)

log = logging.getLogger("sealgate.invocations")

RETRY_DELAYS = (timedelta(minutes=1), timedelta(minutes=2))
"""How long to wait before the second attempt, and before each one after it."""
MAX_BACKOFF = timedelta(minutes=5)
"""How long a throttled invocation waits at most until it is tried again."""
LEASE = timedelta(seconds=60)
GRACE_SECONDS = 30.0
"""How long a server that stops lets asynchronous invocations run on; no lease ends meanwhile."""
_RENEW_SECONDS = LEASE.total_seconds() / 4
_LOOK_SECONDS = 5.0
"""How often to look for invocations whose server, elsewhere, has died."""
_AT_ONCE = 32
"""Asynchronous invocations that one server runs at the same time."""
_OF_ONE_ACCOUNT = 24
"""How many of them may be of one account, so that no account keeps all others waiting."""

Run = Callable[[QueuedInvocation], str | None]
"""Runs a function for an invocation; answers how the function failed, or None where it did not."""


class InvocationQueue:
    """Threads that claim invocations and run them.

    Ownership: `_held` are the invocations that this server runs, whose leases are renewed, with their accounts; guarded
    by `_changed`.

    Args:
        db: Where they wait.
        run: Runs one. What it raises is not the function's fault.
        clock: The time.
        name: What this server calls itself in leases.
    """

    def __init__(self, *, db: Database, run: Run, clock: Clock, name: str = "server") -> None:
        self._db = db
        self._run = run
        self._clock = clock
        self._name = name
        self._changed = threading.Condition()
        self._held: dict[str, str] = {}
        self._bell = Bell()
        self._stopping = threading.Event()
        self._is_over = False
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="events")
        self._thread = threading.Thread(target=self._dispatch, name="event-queue", daemon=True)
        self._renewal = Rounds("event-leases", seconds=_RENEW_SECONDS, work=self._renew)

    def start(self) -> None:
        """Void the leases that a dead process of this name has left, and begin to run what waits."""
        with self._db.write() as tx:
            release_leases(tx, owner=self._name)
        self._thread.start()
        self._renewal.start()

    def stop(self, *, seconds: float = GRACE_SECONDS) -> None:
        """Begin nothing more, and let what runs end, for a while.

        What fails after that has been cut short: it counts as not tried.
        """
        self._stopping.set()
        self.wake()
        self._thread.join()
        self._renewal.stop()
        with self._changed:
            self._changed.wait_for(lambda: not self._held, timeout=seconds)
        self._is_over = True

    def close(self) -> None:
        """Wait for what runs, whose processes somebody ends, and give the rest back; after `stop`."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._db.write() as tx:
            release_leases(tx, owner=self._name)

    def wake(self) -> None:
        """Say that there may be a new invocation."""
        self._bell.ring()

    def run_due(self) -> int:
        """Run what is due, in the calling thread, one after the other; answer how many there were."""
        claimed = self._claim(_AT_ONCE)
        for invocation in claimed:
            self._attempt(invocation)
        return len(claimed)

    def _dispatch(self) -> None:
        while not self._stopping.is_set():
            heard = self._bell.rings
            try:
                claimed = self._claim(_AT_ONCE - len(self._held))
                for invocation in claimed:
                    self._pool.submit(self._attempt, invocation)
                wait = 0.0 if claimed else self._until_next()
            except Exception:
                log.exception("asynchronous invocations could not be looked for")
                wait = _LOOK_SECONDS
            if wait > 0:
                self._bell.wait(heard, seconds=wait)

    def _until_next(self) -> float:
        with self._db.read() as tx:
            due = find_next_due(tx, without=self._busy_accounts())
        if due is None or len(self._held) >= _AT_ONCE:
            return _LOOK_SECONDS
        return min(_LOOK_SECONDS, max(0.01, (due - self._clock()).total_seconds()))

    def _claim(self, limit: int) -> list[QueuedInvocation]:
        now = self._clock()
        if limit <= 0:
            return []
        busy = self._busy_accounts()
        with self._db.read() as tx:
            if not list_due_invocations(tx, now=now, limit=1, without=busy):
                return []
        with self._db.write() as tx:
            due = list_due_invocations(tx, now=now, limit=limit, without=busy)
            claimed = [replace(each, lease_owner=self._name, lease_until=now + LEASE) for each in self._fair(due)]
            for each in claimed:
                queued_invocations.replace(tx, each)
        with self._changed:
            self._held.update({each.request_id: each.account for each in claimed})
        return claimed

    def _count_held(self) -> Counter[str]:
        with self._changed:
            return Counter(self._held.values())

    def _busy_accounts(self) -> list[str]:
        """Answer the accounts of which no more may run."""
        return [account for account, count in self._count_held().items() if count >= _OF_ONE_ACCOUNT]

    def _fair(self, due: Sequence[QueuedInvocation]) -> Iterator[QueuedInvocation]:
        """Answer as many of these as their accounts may run."""
        held = self._count_held()
        for each in due:
            held[each.account] += 1
            if held[each.account] <= _OF_ONE_ACCOUNT:
                yield each

    def _attempt(self, invocation: QueuedInvocation) -> None:
        try:
            ended = self._judge(invocation)
            with self._db.write() as tx:
                self._settle(tx, invocation, ended)
        except Exception:
            log.exception("the end of invocation %s could not be recorded; it is tried again", invocation.request_id)
        finally:
            with self._changed:
                self._held.pop(invocation.request_id, None)
                self._changed.notify_all()
            self.wake()

    def _judge(self, invocation: QueuedInvocation) -> QueuedInvocation | None:
        """Run an invocation; answer its row as it is now, or None where it has succeeded."""
        now = self._clock()
        with self._db.read() as tx:
            retries, age = find_retries(
                tx,
                account=invocation.account,
                region=invocation.region,
                function=invocation.function,
                qualifier=invocation.qualifier,
            )
        if now - invocation.created_at > timedelta(seconds=age):
            return _given_up(invocation, invocation.reason or f"it waited for more than {age} seconds")
        try:
            failure = self._run(invocation)
        except (StartRefused, NotFound) as error:
            failure = error.message
        except SealgateError as error:  # throttled, or no fault of the function's: it has not been tried
            return _later(invocation, error.message, now=self._clock())
        if failure is None:
            return None
        if self._is_over:
            return _free(invocation)
        return _failed(invocation, failure, retries=retries, now=self._clock())

    def _settle(self, tx: Tx, before: QueuedInvocation, after: QueuedInvocation | None) -> None:
        current = queued_invocations.find(tx, request_id=before.request_id)
        if current is None:  # the function was deleted meanwhile, and with it what waited for it
            return
        if after is None:
            queued_invocations.delete(tx, request_id=before.request_id)
            return
        queued_invocations.replace(tx, after)
        if after.status == "Failed":
            arn = _name_of(after).arn
            condition = "EventAgeExceeded" if after.attempts == before.attempts else "RetriesExhausted"
            reason = after.reason or ""
            record_failed_invocation(tx, after, function_arn=arn, condition=condition, reason=reason, at=self._clock())
            log.warning("invocation %s of %s was given up: %s", after.request_id, arn, reason)

    def _renew(self) -> None:
        with self._changed:
            held = set(self._held)
        if held:
            with self._db.write() as tx:
                renew_leases(tx, owner=self._name, request_ids=held, until=self._clock() + LEASE)


def _name_of(invocation: QueuedInvocation) -> FunctionName:
    return FunctionName(
        account=invocation.account,
        region=invocation.region,
        name=invocation.function,
        qualifier=invocation.qualifier or None,
    )


def _free(invocation: QueuedInvocation) -> QueuedInvocation:
    return replace(invocation, lease_owner=None, lease_until=None)


def _given_up(invocation: QueuedInvocation, reason: str) -> QueuedInvocation:
    return replace(_free(invocation), status="Failed", reason=reason)


def _later(invocation: QueuedInvocation, reason: str, *, now: datetime) -> QueuedInvocation:
    """Answer an invocation that waits as long again as it has waited: one second, two, four, up to five minutes."""
    waited = now - invocation.created_at
    return replace(_free(invocation), due_at=now + min(MAX_BACKOFF, max(timedelta(seconds=1), waited)), reason=reason)


def _failed(invocation: QueuedInvocation, reason: str, *, retries: int, now: datetime) -> QueuedInvocation:
    attempts = invocation.attempts + 1
    tried = replace(_free(invocation), attempts=attempts, reason=reason)
    if attempts > retries:
        return replace(tried, status="Failed")
    return replace(tried, due_at=now + RETRY_DELAYS[min(attempts, len(RETRY_DELAYS)) - 1])
