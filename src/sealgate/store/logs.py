"""Log groups, their streams, and the events in them: what functions print, and what clients put there.

Trust: nothing is allowed because of a row here, and nothing proves that a row was not altered; evidence is in the audit
trail (`sealgate.store.audit`). Durability: what a client has put is there when it is answered; what functions print
comes in batches, at most a second later. Ownership: any thread in its own transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    and_,
    delete,
    or_,
    select,
    update,
)

from sealgate.store.database import Tx
from sealgate.store.keys import KeyText, after_prefix, span
from sealgate.store.rows import Insertion, Rows
from sealgate.store.tables import StringMap, UtcTime, metadata

Milliseconds = int
"""A moment as the service counts: milliseconds since 1970."""
MAX_READ = 1 << 20
"""Characters of messages after which reading ends, whole events told (CloudWatch Logs API reference, GetLogEvents)."""
_READ_AHEAD = 100
"""Events that a database hands over at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    """Streams that share a retention.

    Attributes:
        retention_days: How long events are kept; None: for ever.
    """

    account: str
    region: str
    name: str
    created_at: datetime
    retention_days: int | None
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStream:
    """Events from one source.

    Attributes:
        group_name: Its group's name.
        first_event: The earliest event's time, None without events; `last_event` is the latest's.
        last_ingestion: When events came last.
    """

    account: str
    region: str
    group_name: str
    name: str
    created_at: datetime
    first_event: Milliseconds | None
    last_event: Milliseconds | None
    last_ingestion: datetime | None


class LogEvent(NamedTuple):
    """One event.

    Attributes:
        timestamp: When it happened, as its source says.
        ingested: When it came.
        message: What it says; one line mostly.
    """

    account: str
    region: str
    group_name: str
    stream_name: str
    timestamp: Milliseconds
    ingested: Milliseconds
    message: str


class StoredLogEvent(NamedTuple):
    """An event, and the number that the database has given it."""

    number: int
    stream_name: str
    timestamp: Milliseconds
    ingested: Milliseconds
    message: str


class Position(NamedTuple):
    """A place between events, in the order of their times, then their numbers: just after the event of these two."""

    timestamp: Milliseconds
    number: int


log_groups_table = Table(
    "log_groups",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("name", KeyText, primary_key=True),
    Column("created_at", UtcTime, nullable=False),
    Column("retention_days", Integer, comment="null: events are kept for ever"),
    Column("tags", StringMap, nullable=False),
)
log_streams_table = Table(
    "log_streams",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("group_name", KeyText, primary_key=True),
    Column("name", KeyText, primary_key=True),
    Column("created_at", UtcTime, nullable=False),
    Column("first_event", BigInteger, comment="milliseconds since 1970"),
    Column("last_event", BigInteger, comment="milliseconds since 1970"),
    Column("last_ingestion", UtcTime),
    ForeignKeyConstraint(
        ["account", "region", "group_name"],
        ["log_groups.account", "log_groups.region", "log_groups.name"],
        ondelete="CASCADE",
        name="fk_log_streams_group",
    ),
)
log_events_table = Table(
    "log_events",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("group_name", KeyText, nullable=False),
    Column("stream_name", KeyText, nullable=False),
    Column("timestamp", BigInteger, nullable=False, comment="milliseconds since 1970"),
    Column("ingested", BigInteger, nullable=False, comment="milliseconds since 1970"),
    Column("message", Text, nullable=False),
    ForeignKeyConstraint(
        ["account", "region", "group_name", "stream_name"],
        ["log_streams.account", "log_streams.region", "log_streams.group_name", "log_streams.name"],
        ondelete="CASCADE",
        name="fk_log_events_stream",
    ),
    sqlite_autoincrement=True,
)
Index(
    "ix_log_events_group",
    log_events_table.c.account,
    log_events_table.c.region,
    log_events_table.c.group_name,
    log_events_table.c.timestamp,
    log_events_table.c.number,
)
Index(
    "ix_log_events_stream",
    log_events_table.c.account,
    log_events_table.c.region,
    log_events_table.c.group_name,
    log_events_table.c.stream_name,
    log_events_table.c.timestamp,
    log_events_table.c.number,
)
log_groups = Rows(log_groups_table, LogGroup)
log_streams = Rows(log_streams_table, LogStream)
_insertion = Insertion(log_events_table, without=("number",))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSpan:
    """Which events of a group are asked for.

    Attributes:
        streams: Only events of these; empty: of all.
        prefix: Only events of streams whose names begin so.
        since: The earliest time, included; None: from the beginning.
        before: The end of the time, not included; None: without end.
    """

    account: str
    region: str
    group_name: str
    streams: Collection[str] = ()
    prefix: str = ""
    since: Milliseconds | None = None
    before: Milliseconds | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Write it for the database."""
        columns = log_events_table.c
        found = [
            columns.account == self.account,
            columns.region == self.region,
            columns.group_name == self.group_name,
        ]
        if self.streams:
            found.append(columns.stream_name.in_(self.streams))
        if self.prefix:
            found += _beginning_with(columns.stream_name, self.prefix)
        if self.since is not None:
            found.append(columns.timestamp >= self.since)
        if self.before is not None:
            found.append(columns.timestamp < self.before)
        return found


def add_log_events(tx: Tx, events: Sequence[LogEvent], *, ingested_at: datetime) -> None:
    """Add events, of any streams, all of which exist, and keep what their streams say of them."""
    _insertion.add(tx, events)
    for stream, times in _times_by_stream(events).items():
        columns = log_streams_table.c
        of_stream = (
            columns.account == stream[0],
            columns.region == stream[1],
            columns.group_name == stream[2],
            columns.name == stream[3],
        )
        tx.execute(update(log_streams_table).where(*of_stream).values(last_ingestion=ingested_at))
        earlier = or_(columns.first_event.is_(None), columns.first_event > min(times))
        tx.execute(update(log_streams_table).where(*of_stream, earlier).values(first_event=min(times)))
        later = or_(columns.last_event.is_(None), columns.last_event < max(times))
        tx.execute(update(log_streams_table).where(*of_stream, later).values(last_event=max(times)))


def select_log_groups(tx: Tx, *, account: str, region: str, prefix: str, after: str, limit: int) -> list[LogGroup]:
    """Answer the first groups by name that begin with `prefix`, after the name `after`."""
    columns = log_groups_table.c
    return log_groups.select(
        tx,
        columns.account == account,
        columns.region == region,
        columns.name > after,
        *_beginning_with(columns.name, prefix),
        order_by=(columns.name,),
        limit=limit,
    )


def select_log_groups_with_retention(tx: Tx) -> list[LogGroup]:
    """Answer every group, of every account, whose events are not kept for ever."""
    return log_groups.select(tx, log_groups_table.c.retention_days.is_not(None))


def select_log_streams(tx: Tx, *, account: str, region: str, group_name: str, prefix: str) -> list[LogStream]:
    """Answer the streams of a group whose names begin with `prefix`, by name."""
    columns = log_streams_table.c
    return log_streams.select(
        tx,
        columns.account == account,
        columns.region == region,
        columns.group_name == group_name,
        *_beginning_with(columns.name, prefix),
        order_by=(columns.name,),
    )


def select_log_events(tx: Tx, asked: EventSpan, *, after: Position | None, limit: int) -> list[StoredLogEvent]:
    """Answer the earliest events of a span that come after a position: at least one, and else up to `MAX_READ`."""
    columns = log_events_table.c
    where = [*asked.conditions(), *([] if after is None else [_is_after(after)])]
    return _read_events(tx, where, (columns.timestamp, columns.number), limit)


def select_last_log_events(tx: Tx, asked: EventSpan, *, until: Position | None, limit: int) -> list[StoredLogEvent]:
    """Answer the latest events of a span that come before a position's event, the earliest first; up to `MAX_READ`."""
    columns = log_events_table.c
    where = [*asked.conditions(), *([] if until is None else [_is_before(until)])]
    return _read_events(tx, where, (columns.timestamp.desc(), columns.number.desc()), limit)[::-1]


