"""What a function's process prints, as log events."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime

from sealgate.clock import Clock
from sealgate.services.logs.events import InputEvent, milliseconds
from sealgate.services.logs.sink import LogSink, Target
from sealgate.store.functions import Function

_REPORT = '"type": "platform.report"'
_LAST_LINES = ("END RequestId:", "REPORT RequestId:")


def new_stream(function: Function, now: datetime) -> str:
    """Name the log stream of a new process (`2026/11/26/[$LATEST]0123...`)."""
    return f"{now:%Y/%m/%d}/[{function.version_name}]{secrets.token_hex(16)}"


class InvocationLines:
    """The lines of one invocation on their way to the sink, in one piece, or in several while it runs.

    Those of the first piece have the time of the invocation's beginning, which is not long ago: a piece comes when the
    invocation ends, or has run for about a second. Those of the others have just been printed.

    Args:
        sink: Takes them.
        target: Says where they go.
        clock: Says when they came.
    """

    def __init__(self, sink: LogSink, target: Callable[[], Target], clock: Clock) -> None:
        self._sink = sink
        self._target = target
        self._clock = clock
        self._began: datetime | None = clock()

    def add(self, log: bytes) -> None:
        """Hand over what comes next of the log: whole lines."""
        now = self._clock()
        self._sink.add(self._target(), log_events(log, began=self._began or now, ended=now))
        self._began = None


def log_events(log: bytes, *, began: datetime, ended: datetime) -> Iterator[InputEvent]:
    """Answer lines of one invocation; when one was printed is known no closer than by a beginning and an end."""
    first, last = milliseconds(began), milliseconds(ended)
    for each in io.BytesIO(log):
        line = each.decode("utf-8", errors="replace").rstrip("\r\n")
        if line.strip():
            is_last = line.startswith(_LAST_LINES) or _REPORT in line
            yield InputEvent(last if is_last else first, line)
