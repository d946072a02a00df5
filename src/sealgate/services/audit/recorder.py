"""Writing events down: with the change that they describe, or in the journal.

The event of a call that has written commits with it (`write`). Calls that wrote nothing, reads and refusals, leave
theirs in the journal, from where they are filed in the database within a second: those that end in the same turn of an
event loop are written down together. Whoever waits goes on when its event is safe from a crash of the server; from one
of the machine it is when it has been filed.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sealgate.clock import Clock
from sealgate.services.audit.events import AuditEvent, record_event
from sealgate.services.audit.floods import Floods
from sealgate.store.audit import EventRecord, add_events
from sealgate.store.audit_journal import Journal
from sealgate.store.database import Tx

log = logging.getLogger(__name__)

_MAX_GATHERED = 64
"""So many events are written down however many more calls are about to end."""


class _Untold(NamedTuple):
    tell: Callable[[], AuditEvent]
    waiter: asyncio.Future[None]


class _Told(NamedTuple):
    record: EventRecord
    waiter: asyncio.Future[None]


class Recorder:
    """Records events; several threads and an event loop may use it at once.

    Ownership: `_lock` guards `_floods`. What is in `_gathered` belongs to the event loop that it is filed under, and is
    touched by that loop's thread only.

    Args:
        journal: Takes the events of calls that have written nothing.
        clock: Says when an event was written down.
    """

    def __init__(self, *, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._gathered: dict[asyncio.AbstractEventLoop, list[_Untold]] = {}
        self._floods = Floods()
        self._is_stopped = False

    def stop(self) -> None:
        """Write down the counts of calls of nobody known, and then take no more."""
        self.record_counts(is_last=True)
        self._is_stopped = True

    def write(self, tx: Tx, event: AuditEvent) -> None:
        """Add an event to a transaction, such as that of the change it describes (`Unit.before_commit`)."""
        add_events(tx, [record_event(event, recorded_at=self._clock())])

    def record(self, event: AuditEvent) -> None:
        """Write an event down. Not for the event loop.

        Raises:
            Exception: It could not be written down.
        """
        self._append([record_event(event, recorded_at=self._clock())])

    async def record_soon(self, tell: Callable[[], AuditEvent]) -> None:
        """Write an event down together with those of other calls that end in the same turn of the event loop.

        Args:
            tell: Answers the event. It is called once it is known which events are written down together: to make one
                after the other takes half the time of making each for itself, in between other work.

        Raises:
            Exception: It could not be written down.
        """
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        gathered = self._gathered.setdefault(loop, [])
        if not gathered:
            loop.call_soon(self._write_down, loop, 0)
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

    def record_counts(self, *, is_last: bool = False) -> None:
        """Write down how many calls of nobody known there were in the minutes that are over.

        Args:
            is_last: In the present one, too.

        Raises:
            Exception: They could not be written down.
        """
        now = self._clock()
        with self._lock:
            counted = self._floods.due(now, is_last=is_last)
        if counted:
            self._append([record_event(event, recorded_at=now) for event in counted])

    def _write_down(self, loop: asyncio.AbstractEventLoop, seen: int) -> None:
        """Write down what a loop has gathered, once a turn has added nothing to the `seen` events of the one before.

        To write many costs little more than to write one, so whoever is about to end a call is waited for.
        """
        if seen < len(self._gathered[loop]) < _MAX_GATHERED:
            loop.call_soon(self._write_down, loop, len(self._gathered[loop]))
            return
        gathered, now = self._gathered.pop(loop), self._clock()
        made = [told for each in gathered if (told := _tell_one(each, now)) is not None]
        failure: Exception | None = None
        try:
            self._append([each.record for each in made])
        except Exception as error:
            log.exception("%d audit events could not be written down", len(made))
            failure = error
        _settle([each.waiter for each in made], failure)

    def _append(self, records: Sequence[EventRecord]) -> None:
        if self._is_stopped:
            raise RuntimeError("the audit trail is closed: nothing more can be recorded")
        self._journal.append(records)


def _tell_one(untold: _Untold, now: datetime) -> _Told | None:
    """Make one event; that it cannot be made is told to who waits for it, and holds up no other."""
    try:
        return _Told(record_event(untold.tell(), recorded_at=now), untold.waiter)
    except Exception as error:  # noqa: BLE001 - raised again where the call waits
        _settle([untold.waiter], error)
        return None


def _settle(waiters: Sequence[asyncio.Future[None]], failure: Exception | None) -> None:
    for waiter in waiters:
        if waiter.done():  # whoever waited has been cancelled
            continue
        if failure is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(failure)
