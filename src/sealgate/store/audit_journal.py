"""The journal: audit events that are written down, and not yet in the database.

    DATA/journal/           mode 0700
      0000000000000001      a segment, mode 0600: a line for each event, RECORDED_AT SPACE TEXT

A call that changed nothing leaves its event here before its answer goes out: to append to a file costs a hundredth of
what a transaction does. Twice a second the events are filed in the database (`sealgate.services.audit.filing`), and
their segment is removed.

Trust: as in the database, an event that is not sealed yet can be altered or removed by whoever can write here.
Durability: what `append` has returned for is safe from a crash of this process, and not of the machine; a segment goes
when its events are committed. Ownership: one server, which holds the lock on the data folder; any of its threads may
append.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sealgate.store.audit import EventRecord
from sealgate.trust.durable import make_private_folder, write_durably

MAX_WAITING = 50_000
"""Events that may wait for the database; where it takes none for so long, calls fail."""
_NAME = re.compile(r"\d{16}")


class JournalFull(Exception):
    """More events wait for the database than may."""


@dataclass(slots=True, kw_only=True)
class Segment:
    """Events that were written down one after the other, and their file.

    Attributes:
        records: Those that are not in the database yet, in order.
    """

    path: Path
    records: list[EventRecord]


class Journal:
    """The journal in one folder, which is made when the first event is written down.

    Attributes:
        folder: Where its segments are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._left = _find_segments(folder)
        self._next = 1 + (int(self._left[-1].name) if self._left else 0)
        self._descriptor: int | None = None
        self._size = 0
        self._segment = self._name_segment()
        self._waiting = 0

    def append(self, records: Sequence[EventRecord]) -> None:
        """Write events down, all of them or none.

        The event loop does that itself. Where the disk is so busy that it has to wait, it would soon have nothing else
        to do: no call ends before its event is written down.

        Raises:
            JournalFull: Too many wait for the database.
            OSError: They could not be written.
        """
        data = _encode(records)
        with self._lock:
            if self._waiting + len(records) > MAX_WAITING:
                raise JournalFull(f"{self._waiting} audit events wait for the database, which takes none")
            self._write(data)
            self._segment.records += records
            self._waiting += len(records)

    def take(self) -> Segment | None:
        """End the present segment, and answer it; None where nothing was written down since the last."""
        with self._lock:
            segment = self._segment
            if not segment.records:
                return None
            if self._descriptor is not None:
                os.close(self._descriptor)
            self._descriptor = None
            self._segment = self._name_segment()
        return segment

    def note_filed(self, segment: Segment, count: int) -> None:
        """Forget the first events of a segment, which are in the database; after the last one its file goes."""
        del segment.records[:count]
        with self._lock:
            self._waiting -= count
        if not segment.records:
            segment.path.unlink(missing_ok=True)

    def set_aside(self, records: Sequence[EventRecord]) -> Path:
        """Keep events that the database does not take, in a file that is no segment; answer which.

        Raises:
            OSError: They could not be written.
        """
        path = self.folder / f"{records[0].event_id}.refused"
        write_durably(path, _encode(records), mode=0o600)
        return path

    def left_behind(self) -> list[Path]:
        """Answer the segments of a server that has ended without filing them, the oldest first."""
        return self._left

    def _name_segment(self) -> Segment:
        segment = Segment(path=self.folder / f"{self._next:016d}", records=[])
        self._next += 1
        return segment

    def _write(self, data: bytes) -> None:
        if self._descriptor is None:
            self._descriptor, self._size = self._open(), 0
        written = 0
        try:
            written = os.write(self._descriptor, data)
        finally:
            if written < len(data):  # of what was not told to be written nothing stays
                os.ftruncate(self._descriptor, self._size)
        if written < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._segment.path))
        self._size += len(data)

    def _open(self) -> int:
        make_private_folder(self.folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        return os.open(self._segment.path, flags, 0o600)


def _encode(records: Sequence[EventRecord]) -> bytes:
    return "".join([f"{each.recorded_at.isoformat()} {each.text}\n" for each in records]).encode()


def _find_segments(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if _NAME.fullmatch(each.name))
    except FileNotFoundError:
        return []


def read_lines(segment: Path) -> list[bytes]:
    """Answer the lines of a segment whose server has ended. A last one without an end was never answered for.

    Raises:
        OSError: It cannot be read.
    """
    return segment.read_bytes().split(b"\n")[:-1]


def parse_line(line: bytes) -> tuple[datetime, str]:
    """Answer when an event was written down, and its text.

    Raises:
        ValueError: The line is none of a journal.
    """
    moment, _, text = line.decode().partition(" ")
    return datetime.fromisoformat(moment), text
