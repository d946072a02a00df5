"""The server's log on stderr: a line for each call, and what else happens.

Lines that an event loop writes in one turn go out together when the turn ends, since each writing is a system call for
which the loop lets go of the interpreter. What is worth a warning goes out at once, and so does what other threads say.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from functools import lru_cache
from typing import NamedTuple, TextIO

from sealgate.clock import system_clock


class Formatter(logging.Formatter):
    """Writes when a line was written in UTC."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - logging's
        """Write when a line was written."""
        return _stamp(record.created)


class Line(NamedTuple):
    """What a call says at its end, and under which name: less than a record, which has a score of attributes."""

    name: str
    text: str


class TurnHandler(logging.Handler):
    """Writes lines to a stream, those of one turn of an event loop together."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._taken: list[logging.LogRecord | Line] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line; `logging` holds the handler's lock."""
        self._taken.append(record)
        self._write_soon(record.levelno)

    def say(self, line: Line) -> None:
        """Take the line of a call."""
        self.acquire()
        try:
            self._taken.append(line)
            self._write_soon(logging.INFO)
        finally:
            self.release()

    def _write_soon(self, level: int) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if level >= logging.WARNING:
            self.flush()
        elif len(self._taken) == 1:
            loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what was taken; `logging` calls this when the process ends, too."""
        self.acquire()
        try:
            taken, self._taken = self._taken, []
            if taken:
                self._write(taken)
        finally:
            self.release()

    def _write(self, taken: list[logging.LogRecord | Line]) -> None:
        now = _stamp(system_clock().timestamp())  # the lines of one turn were said at one time
        try:
            lines = [
                f"{now} INFO {each.name} {each.text}\n" if isinstance(each, Line) else f"{self.format(each)}\n"
                for each in taken
            ]
            self._stream.write("".join(lines))
            self._stream.flush()
        except Exception as error:  # noqa: BLE001 - what goes wrong in a log must not stop what is logged
            self.handleError(logging.makeLogRecord({"msg": f"{len(taken)} lines were not written: {error}"}))


def say(log: logging.Logger, text: str) -> None:
    """Log how a call ended, as `log.info` does: straight to the server's log, where that is the only one.

    Every call says a line, and a record for each would take longer than checking its signature.
    """
    handlers = logging.root.handlers
    if len(handlers) == 1 and isinstance(handlers[0], TurnHandler) and log.isEnabledFor(logging.INFO):
        handlers[0].say(Line(log.name, text))
    else:
        log.info("%s", text)


def _stamp(seconds: float) -> str:
    """Write a moment in UTC, to the millisecond."""
    second = int(seconds)
    return f"{_date(second)}.{int((seconds - second) * 1000):03d}Z"


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    """Write a second; many lines fall into one."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def log_to_stderr() -> None:
    """Send the log to stderr."""
    handler = TurnHandler(sys.stderr)
    handler.setFormatter(Formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # What no line of the log says need not be found out for each (logging HOWTO, "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - documented there
    for name in ("alembic", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