def may_go_on(found: Sequence[StoredLogEvent], *, limit: int) -> bool:
    """Tell whether there may be more events than were read."""
    return len(found) == limit or sum(len(event.message) for event in found) >= MAX_READ


def delete_log_events(tx: Tx, *, account: str, region: str, group_name: str, before: Milliseconds, limit: int) -> int:
    """Remove events of a group that happened before a moment, no more than so many; answer how many."""
    old = EventSpan(account=account, region=region, group_name=group_name, before=before)
    numbers = select(log_events_table.c.number).where(*old.conditions()).limit(limit)
    return tx.execute(delete(log_events_table).where(log_events_table.c.number.in_(numbers))).rowcount


def _read_events(
    tx: Tx, where: Sequence[ColumnElement[bool]], order: Sequence[ColumnElement[int]], limit: int
) -> list[StoredLogEvent]:
    columns = log_events_table.c
    shown = (columns.number, columns.stream_name, columns.timestamp, columns.ingested, columns.message)
    statement = select(*shown).where(*where).order_by(*order).limit(limit)
    found: list[StoredLogEvent] = []
    size = 0
    with tx.execute(statement, execution_options={"stream_results": True, "max_row_buffer": _READ_AHEAD}) as rows:
        for row in rows:
            found.append(StoredLogEvent(*row))
            size += len(found[-1].message)
            if size >= MAX_READ:
                break
    return found


def _is_after(position: Position) -> ColumnElement[bool]:
    columns = log_events_table.c
    same_time = and_(columns.timestamp == position.timestamp, columns.number > position.number)
    return or_(columns.timestamp > position.timestamp, same_time)


def _is_before(position: Position) -> ColumnElement[bool]:
    columns = log_events_table.c
    same_time = and_(columns.timestamp == position.timestamp, columns.number < position.number)
    return or_(columns.timestamp < position.timestamp, same_time)


def _beginning_with(column: Column[str], prefix: str) -> list[ColumnElement[bool]]:
    return [column >= prefix, *span(column, after_prefix(prefix))]


def _times_by_stream(events: Sequence[LogEvent]) -> dict[tuple[str, str, str, str], list[Milliseconds]]:
    times: dict[tuple[str, str, str, str], list[Milliseconds]] = {}
    for event in events:
        times.setdefault(event[:4], []).append(event.timestamp)
    return times
