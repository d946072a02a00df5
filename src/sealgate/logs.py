"""The server's log on stderr: a line for each call, and what else happens.

Lines that an event loop writes in one turn go out together when the turn ends, since each writing is a system call for
which the loop lets go of the interpreter. What is worth a warning goes out at once, and so does what other threads say.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import TextIO


class Formatter(logging.Formatter):
    """Formats each second once: many lines fall into one."""

    _second = (0, "")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - logging's
        """Write when a line was written, in UTC."""
        second = int(record.created)
        if self._second[0] != second:
            self._second = (second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)))
        return f"{self._second[1]}.{int(record.msecs):03d}Z"


class TurnHandler(logging.Handler):
    """Writes lines to a stream, those of one turn of an event loop together."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line; `logging` holds the handler's lock."""
        self._records.append(record)
        self._write_soon(record.levelno)

    def _write_soon(self, level: int) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if level >= logging.WARNING:
            self.flush()
        elif len(self._records) == 1:
            loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what was taken; `logging` calls this when the process ends, too."""
        self.acquire()
        try:
            records, self._records = self._records, []
            if records:
                self._write(records)
        finally:
            self.release()

    def _write(self, records: list[logging.LogRecord]) -> None:
        try:
            self._stream.write("".join([f"{self.format(record)}\n" for record in records]))
            self._stream.flush()
        except Exception:  # noqa: BLE001 - what goes wrong in a log must not stop what is logged
            self.handleError(records[-1])


def log_to_stderr() -> None:
    """Send the log to stderr."""
    handler = TurnHandler(sys.stderr)
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # What no line of the log says need not be found out for each (logging HOWTO, "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - documented there
    for name in ("alembic", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
