"""The audit events: one for every call, and for every change of a signing job.

Trust: evidence for people; nothing is ever allowed because of a row here. What an event says is its text alone; the
other columns repeat parts of it for look-ups. Whoever can write here can alter an event, and `sealgate audit verify`
shows it, once the event has its place (`sealgate.store.audit_chain`). Durability: the event of a call that changes
something is committed with the change. Rows are only added. Ownership: any thread in its own transaction; since writers
run one at a time, the numbers follow the order of the commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    Row,
    Table,
    Text,
    and_,
    or_,
    select,
)

from sealgate.store.database import Tx
from sealgate.store.keys import KeyText, after_prefix, span
from sealgate.store.rows import Insertion
from sealgate.store.tables import UtcTime, metadata

MANAGEMENT = "Management"
"""The category of the events that LookupEvents shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventResource:
    """Something that an event is about.

    Attributes:
        type: As CloudFormation names its kind (`AWS::Lambda::Function`).
        name: Its ARN, or what else names it.
    """

    type: str
    name: str


class EventRecord(NamedTuple):
    """One event; a tuple in the order of the table's columns, so that it is the row.

    Attributes:
        event_id: A UUID; ascends with time, roughly.
        account: Whose trail it is in; empty for a call of nobody known.
        recorded_at: When the server wrote it down.
        event_time: When the call came, in whole seconds.
        text: All that it says: JSON.
        category: `Management` or `Data` for calls, `Service` for what no call did.
        resources: What it is about, in order.
    """

    event_id: str
    account: str
    region: str
    recorded_at: datetime
    event_time: datetime
    text: str
    event_name: str
    event_source: str
    user_name: str | None
    access_key_id: str | None
    read_only: bool
    category: str
    resources: tuple[EventResource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event, and the number that the database has given it."""

    number: int
    record: EventRecord


EventNumber = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts in a column of exactly this type only

events_table = Table(
    "audit_events",
    metadata,
    Column("number", EventNumber, primary_key=True, comment="ascends in the order of the commits; not without gaps"),
    Column("event_id", Text, nullable=False, comment="lower-case UUID"),
    Column("account", Text, nullable=False, comment="12 digits, or empty where nobody is known"),
    Column("region", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("event_time", UtcTime, nullable=False, comment="whole seconds"),
    Column("text", Text, nullable=False, comment="the event: JSON; what the chain's hashes cover"),
    Column("event_name", Text, nullable=False),
    Column("event_source", Text, nullable=False),
    Column("user_name", Text),
    Column("access_key_id", Text),
    Column("read_only", Boolean, nullable=False),
    Column("category", Text, nullable=False, comment="Management, Data or Service"),
    Index("uq_audit_events_id", "event_id", unique=True),
    Index("ix_audit_events_newest", "account", "region", "event_time", "number"),
    comment="Audit events. Moments are microseconds since 1970. All columns but number and recorded_at repeat parts of"
    " the text. Rows are never changed or deleted.",
    sqlite_autoincrement=True,
)
resources_table = Table(
    "audit_event_resources",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False, comment="counted from 0"),
    Column("type", Text, nullable=False),
    Column("name", KeyText, nullable=False, comment="an ARN mostly"),
    Index("ix_audit_event_resources_name", "name"),
    comment="What each audit event is about. Rows are never changed or deleted.",
)
_e, _r = events_table.c, resources_table.c
_COLUMNS = tuple(column for column in events_table.columns if column.name != "number")
_insert_events, _insert_resources = Insertion(events_table, without={"number"}), Insertion(resources_table)
if (*_insert_events.names, "resources") != EventRecord._fields:
    raise TypeError("an event's fields are not its columns in their order")
_select = select(_e.number, *_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to look up: those that fulfil every condition that is not None.

    Attributes:
        resource_type: One of its resources is of this type.
        resource_names: One of its resources has one of these names; none for whatever it has.
    """

    event_id: str | None = None
    event_name: str | None = None
    event_source: str | None = None
    user_name: str | None = None
    access_key_id: str | None = None
    read_only: bool | None = None
    resource_type: str | None = None
    resource_names: Collection[str] = ()


def add_events(tx: Tx, records: Sequence[EventRecord]) -> None:
    """Add events, numbered in this order."""
    _insert_events.add(tx, [each[:-1] for each in records])
    about = [
        (each.event_id, place, resource.type, resource.name)
        for each in records
        for place, resource in enumerate(each.resources)
    ]
    _insert_resources.add(tx, about)


def known_events(tx: Tx, event_ids: Collection[str]) -> set[str]:
    """Answer those of some ids that are here already."""
    return set(tx.execute(select(_e.event_id).where(_e.event_id.in_(event_ids))).scalars())


def lookup_events(
    tx: Tx,
    *,
    account: str,
    region: str,
    where: EventFilter,
    since: datetime,
    until: datetime,
    before: tuple[datetime, int] | None,
    limit: int,
) -> list[StoredEvent]:
    """Answer management events from `since` until `until`, both inclusive, the newest first.

    Args:
        tx: A transaction.
        account: Whose events.
        region: Where.
        where: Which of them.
        since: The earliest time.
        until: The latest.
        before: The position (time and number) of the event to go on after.
        limit: How many at most.
    """
    conditions = [
        _e.account == account,
        _e.region == region,
        _e.category == MANAGEMENT,
        _e.event_time.between(since, until),
        *_conditions(where),
    ]
    if before is not None:
        moment, number = before
        conditions.append(or_(_e.event_time < moment, and_(_e.event_time == moment, _e.number < number)))
    newest = (_e.event_time.desc(), _e.number.desc())
    return _load(tx, tx.execute(_select.where(*conditions).order_by(*newest).limit(limit)).all())


def _conditions(where: EventFilter) -> list[ColumnElement[bool]]:
    names = ("event_id", "event_name", "event_source", "user_name", "access_key_id", "read_only")
    given = {name: getattr(where, name) for name in names}
    conditions = [_e[name] == value for name, value in given.items() if value is not None]
    if where.resource_type is not None:
        conditions.append(_about(_r.type == where.resource_type))
    if where.resource_names:
        conditions.append(_about(_r.name.in_(where.resource_names)))
    return conditions


def _about(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return _e.event_id.in_(select(_r.event_id).where(condition))


def events_about(tx: Tx, *, names: Collection[str], prefixes: Collection[str]) -> list[StoredEvent]:
    """Answer every event about one of these resources, of whatever account and region, the first committed first.

    Args:
        tx: A transaction.
        names: Whole names.
        prefixes: What a name may begin with.
    """
    spans = [and_(_r.name >= prefix, *span(_r.name, after_prefix(prefix))) for prefix in prefixes]
    about = _about(or_(_r.name.in_(names), *spans))
    return _load(tx, tx.execute(_select.where(about).order_by(_e.number)).all())


def events_of(tx: Tx, numbers: Collection[int]) -> dict[int, StoredEvent]:
    """Answer the events of these numbers, as far as they are there."""
    found = _load(tx, tx.execute(_select.where(_e.number.in_(numbers))).all())
    return {each.number: each for each in found}


def _load(tx: Tx, rows: Sequence[Row[Any]]) -> list[StoredEvent]:
    about: dict[str, list[EventResource]] = {}
    wanted = select(_r.event_id, _r.type, _r.name).where(_r.event_id.in_([row.event_id for row in rows]))
    for event_id, kind, name in tx.execute(wanted.order_by(_r.event_id, _r.place)):
        about.setdefault(event_id, []).append(EventResource(type=kind, name=name))
    return [
        StoredEvent(
            number=row.number,
            record=EventRecord(
                **{column.name: getattr(row, column.name) for column in _COLUMNS},
                resources=tuple(about.get(row.event_id, ())),
            ),
        )
        for row in rows
    ]
