"""Writing events down: with the change that they describe, or in a transaction of their own.

The event of a call that has written commits with it (`write`). Calls that wrote nothing, reads and refusals, share
transactions: whatever waits while one is being committed goes into the next (group commit). Whoever waits goes on when
its event is safe from a crash of the server; from one of the machine it is within a second, when the sequencer's next
commit reaches the disk (`Database.write_soon`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import NamedTuple

from sealgate.clock import Clock
from sealgate.services.audit.events import AuditEvent, record_event
from sealgate.services.audit.floods import Floods
from sealgate.store.audit import EventRecord, add_events
from sealgate.store.database import Database, Tx

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
"""How often to look whether a minute of counted calls is over."""
_MAX_BATCH = 1000
_MAX_GATHERED = 64
"""So many events are committed however many more calls are about to end."""

Waiter = Future[None] | asyncio.Future[None]


class _Pending(NamedTuple):
    record: EventRecord
    waiter: Waiter | None


class _Untold(NamedTuple):
    tell: Callable[[], AuditEvent]
    waiter: asyncio.Future[None]


class Recorder:
    """Records events; several threads and an event loop may use it at once.

    Ownership: one thread of the recorder's own commits what stands in `_queue`, in whose end `None` says that nothing
    more comes; `_lock` guards what is put there, and `_floods`. What is in `_gathered` belongs to the event loop that
    it is filed under, and is touched by that loop's thread only.

    Args:
        db: Where the trail is.
        clock: Says when an event was written down.
    """

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Sequence[_Pending] | None] = SimpleQueue()  # a condition costs the event loop more
        self._gathered: dict[asyncio.AbstractEventLoop, list[_Untold]] = {}
        self._floods = Floods()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="audit-recorder", daemon=True)

    def start(self) -> None:
        """Begin to commit what is recorded."""
        self._thread.start()

    def stop(self) -> None:
        """Commit everything that waits, and the counts of calls of nobody known; then take no more."""
        with self._lock:
            self._is_stopping = True
            self._queue.put(None)
        self._thread.join()

    def write(self, tx: Tx, event: AuditEvent) -> None:
        """Add an event to a transaction, such as that of the change it describes (`Unit.before_commit`)."""
        add_events(tx, [record_event(event, recorded_at=self._clock())])

    def record(self, event: AuditEvent) -> None:
        """Write an event down, and come back when it is durable. Not for the event loop.

        Raises:
            Exception: It could not be written down.
        """
        waiter: Future[None] = Future()
        self._submit([_Pending(record_event(event, recorded_at=self._clock()), waiter)])
        waiter.result()

    async def record_soon(self, tell: Callable[[], AuditEvent]) -> None:
        """Write an event down, and come back when it is durable, without holding the event loop up.

        Args:
            tell: Answers the event. It is called once it is known which events share a commit: to make one after the
                other takes half the time of making each for itself, in between other work.

        Raises:
            Exception: It could not be written down.
        """
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        gathered = self._gathered.setdefault(loop, [])
        if not gathered:
            loop.call_soon(self._hand_over, loop, 0)
        gathered.append(_Untold(tell, waiter))
        await waiter

    async def record_unauthenticated(self, event: AuditEvent) -> None:
        """Write down a call of nobody known; one like many others is counted, and comes back at once.

        Raises:
            Exception: It could not be written down.
        """
        with self._lock:
            shown = self._floods.take(event, self._clock())
        if shown is not None:
            await self.record_soon(lambda: shown)

    def _hand_over(self, loop: asyncio.AbstractEventLoop, seen: int) -> None:
        """Submit what a loop has gathered, once a turn has added nothing to the `seen` events of the one before.

        A commit of many costs little more than a commit of one, so whoever is about to end a call is waited for.
        """
        if seen < len(self._gathered[loop]) < _MAX_GATHERED:
            loop.call_soon(self._hand_over, loop, len(self._gathered[loop]))
            return
        gathered, now = self._gathered.pop(loop), self._clock()
        try:
            self._submit([made for each in gathered if (made := _tell_one(each, now)) is not None])
        except RuntimeError as error:
            _settle([each.waiter for each in gathered], error)

    def _submit(self, pending: Sequence[_Pending]) -> None:
        with self._lock:
            if self._is_stopping:
                raise RuntimeError("the audit trail is closed: nothing more can be recorded")
            self._queue.put(pending)

    def _run(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = self._take()
            with self._lock:
                counted = self._floods.due(self._clock(), is_last=is_last)
            batch += [_Pending(record_event(event, recorded_at=self._clock()), None) for event in counted]
            self._commit(batch)

    def _take(self) -> tuple[list[_Pending], bool]:
        """Wait for events, and answer what there is, and whether it is the last; nothing if a minute may be over."""
        batch: list[_Pending] = []
        timeout = None if self._floods.is_empty else _LOOK_SECONDS  # a count opens with an event that comes this way
        with suppress(Empty):
            more = self._queue.get(timeout=timeout)
            while more is not None:
                batch += more
                if len(batch) >= _MAX_BATCH:
                    return batch, False
                more = self._queue.get_nowait()
            return batch, True
        return batch, False

    def _commit(self, batch: Sequence[_Pending]) -> None:
        if not batch:
            return
        failure: Exception | None = None
        try:
            with self._db.write_soon() as tx:
                add_events(tx, [each.record for each in batch])
        except Exception as error:
            log.exception("%d audit events could not be recorded", len(batch))
            failure = error
        _tell([each.waiter for each in batch if each.waiter is not None], failure)


def _tell_one(untold: _Untold, now: datetime) -> _Pending | None:
    """Make one event; that it cannot be made is told to who waits for it, and holds up no other."""
    try:
        return _Pending(record_event(untold.tell(), recorded_at=now), untold.waiter)
    except Exception as error:  # noqa: BLE001 - raised again where the call waits
        _settle([untold.waiter], error)
        return None


def _tell(waiters: Sequence[Waiter], failure: Exception | None) -> None:
    """Let those who wait go on; each event loop is woken once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for waiter in waiters:
        if isinstance(waiter, Future):
            _settle([waiter], failure)
        else:
            by_loop.setdefault(waiter.get_loop(), []).append(waiter)
    for loop, waiting in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, waiting, failure)
        except RuntimeError:
            log.warning("%d calls ended before their audit events were durable", len(waiting))


def _settle(waiters: Sequence[Waiter], failure: Exception | None) -> None:
    for waiter in waiters:
        if waiter.done():  # whoever waited has been cancelled
            continue
        if failure is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(failure)
