"""What a platform writes into the log around a function's own lines, and the errors that only it can know of.

The texts are Lambda's: START, END and REPORT lines, and the errors of a process that ended or took too long.
"""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sealgate.runtime.launch import Launch
from sealgate.runtime.limits import MIB
from sealgate.runtime.runtime_api import encode_error

TAIL = 4096
"""Bytes of the log that a caller may ask for (`LogType=Tail`)."""
MAX_OUTPUT = 1 << 20
"""Bytes of one invocation's output that are kept from its start; of more, the last ones."""
_SIGNALLED = 128
_LATE = "Sandbox.Timedout"
_SILENT = "WARN"
"""The level at which the platform says only what went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How an invocation ended.

    Attributes:
        payload: What the function answered, or the error, JSON.
        error: None, or `Unhandled`: what a caller is told beside the payload.
        error_type: Such as `Runtime.ExitError`, `Sandbox.Timedout`, or the function's own; empty without an error.
        log: What was printed, between the platform's own lines.
        duration: Milliseconds that the handler took.
        billed: Milliseconds, rounded up, the start's among them.
        init_duration: Milliseconds that the start took; None for a process that was there already.
        peak_memory: MiB that were in use at once.
    """

    payload: bytes
    error: str | None
    error_type: str
    log: bytes
    duration: float
    billed: int
    init_duration: float | None
    peak_memory: int

    @property
    def tail(self) -> bytes:
        """The end of the log."""
        return self.log[-TAIL:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What the platform says of an invocation that its process has not ended.

    Attributes:
        error_type: `Runtime.ExitError` and such.
        message: For the caller.
        line: For the log.
    """

    error_type: str
    message: str
    line: str

    @property
    def is_late(self) -> bool:
        """Whether it took too long, and nothing else went wrong."""
        return self.error_type == _LATE

    @property
    def payload(self) -> bytes:
        """What the caller gets."""
        return encode_error(self.error_type, self.message)


def exit_fault(request_id: str, status: int) -> Fault:
    """Say that the process has ended.

    Args:
        request_id: Of the invocation.
        status: Its exit status; 128 and more, or negative, for a signal.
    """
    message = f"RequestId: {request_id} Error: {_describe(status)}"
    return Fault(error_type="Runtime.ExitError", message=message, line=f"{message}\nRuntime.ExitError\n")


def entrypoint_fault(request_id: str, reason: str) -> Fault:
    """Say that the function's program cannot be run."""
    message = f"RequestId: {request_id} Error: {reason}"
    name = "Runtime.InvalidEntrypoint"
    return Fault(error_type=name, message=message, line=f"{message}\n{name}\n")


def timeout_fault(request_id: str, seconds: float, now: datetime) -> Fault:
    """Say that it took too long."""
    text = f"Task timed out after {seconds:.2f} seconds"
    return Fault(
        error_type=_LATE,
        message=f"RequestId: {request_id} Error: {text}",
        line=f"{_stamp(now)} {request_id} {text}\n\n",
    )


def _describe(status: int) -> str:
    number = -status if status < 0 else status - _SIGNALLED
    if number > 0:
        return f"Runtime exited with error: signal: {(signal.strsignal(number) or str(number)).lower()}"
    if status == 0:
        return "Runtime exited without providing a reason"
    return f"Runtime exited with error: exit status {status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one invocation took.

    Attributes:
        duration: Milliseconds.
        init_duration: Milliseconds of the start before it; None for a process that was there already.
        peak: Bytes of memory.
    """

    duration: float
    init_duration: float | None
    peak: int

    @property
    def billed(self) -> int:
        """Whole milliseconds, the start's among them."""
        return math.ceil(self.duration + (self.init_duration or 0))

    def peak_mib(self, launch: Launch) -> int:
        """Whole MiB: no more than the function may have, although files in memory were counted."""
        return min(launch.memory_size, math.ceil(self.peak / MIB))


def write_log(
    launch: Launch,
    request_id: str,
    parts: tuple[bytes, bytes],
    measured: Measured,
    *,
    fault: Fault | None,
    moments: tuple[datetime, datetime],
) -> bytes:
    """Put the platform's lines around what was printed.

    Args:
        launch: The function.
        request_id: Of the invocation.
        parts: What was printed while the process started, and during the invocation.
        measured: What it took.
        fault: What went wrong with the process, if anything did.
        moments: When the invocation began, and when it ended.
    """
    before, during = parts
    gap = b"" if not during or during.endswith(b"\n") else b"\n"
    if launch.logs_json:
        first, last = _platform_events(launch, request_id, measured, fault, moments)
    else:
        first, last = _platform_lines(launch, request_id, measured, fault)
    return before + first + during + gap + last


def _platform_lines(launch: Launch, request_id: str, measured: Measured, fault: Fault | None) -> tuple[bytes, bytes]:
    start = f"START RequestId: {request_id} Version: {launch.version_name}\n"
    fields = [
        f"END RequestId: {request_id}\nREPORT RequestId: {request_id}",
        f"Duration: {measured.duration:.2f} ms",
        f"Billed Duration: {measured.billed} ms",
        f"Memory Size: {launch.memory_size} MB",
        f"Max Memory Used: {measured.peak_mib(launch)} MB",
    ]
    if measured.init_duration is not None:
        fields.append(f"Init Duration: {measured.init_duration:.2f} ms")
    if fault is not None:
        fields.append("Status: timeout" if fault.is_late else f"Status: error\tError Type: {fault.error_type}")
    return start.encode(), ("\t".join(fields) + "\n").encode()


def _platform_events(
    launch: Launch, request_id: str, measured: Measured, fault: Fault | None, moments: tuple[datetime, datetime]
) -> tuple[bytes, bytes]:
    """Answer the events of start and report (Lambda Developer Guide, "Telemetry API", platform events)."""
    is_silent = launch.system_log_level == _SILENT
    metrics: dict[str, float] = {
        "durationMs": round(measured.duration, 3),
        "billedDurationMs": measured.billed,
        "memorySizeMB": launch.memory_size,
        "maxMemoryUsedMB": measured.peak_mib(launch),
    }
    if measured.init_duration is not None:
        metrics["initDurationMs"] = round(measured.init_duration, 3)
    report: dict[str, object] = {"requestId": request_id, "metrics": metrics, "status": "success"}
    if fault is not None:
        report |= {"status": "timeout" if fault.is_late else "error", "errorType": fault.error_type}
    start = {"requestId": request_id, "version": launch.version_name}
    first = b"" if is_silent else _platform_event("platform.start", moments[0], start)
    last = b"" if is_silent and fault is None else _platform_event("platform.report", moments[1], report)
    return first, last


def _platform_event(kind: str, moment: datetime, record: Mapping[str, object]) -> bytes:
    return json.dumps({"time": _stamp(moment), "type": kind, "record": record}).encode() + b"\n"


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Output:
    """What a process prints: all of it up to a limit, of more the end."""

    def __init__(self) -> None:
        self._first = bytearray()
        self._last = bytearray()
        self._lost = 0

    def add(self, data: bytes) -> None:
        """Take what was printed."""
        room = max(0, MAX_OUTPUT - len(self._first))
        self._first += data[:room]
        self._last += data[room:]
        excess = len(self._last) - TAIL
        if excess > 0:
            del self._last[:excess]
            self._lost += excess

    def take(self) -> bytes:
        """Answer what there is, and begin anew."""
        gap = f"\n[{self._lost} bytes are left out here]\n".encode() if self._lost else b""
        taken = bytes(self._first) + gap + bytes(self._last)
        self._first.clear()
        self._last.clear()
        self._lost = 0
        return taken
