"""What functions print, on its way to the store: gathered, and written down in a transaction or a few every second.

A function must not wait for a disk to print a line, and a transaction for each invocation would cost more than the
invocation. So a crash of the server loses what came in its last second; what clients put is never lost.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from time import sleep
from typing import NamedTuple

from sealgate.clock import Clock
from sealgate.services.logs.events import InputEvent, milliseconds, storable
from sealgate.services.logs.groups import LogGroupService
from sealgate.services.scope import Scope
from sealgate.store.database import Database
from sealgate.store.logs import LogEvent, add_log_events

log = logging.getLogger("sealgate.logs")

FLUSH_SECONDS = 1.0
MAX_WAITING = 200_000
"""Lines that may wait for the disk; what comes beyond is left out, and a line says how many."""
MAX_OF_ONE = 50_000
"""Lines of them that may be of one stream: who floods the log takes nobody else's place."""
MAX_CHARACTERS = 64 << 20
"""Characters that may wait for the disk, of all lines together."""
BATCH = 2000
"""Lines that are written in one transaction: every other writer waits for its end."""
_GIVE_WAY_SECONDS = 0.005
"""How long others are let write before the next one."""
_HOUR = 3600.0


class Target(NamedTuple):
    """Where lines go: a group and a stream, which are made where they are missing."""

    account: str
    region: str
    group: str
    stream: str


@dataclass(slots=True)
class _Waiting:
    """Lines of one target that are not written yet."""

    events: list[InputEvent]
    left_out: int = 0


class LogSink:
    """Takes lines from any thread.

    Args:
        db: Where they end.
        groups: Makes groups and streams.
        clock: Says when they came.
    """

    def __init__(self, *, db: Database, groups: LogGroupService, clock: Clock) -> None:
        self._db = db
        self._groups = groups
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[Target, _Waiting] = {}
        self._count = 0
        self._characters = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write lines down."""
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write down what is waiting, and end."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def add(self, target: Target, events: Iterable[InputEvent]) -> None:
        """Take lines; they are in the store within about a second."""
        rest = iter(events)
        first = list(islice(rest, MAX_OF_ONE))
        excess = sum(1 for _ in rest)
        with self._lock:
            waiting = self._waiting.setdefault(target, _Waiting([]))
            room = max(0, min(MAX_WAITING - self._count, MAX_OF_ONE - len(waiting.events)))
            if self._characters >= MAX_CHARACTERS:
                room = 0
            taken = first[:room]
            waiting.events += taken
            waiting.left_out += len(first) - len(taken) + excess
            self._count += len(taken)
            self._characters += sum(len(event.message) for event in taken)

    def flush(self) -> None:
        """Write down what is waiting."""
        with self._lock:
            taken, self._waiting, self._count, self._characters = self._waiting, {}, 0, 0
        lines = self._lines(taken)
        while batch := list(islice(lines, BATCH)):
            try:
                self._write(batch)
            except Exception:
                log.exception("%d lines could not be written down", len(batch))
            if len(batch) == BATCH:
                sleep(_GIVE_WAY_SECONDS)

    def _lines(self, taken: dict[Target, _Waiting]) -> Iterator[tuple[Target, InputEvent]]:
        for target, waiting in taken.items():
            for event in waiting.events:
                yield target, event
            if waiting.left_out:
                note = f"[sealgate] {waiting.left_out} lines were left out: they came faster than they are written"
                yield target, InputEvent(milliseconds(self._clock()), note)

    def _write(self, lines: Sequence[tuple[Target, InputEvent]]) -> None:
        now = self._clock()
        rows = [
            LogEvent(*target, event.timestamp, milliseconds(now), storable(event.message)) for target, event in lines
        ]
        with self._db.write() as tx:
            for target in dict.fromkeys(target for target, _ in lines):
                scope = Scope(account=target.account, region=target.region, caller_arn="")
                self._groups.ensure_stream(tx, scope, target.group, target.stream)
            add_log_events(tx, rows, ingested_at=now)

    def _run(self) -> None:
        until_expiry = 0.0
        while not self._stopping.wait(FLUSH_SECONDS):
            self.flush()
            until_expiry -= FLUSH_SECONDS
            if until_expiry <= 0:
                until_expiry = _HOUR
                self._expire()

    def _expire(self) -> None:
        try:
            gone = self._groups.expire()
        except Exception:
            log.exception("old log events could not be removed")
            return
        if gone:
            log.info("removed %d log events that are older than their groups keep them", gone)
