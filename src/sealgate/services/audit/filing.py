"""Filing: events go from the journal into the database, in transactions of many.

An event is filed once, however often that is tried and by whom: where it may be there already, since the end of an
attempt was not heard or another process has filed it, it is looked up in the transaction that adds it.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from sealgate.errors import IntegrityError
from sealgate.services.audit.events import read_record
from sealgate.store.audit import EventRecord, add_events, known_events
from sealgate.store.audit_journal import Journal, Segment, parse_line, read_lines
from sealgate.store.database import Database, Tx

log = logging.getLogger(__name__)

_BATCH = 512
"""Events of one transaction. It holds other writers up for a few milliseconds."""
_PATIENCE_SECONDS = 2.0
_LOOK_SECONDS = 0.05


class Filing:
    """Files the events of one journal.

    Ownership: one thread of its own does that; what is in `_taken` is that thread's.

    Args:
        db: Where the trail is.
        journal: What has been written down.
    """

    def __init__(self, *, db: Database, journal: Journal) -> None:
        self._db = db
        self._journal = journal
        self._taken: deque[Segment] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit-filing")

    def settle(self) -> None:
        """File what has been written down until now, and come back when it is on the disk.

        Not by a thread that has written in an open transaction: that one would be waited for.

        Raises:
            Exception: The database takes nothing; what is not filed is tried again the next time.
        """
        self._thread.submit(self._file_all).result()

    def close(self) -> None:
        """File what is left, and no more."""
        try:
            self.settle()
        finally:
            self._thread.shutdown()

    def recover(self) -> None:
        """File what a server has left behind that was killed; to be called before anything is written down.

        Lines that are no events are said, and their segment is kept under another name.

        Raises:
            OSError: The journal cannot be read.
        """
        for path in self._journal.left_behind():
            unreadable = self.file_left(path)
            if unreadable:
                kept = path.rename(path.with_suffix(".unreadable"))
                log.error("%d lines of the audit journal are no events; they are kept in %s", unreadable, kept)
            else:
                path.unlink()
            log.info("filed the audit events that a server had written down in %s before it was killed", path)

    def file_left(self, path: Path) -> int:
        """File the events of a segment that a server has left, and leave it; answer how many of its lines are none.

        Raises:
            OSError: It cannot be read.
        """
        records, unreadable = _read(path)
        for start in range(0, len(records), _BATCH):
            self._file_batch(records[start : start + _BATCH], is_last=True, may_be_there=True)
        return unreadable

    def _file_all(self) -> None:
        segment = self._journal.take()
        if segment is not None:
            self._taken.append(segment)
        while self._taken:
            self._file(self._taken[0])
            self._taken.popleft()

    def _file(self, segment: Segment) -> None:
        while segment.records:
            batch = segment.records[:_BATCH]
            self._file_batch(batch, is_last=len(batch) == len(segment.records))
            self._journal.note_filed(segment, len(batch))

    def _file_batch(self, batch: Sequence[EventRecord], *, is_last: bool, may_be_there: bool = False) -> None:
        try:
            self._add(batch, is_last=is_last, may_be_there=may_be_there)
        except Exception as error:
            if not _is_about_data(error):
                raise
            if may_be_there:
                self._file_singly(batch)
            else:
                self._file_batch(batch, is_last=is_last, may_be_there=True)

    def _file_singly(self, records: Sequence[EventRecord]) -> None:
        """File events of which the database takes some only: no event keeps others out.

        Raises:
            Exception: What the database raises that is not about an event.
        """
        refused: list[EventRecord] = []
        for record in records:
            try:
                self._add([record], is_last=True, may_be_there=True)
            except Exception as error:
                if not _is_about_data(error):
                    raise
                log.exception("the database does not take audit event %s", record.event_id)
                refused.append(record)
        if refused:
            log.error("%d audit events are kept in %s instead", len(refused), self._journal.set_aside(refused))

    def _add(self, records: Sequence[EventRecord], *, is_last: bool, may_be_there: bool = False) -> None:
        """Add events in one transaction; the last one brings all before it to the disk, too."""
        with self._db.write() if is_last else self._db.write_soon() as tx:
            add_events(tx, _without_known(tx, records) if may_be_there else records)


def settle_journal(folder: Path, db: Database) -> None:
    """File what stands in the journal of another process, for one that reads the trail.

    A server that runs does so itself, and is waited for. What one has left that does not run any more is filed here;
    its segments stay, for the next server to remove: whether one runs is not known for sure.

    Args:
        folder: The journal's.
        db: Where the trail is.

    Raises:
        OSError: The journal cannot be read.
    """
    journal = Journal(folder)
    segments, end = journal.left_behind(), time.monotonic() + _PATIENCE_SECONDS
    while any(each.exists() for each in segments) and time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)
    filing = Filing(db=db, journal=journal)
    for path in segments:
        with suppress(FileNotFoundError):
            filing.file_left(path)


def _without_known(tx: Tx, records: Sequence[EventRecord]) -> list[EventRecord]:
    known = known_events(tx, [each.event_id for each in records])
    return [each for each in records if each.event_id not in known]


def _is_about_data(error: Exception) -> bool:
    """Tell whether a database refuses what it was given, and not everything (PEP 249, "Exceptions")."""
    return any(kind.__name__ in ("DataError", "IntegrityError") for kind in type(error).__mro__)


def _read(segment: Path) -> tuple[list[EventRecord], int]:
    """Answer the events of a segment, and how many of its lines are none."""
    records, unreadable = [], 0
    for line in read_lines(segment):
        try:
            recorded_at, text = parse_line(line)
            records.append(read_record(text, recorded_at=recorded_at))
        except (ValueError, IntegrityError):
            unreadable += 1
    return records, unreadable
