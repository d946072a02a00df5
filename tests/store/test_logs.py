"""How log events are read: by their times, and no more at once than memory is good for."""

from datetime import UTC, datetime

import pytest

from sealgate.services.logs.events import InputEvent, LogEventService, milliseconds
from sealgate.services.logs.groups import LogGroupService
from sealgate.services.scope import Scope
from sealgate.store import logs
from sealgate.store.database import Database
from sealgate.store.logs import (
    EventSpan,
    LogEvent,
    Position,
    add_log_events,
    delete_log_events,
    may_go_on,
    select_last_log_events,
    select_log_events,
)
from tests.support.database import make_schema

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
WHERE = ("111122223333", "us-east-1", "/app", "one")
SPAN = EventSpan(account=WHERE[0], region=WHERE[1], group_name=WHERE[2])


@pytest.fixture
def filled(database: Database) -> Database:
    """A stream of five events of ten characters each."""
    make_schema(database)
    groups = LogGroupService(db=database, clock=lambda: NOW)
    with database.write() as tx:
        groups.ensure_stream(tx, Scope(account=WHERE[0], region=WHERE[1], caller_arn=""), WHERE[2], WHERE[3])
        add_log_events(tx, [LogEvent(*WHERE, time, 0, f"{time:010}") for time in range(5)], ingested_at=NOW)
    return database


def test_reading_ends_after_so_many_characters_and_goes_on_from_there(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_READ", 15)
    with filled.read() as tx:
        first = select_log_events(tx, SPAN, after=None, limit=100)
        place = Position(first[-1].timestamp, first[-1].number)
        second = select_log_events(tx, SPAN, after=place, limit=100)
        last = select_last_log_events(tx, SPAN, until=None, limit=100)
        end = select_last_log_events(tx, SPAN, until=None, limit=1)
    assert [[event.timestamp for event in found] for found in (first, second, last, end)] == [
        [0, 1],
        [2, 3],
        [3, 4],
        [4],
    ]
    assert [may_go_on(found, limit=100) for found in (first, end)] == [True, False]


def test_a_limit_ends_reading_too(filled: Database) -> None:
    with filled.read() as tx:
        found = select_log_events(tx, SPAN, after=None, limit=3)
        rest = select_log_events(tx, SPAN, after=None, limit=100)
    assert (len(found), len(rest)) == (3, 5)
    assert (may_go_on(found, limit=3), may_go_on(rest, limit=100)) == (True, False)


def test_old_events_go_some_at_a_time(filled: Database) -> None:
    group = {"account": WHERE[0], "region": WHERE[1], "group_name": WHERE[2]}
    with filled.write() as tx:
        assert [delete_log_events(tx, **group, before=3, limit=2) for _ in range(3)] == [2, 1, 0]
    with filled.read() as tx:
        assert [event.timestamp for event in select_log_events(tx, SPAN, after=None, limit=9)] == [3, 4]


def test_what_a_client_puts_is_kept_whatever_its_characters(filled: Database) -> None:
    events = LogEventService(db=filled, clock=lambda: NOW)
    scope = Scope(account=WHERE[0], region=WHERE[1], caller_arn="")
    events.put(scope, WHERE[2], WHERE[3], [InputEvent(milliseconds(NOW), "a\0b\U0001f512")])
    with filled.read() as tx:
        (last,) = select_last_log_events(tx, SPAN, until=None, limit=1)
    assert last.message == "a\N{REPLACEMENT CHARACTER}b\U0001f512"
