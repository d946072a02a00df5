from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from sealgate.store import audit, audit_chain
from sealgate.store.audit import EventFilter, EventRecord, EventResource
from sealgate.store.audit_chain import ChainRow, SealRow
from sealgate.store.database import Database
from sealgate.store.schema import metadata
from tests.support.audit import an_event
from tests.support.signer import NOW, SCOPE

SECOND = timedelta(seconds=1)
TIME = NOW.replace(microsecond=0)
TABLES = [audit.events_table, audit.resources_table, audit_chain.chain_table, audit_chain.seals_table]
RESOURCE = EventResource(type="AWS::Lambda::Function", name="arn:x")


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx, tables=TABLES)


def add(database: Database, *records: EventRecord) -> None:
    with database.write() as tx:
        audit.add_events(tx, records)


def lookup(database: Database, where: EventFilter | None = None, **changes: Any) -> list[EventRecord]:
    asked: dict[str, Any] = {
        "account": SCOPE.account,
        "region": SCOPE.region,
        "where": where or EventFilter(),
        "since": TIME - 9 * SECOND,
        "until": TIME + 9 * SECOND,
        "before": None,
        "limit": 50,
    }
    with database.read() as tx:
        return [each.record for each in audit.lookup_events(tx, **(asked | changes))]


def test_events_come_back_as_they_were_added_the_newest_first(database: Database) -> None:
    events = [an_event(number, event_time=TIME + number // 2 * SECOND) for number in range(4)]
    bare = an_event(9, event_time=TIME + 9 * SECOND, resources=(), user_name=None, access_key_id=None)
    add(database, *events)
    add(database, bare)
    assert lookup(database) == [bare, *reversed(events)]
    assert lookup(database, limit=2) == [bare, events[3]]


def test_any_number_of_events_is_added_in_order(database: Database) -> None:
    for first, count in ((0, 0), (0, 1), (1, 130)):
        add(database, *(an_event(number) for number in range(first, first + count)))
    with database.read() as tx:
        found = audit.events_of(tx, range(1, 132))
    assert [found[number].record for number in sorted(found)] == [an_event(number) for number in range(131)]


def test_a_look_up_goes_on_after_any_event(database: Database) -> None:
    events = [an_event(number, event_time=TIME + number // 2 * SECOND) for number in range(4)]
    add(database, *events)
    for number, event in enumerate(events, 1):
        assert lookup(database, before=(event.event_time, number)) == list(reversed(events[: number - 1]))


def test_only_management_events_of_one_account_and_region_are_found(database: Database) -> None:
    add(
        database,
        an_event(1, account="999988887777"),
        an_event(2, region="elsewhere"),
        an_event(3, category="Data"),
        an_event(4, category="Service"),
        an_event(5, event_time=TIME - 10 * SECOND),
        an_event(6, event_time=TIME + 10 * SECOND),
    )
    assert lookup(database) == []


ODD = an_event(
    1,
    event_name="CreateFunction20150331",
    event_source="lambda.amazonaws.com",
    user_name="ann",
    access_key_id="AKIAANN",
    read_only=False,
    resources=(EventResource(type="AWS::S3::Object", name="arn:y"), RESOURCE),
)


CONDITIONS = (
    EventFilter(event_id=ODD.event_id),
    EventFilter(event_name=ODD.event_name),
    EventFilter(event_source=ODD.event_source),
    EventFilter(user_name="ann"),
    EventFilter(access_key_id="AKIAANN"),
    EventFilter(read_only=False),
    EventFilter(resource_type=RESOURCE.type),
    EventFilter(resource_names=("arn:z", RESOURCE.name)),
    EventFilter(resource_names=("arn:y",), read_only=False),
)


def test_every_condition_counts(database: Database) -> None:
    add(database, an_event(2), ODD, an_event(3))
    for where in CONDITIONS:
        assert lookup(database, where) == [ODD], where


def test_events_about_a_resource_are_found_by_its_name_or_by_its_beginning(database: Database) -> None:
    named = [an_event(number, account=str(number)) for number in range(12)]
    add(database, *named)
    with database.read() as tx:
        found = audit.events_about(tx, names=["arn:0", "arn:9"], prefixes=["arn:1"])
        assert [each.record for each in found] == [named[0], named[1], *named[9:12]]
        assert audit.events_about(tx, names=[], prefixes=[]) == []


def test_an_event_id_is_used_once(database: Database) -> None:
    add(database, an_event(1))
    with pytest.raises(Exception, match=r"(?i)unique"):
        add(database, an_event(1))


def test_numbers_follow_the_order_of_the_commits_and_are_not_used_again(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: add(database, an_event(number)), range(12)))
    with database.write() as tx:
        first = audit_chain.list_events_after(tx, 0, limit=50)
        tx.execute(delete(audit.events_table).where(audit.events_table.c.number == first[-1][0]))
    add(database, an_event(99))
    with database.read() as tx:
        numbers = [number for number, _ in audit_chain.list_events_after(tx, 0, limit=50)]
        assert numbers == sorted(numbers)
        assert numbers[-1] > first[-1][0]
        assert set(audit.events_of(tx, [numbers[0], 10_000])) == {numbers[0]}


def test_places_and_seals_are_listed_in_order(database: Database) -> None:
    rows = [ChainRow(position=place, number=place * 2, leaf="00", chain="11") for place in range(1, 6)]
    seals = [SealRow(position=place, sealed_at=TIME, text="{}", signature="PEM") for place in (2, 4)]
    with database.read() as tx:
        assert (audit_chain.find_tail(tx), audit_chain.find_last_seal(tx)) == (None, None)
    with database.write() as tx:
        audit_chain.add_links(tx, [astuple(row) for row in rows])
        for seal in seals:
            audit_chain.seals.insert(tx, seal)
    with database.read() as tx:
        assert (audit_chain.find_tail(tx), audit_chain.find_last_seal(tx)) == (rows[-1], seals[-1])
        assert audit_chain.list_links(tx, after=1, limit=3) == rows[1:4]
        assert audit_chain.list_seals(tx, after=2, until=4) == seals[1:]


def test_an_event_that_the_chain_has_gone_past_is_found(database: Database) -> None:
    add(database, an_event(1), an_event(2), an_event(3))
    rows = [ChainRow(position=place, number=number, leaf="00", chain="11") for place, number in ((1, 1), (2, 3))]
    with database.write() as tx:
        audit_chain.add_links(tx, [astuple(row) for row in rows])
        assert audit_chain.find_unplaced(tx, before=3) == (an_event(2).event_id, 2)
        assert audit_chain.find_unplaced(tx, before=1) is None
