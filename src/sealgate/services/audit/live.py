"""A live trail, as verification and export read it: from the first event to the end that it has when reading begins.

Besides what verification of any trail finds, two things can be altered in a database only, and are found here: look-up
columns that say something else than the event's text, and events that were slipped in below the end of the chain.
"""

from __future__ import annotations

from collections.abc import Iterator

from sealgate.errors import IntegrityError
from sealgate.services.audit.events import read_record
from sealgate.store.audit import EventRecord, StoredEvent, events_of
from sealgate.store.audit_chain import (
    ChainRow,
    SealRow,
    find_last_seal,
    find_tail,
    find_unplaced,
    list_links,
    list_seals,
)
from sealgate.store.database import Database
from sealgate.trust.trail import Entry, Head, Link, Seal, hash_event
from sealgate.trust.trail_verify import TrailBroken

_PAGE = 500


def find_head(db: Database) -> Head | None:
    """Answer the end of the trail; None where no event has its place yet. Nothing is verified."""
    with db.read() as tx:
        tail = find_tail(tx)
    return None if tail is None else Head(position=tail.position, chain=tail.chain)


def read_trail(db: Database) -> Iterator[Entry]:
    """Answer the whole trail, page by page.

    Raises:
        TrailBroken: What only a database can show does not hold.
    """
    with db.read() as tx:
        tail, last_seal = find_tail(tx), find_last_seal(tx)
    if tail is not None:
        yield from read_links(db, after=0, until=tail)
        _refuse_unplaced(db, tail)
    end = 0 if tail is None else tail.position
    if last_seal is not None and last_seal.position > end:
        yield _as_seal(last_seal)  # what it seals was cut off; verification says so


def read_links(db: Database, *, after: int, until: ChainRow) -> Iterator[Entry]:
    """Answer the events at places from the one after `after` to `until`, and their seals.

    Raises:
        TrailBroken: An event is missing, or its look-up columns say something else.
    """
    number = 0
    while after < until.position:
        with db.read() as tx:
            rows = list_links(tx, after=after, limit=min(_PAGE, until.position - after))
            if not rows:
                raise TrailBroken(after + 1, f"event {after + 1} is missing", reason="EventMissing")
            events = events_of(tx, [row.number for row in rows])
            sealed = {seal.position: seal for seal in list_seals(tx, after=after, until=rows[-1].position)}
        for row in rows:
            _require_order(row, number)
            number = row.number
            yield _as_link(row, events.get(row.number))
            if row.position in sealed:
                yield _as_seal(sealed[row.position])
        after = rows[-1].position


def _require_order(row: ChainRow, number: int) -> None:
    if row.number <= number:
        what = f"event {row.position} was committed before the one that it follows"
        raise TrailBroken(row.position, what, reason="Misplaced")


def _as_link(row: ChainRow, event: StoredEvent | None) -> Link:
    if event is None:
        raise TrailBroken(row.position, f"event {row.position} is missing: it was removed", reason="EventMissing")
    record = event.record
    # A text that was altered is shown by its hash; what is looked at here are the columns of one that was not.
    if hash_event(record.text) == row.leaf and not _is_filed_as_said(record):
        what = f"event {row.position} ({record.event_id}) was altered: it is filed under something else than it says"
        raise TrailBroken(row.position, what, reason="EventAltered")
    return Link(position=row.position, event=record.text, leaf=row.leaf, chain=row.chain)


def _is_filed_as_said(record: EventRecord) -> bool:
    try:
        return read_record(record.text, recorded_at=record.recorded_at) == record
    except IntegrityError:
        return False


def _as_seal(row: SealRow) -> Seal:
    return Seal(position=row.position, text=row.text, signature=row.signature)


def _refuse_unplaced(db: Database, tail: ChainRow) -> None:
    with db.read() as tx:
        found = find_unplaced(tx, before=tail.number)
    if found is not None:
        event_id, position = found
        what = f"an event ({event_id}) was inserted before event {position}: the trail has no place for it"
        raise TrailBroken(position, what, reason="EventInserted")
