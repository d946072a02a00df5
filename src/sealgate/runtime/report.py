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
        told: Bytes of it that were told while the invocation ran: whole lines.
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
    told: int = 0

    @property
    def tail(self) -> bytes:
        """The end of the log."""
        return self.log[-TAIL:]

    @property
    def untold(self) -> bytes:
        """What of the log is still to be told."""
        return self.log[self.told :]


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


def write_start(launch: Launch, request_id: str, moment: datetime) -> bytes:
    """Write what the platform says before an invocation.

    Args:
        launch: The function.
        request_id: Of the invocation.
        moment: When it begins.
    """
    if not launch.logs_json:
        return f"START RequestId: {request_id} Version: {launch.version_name}\n".encode()
    if launch.system_log_level == _SILENT:
        return b""
    return _platform_event("platform.start", moment, {"requestId": request_id, "version": launch.version_name})


def write_end(launch: Launch, request_id: str, measured: Measured, fault: Fault | None, moment: datetime) -> bytes:
    """Write what the platform says after an invocation.

    Args:
        launch: The function.
        request_id: Of the invocation.
        measured: What it took.
        fault: What went wrong with the process, if anything did.
        moment: When it has ended.
    """
    if not launch.logs_json:
        return _end_lines(launch, request_id, measured, fault)
    if launch.system_log_level == _SILENT and fault is None:
        return b""
    return _report_event(launch, request_id, measured, fault, moment)


def _end_lines(launch: Launch, request_id: str, measured: Measured, fault: Fault | None) -> bytes:
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
    return ("\t".join(fields) + "\n").encode()


def _report_event(launch: Launch, request_id: str, measured: Measured, fault: Fault | None, moment: datetime) -> bytes:
    """Write the event of the report (Lambda Developer Guide, "Telemetry API", platform events)."""
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
    return _platform_event("platform.report", moment, report)


def _platform_event(kind: str, moment: datetime, record: Mapping[str, object]) -> bytes:
    return json.dumps({"time": _stamp(moment), "type": kind, "record": record}).encode() + b"\n"


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
