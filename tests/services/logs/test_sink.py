"""What functions print, until it is in the store."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sealgate.services.logs import groups as log_groups
from sealgate.services.logs import sink as sinks
from sealgate.services.logs.events import InputEvent, LogEventService, Search, milliseconds
from sealgate.services.logs.groups import LogGroupService
from sealgate.services.logs.sink import LogSink, Target
from sealgate.services.scope import Scope
from sealgate.store.database import Database
from tests.support.database import make_database

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SCOPE = Scope(account="111122223333", region="us-east-1", caller_arn="")
TARGET = Target("111122223333", "us-east-1", "/aws/lambda/app", "2026/05/04/[$LATEST]0123")


class House:
    """Logs on one database, and a time that can be set."""

    def __init__(self, db: Database) -> None:
        self.now = NOW
        self.groups = LogGroupService(db=db, clock=lambda: self.now)
        self.events = LogEventService(db=db, clock=lambda: self.now)
        self.sink = LogSink(db=db, groups=self.groups, clock=lambda: self.now)

    def said(self) -> list[str]:
        page = self.events.search(SCOPE, Search(group=TARGET.group), token=None, limit=None)
        return [event.message for event in page.items]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database = make_database(tmp_path)
    house = House(database)
    yield house
    house.sink.stop()
    database.close()


def lines(*said: str, at: datetime = NOW) -> list[InputEvent]:
    return [InputEvent(milliseconds(at), each) for each in said]


def test_lines_come_in_order_and_make_their_stream(house: House) -> None:
    house.sink.add(TARGET, lines("a", "b"))
    house.sink.add(TARGET, lines("c"))
    house.sink.flush()
    house.sink.add(TARGET, lines("d"))
    house.sink.flush()
    assert house.said() == ["a", "b", "c", "d"]
    (stream,) = house.groups.list_streams(SCOPE, TARGET.group).items
    assert (stream.name, stream.last_event, stream.last_ingestion) == (TARGET.stream, milliseconds(NOW), NOW)


def test_what_waits_is_written_when_the_sink_stops(house: House) -> None:
    house.sink.start()
    house.sink.add(TARGET, lines("last words"))
    house.sink.stop()
    assert house.said() == ["last words"]


def test_what_no_database_keeps_is_replaced(house: House) -> None:
    house.sink.add(TARGET, lines("a\0b"))
    house.sink.flush()
    assert house.said() == ["a\N{REPLACEMENT CHARACTER}b"]


def test_what_comes_too_fast_is_left_out_and_said_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "MAX_WAITING", 2)
    house.sink.add(TARGET, lines("a", "b", "c"))
    house.sink.add(TARGET, lines("d"))
    house.sink.flush()
    assert house.said()[:2] == ["a", "b"]
    assert "2 lines were left out" in house.said()[2]
    house.sink.add(TARGET, lines("e"))
    house.sink.flush()
    assert house.said()[3] == "e"


def test_who_floods_the_log_takes_nobody_elses_place(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "MAX_OF_ONE", 2)
    house.sink.add(TARGET, lines("a", "b", "c", "d"))
    house.sink.add(TARGET._replace(stream="other"), lines("e"))
    house.sink.flush()
    said = house.said()
    assert (said[:2], "2 lines were left out" in said[2], said[3]) == (["a", "b"], True, "e")


def test_many_lines_are_written_a_batch_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "BATCH", 2)
    house.sink.add(TARGET, lines("a", "b", "c"))
    house.sink.add(TARGET._replace(stream="other"), lines("d"))
    house.sink.flush()
    assert house.said() == ["a", "b", "c", "d"]


def test_lines_that_are_too_long_together_are_left_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "MAX_CHARACTERS", 5)
    house.sink.add(TARGET, lines("12345"))
    house.sink.add(TARGET, lines("6"))
    house.sink.flush()
    house.sink.add(TARGET, lines("7"))
    house.sink.flush()
    said = house.said()
    assert (said[0], "1 lines were left out" in said[1], said[2]) == ("12345", True, "7")


def test_events_end_when_their_group_no_longer_keeps_them(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_groups, "EXPIRED_AT_ONCE", 2)
    house.sink.add(TARGET, lines(*"abcde", at=NOW - timedelta(days=2)))
    house.sink.add(TARGET, lines("new"))
    house.sink.flush()
    assert house.groups.expire() == 0
    house.groups.set_retention(SCOPE, TARGET.group, 1)
    assert house.groups.expire() == 5
    assert house.said() == ["new"]
