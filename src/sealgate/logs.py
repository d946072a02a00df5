"""The server's log on stderr: a line for each call, and what else happens.

Lines that an event loop writes in one turn go out together when the turn ends, since each writing is a system call for
which the loop lets go of the interpreter. What is worth a warning goes out at once, and so does what other threads say.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import Any, TextIO

from sealgate.clock import system_clock


class Record(logging.LogRecord):
    """What a line says, without what none says: where in the code, by which thread, in which process.

    Every call has a line, and to find all of that out takes longer than all else that is done for it.
    """

    def __init__(  # noqa: PLR0917 - logging's
        self,
        name: str,
        level: int,
        pathname: str,
        lineno: int,
        msg: object,
        args: Any,
        exc_info: Any,
        func: str | None = None,
        sinfo: str | None = None,
    ) -> None:
        self.name, self.levelno, self.levelname = name, level, logging.getLevelName(level)
        self.pathname, self.lineno, self.funcName = pathname, lineno, func or ""
        self.msg, self.args = msg, args
        self.exc_info, self.stack_info = exc_info, sinfo
        self.exc_text: str | None = None
        self.created = system_clock().timestamp()
        self.msecs = self.created % 1 * 1000


class Formatter(logging.Formatter):
    """Formats each second once: many lines fall into one."""

    _second = (0, "")

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Write a line, and below it the traceback where there is one."""
        if record.exc_info or record.stack_info:
            return super().format(record)
        return f"{self.formatTime(record)} {record.levelname} {record.name} {record.getMessage()}"

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
    handler.setFormatter(Formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.setLogRecordFactory(Record)
    logging._srcfile = None  # noqa: SLF001 - nor is the caller looked for (logging HOWTO, "Optimization")
    for name in ("alembic", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
