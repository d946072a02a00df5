"""What a function's process prints, as log events."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from datetime import datetime

from sealgate.services.logs.events import InputEvent, milliseconds
from sealgate.store.functions import Function

_REPORT = '"type": "platform.report"'
_LAST_LINES = ("END RequestId:", "REPORT RequestId:")


def new_stream(function: Function, now: datetime) -> str:
    """Name the log stream of a new process (`2026/11/26/[$LATEST]0123...`)."""
    return f"{now:%Y/%m/%d}/[{function.version_name}]{secrets.token_hex(16)}"


def log_events(log: bytes, *, began: datetime, ended: datetime) -> Iterator[InputEvent]:
    """Answer the lines of one invocation; when a line was printed is known no closer than by its beginning and end."""
    first, last = milliseconds(began), milliseconds(ended)
    for each in io.BytesIO(log):
        line = each.decode("utf-8", errors="replace").rstrip("\r\n")
        if line.strip():
            is_last = line.startswith(_LAST_LINES) or _REPORT in line
            yield InputEvent(last if is_last else first, line)
