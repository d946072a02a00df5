"""Asynchronous invocations: what is tried when, and what is left when it fails."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sealgate.errors import SealgateError
from sealgate.services.audit.notes import RefusedStart
from sealgate.services.invocations.errors import StartRefused, Throttled
from sealgate.services.invocations.queue import InvocationQueue
from sealgate.store.database import Database
from sealgate.store.invocations import InvokeConfig, QueuedInvocation, invoke_configs, queued_invocations
from tests.support.database import make_database

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
WAITING = QueuedInvocation(
    request_id="0b6c1f0e-0000-4000-8000-000000000001",
    account="111122223333",
    region="us-east-1",
    function="app",
    qualifier="live",
    invoked_by="arn:aws:iam::111122223333:user/ana",
    payload=b'{"n": 1}',
    client_context=None,
    created_at=NOW,
    due_at=NOW,
)


class House:
    """A queue whose function does what the test says, and a time that can be set."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.now = NOW
        self.ran: list[bytes] = []
        self.ends: list[str | SealgateError | None] = []
        self.queue = InvocationQueue(db=db, run=self.run, clock=lambda: self.now)

    def run(self, invocation: QueuedInvocation) -> str | None:
        self.ran.append(invocation.payload)
        end = self.ends.pop(0)
        if isinstance(end, SealgateError):
            raise end
        return end

    def put(self, invocation: QueuedInvocation = WAITING) -> None:
        with self.db.write() as tx:
            queued_invocations.insert(tx, invocation)

    @property
    def row(self) -> QueuedInvocation | None:
        with self.db.read() as tx:
            return queued_invocations.find(tx, request_id=WAITING.request_id)

    def after(self, wait: timedelta) -> int:
        self.now += wait
        return self.queue.run_due()

    def told(self) -> list[str]:
        with self.db.read() as tx:
            found = tx.exec_driver_sql("SELECT event_name FROM audit_events ORDER BY number")
            return [name for (name,) in found]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database = make_database(tmp_path)
    yield House(database)
    database.close()


def test_what_succeeds_is_gone(house: House) -> None:
    house.put()
    house.ends = [None]
    assert house.queue.run_due() == 1
    assert (house.ran, house.row, house.told()) == ([b'{"n": 1}'], None, [])


def test_a_function_that_fails_is_tried_twice_more_and_then_given_up(house: House) -> None:
    house.put()
    house.ends = ["broken", "broken", "still broken"]
    assert house.queue.run_due() == 1
    assert house.after(timedelta(seconds=59)) == 0
    assert house.after(timedelta(seconds=1)) == 1
    assert house.after(timedelta(seconds=119)) == 0
    assert house.after(timedelta(seconds=1)) == 1
    row = house.row
    assert row is not None
    assert (row.status, row.attempts, row.reason, row.lease_owner) == ("Failed", 3, "still broken", None)
    assert house.told() == ["Lambda Function Invocation Result - Failure"]
    assert house.after(timedelta(days=1)) == 0


def test_a_config_says_how_often(house: House) -> None:
    with house.db.write() as tx:
        config = InvokeConfig(
            account=WAITING.account,
            region=WAITING.region,
            function="app",
            qualifier="live",
            max_retries=0,
            max_age=None,
            last_modified=NOW,
        )
        invoke_configs.insert(tx, config)
    house.put()
    house.ends = ["broken"]
    house.queue.run_due()
    row = house.row
    assert row is not None
    assert row.status == "Failed"


def test_what_is_throttled_waits_longer_each_time_and_is_no_attempt(house: House) -> None:
    house.put()
    house.ends = [Throttled("ConcurrentInvocationLimitExceeded")] * 4
    waits = []
    for _ in range(4):
        house.queue.run_due()
        row = house.row
        assert row is not None
        waits.append(int((row.due_at - house.now).total_seconds()))
        assert (row.status, row.attempts) == ("Waiting", 0)
        house.now = row.due_at
    assert waits == [1, 1, 2, 4]


def test_what_is_too_old_is_given_up_unrun(house: House) -> None:
    house.put()
    assert house.after(timedelta(hours=6, seconds=1)) == 1
    row = house.row
    assert row is not None
    assert (row.status, house.ran) == ("Failed", [])
    assert "waited for more than 21600 seconds" in str(row.reason)


def test_a_refused_start_is_a_failed_attempt(house: House) -> None:
    house.put()
    refused = RefusedStart(
        function_arn="arn",
        package_sha256="0" * 64,
        layer_version_arn=None,
        reason="ContentsAltered",
        detail="it was altered",
    )
    house.ends = [StartRefused(refused)]
    house.queue.run_due()
    row = house.row
    assert row is not None
    assert (row.attempts, "it was altered" in str(row.reason)) == (1, True)


def test_what_nobody_foresaw_leaves_the_invocation_to_be_tried_again(house: House) -> None:
    house.put()

    def crash(_: QueuedInvocation) -> str | None:
        raise ZeroDivisionError

    InvocationQueue(db=house.db, run=crash, clock=lambda: house.now).run_due()
    house.ends = [None]
    assert house.after(timedelta(seconds=59)) == 0
    assert house.after(timedelta(seconds=1)) == 1
    assert house.row is None


def test_what_a_dead_server_has_claimed_is_taken_up_when_its_lease_is_over(house: House) -> None:
    house.put(replace(WAITING, lease_owner="other", lease_until=NOW + timedelta(seconds=60)))
    house.ends = [None]
    assert house.queue.run_due() == 0
    assert house.after(timedelta(seconds=60)) == 1


def test_what_this_server_had_claimed_before_it_died_is_taken_up_at_once(house: House) -> None:
    house.put(replace(WAITING, lease_owner="server", lease_until=NOW + timedelta(seconds=60)))
    house.ends = [None]
    house.queue.start()
    house.queue.wake()
    house.queue.stop()
    house.queue.close()
    assert house.row is None or house.queue.run_due() == 1
    assert house.row is None


def test_what_waits_for_a_function_that_is_deleted_meanwhile_is_forgotten(house: House) -> None:
    house.put()

    def run(_: QueuedInvocation) -> str | None:
        with house.db.write() as tx:
            queued_invocations.delete(tx, request_id=WAITING.request_id)
        return "broken"

    InvocationQueue(db=house.db, run=run, clock=lambda: house.now).run_due()
    assert house.row is None


def test_what_is_cut_short_when_the_server_stops_has_not_been_tried(house: House) -> None:
    house.put()
    begun, cut = threading.Event(), threading.Event()

    def run(_: QueuedInvocation) -> str | None:
        begun.set()
        cut.wait()
        return "Runtime exited with error: signal: killed"

    queue = InvocationQueue(db=house.db, run=run, clock=lambda: house.now)
    queue.start()
    begun.wait()
    queue.stop(seconds=0)
    cut.set()  # as ending its process does
    queue.close()
    assert house.row == WAITING


def test_what_ends_in_time_when_the_server_stops_is_over(house: House) -> None:
    house.put()
    begun, ends = threading.Event(), threading.Event()

    def run(_: QueuedInvocation) -> str | None:
        begun.set()
        ends.wait()
        return None

    queue = InvocationQueue(db=house.db, run=run, clock=lambda: house.now)
    queue.start()
    begun.wait()
    ends.set()
    queue.stop()
    queue.close()
    assert house.row is None


def test_no_account_keeps_all_others_waiting(house: House) -> None:
    names = [f"0b6c1f0e-0000-4000-8000-0000000001{number:02}" for number in range(40)]
    for name in names:
        house.put(replace(WAITING, request_id=name))
    house.put(replace(WAITING, request_id="other", account="444455556666", due_at=NOW + timedelta(seconds=1)))
    house.now += timedelta(seconds=2)
    claim = house.queue._claim
    assert [each.request_id for each in claim(32)] == names[:24]
    assert [each.request_id for each in claim(8)] == ["other"]
    assert claim(7) == []
    assert house.queue._until_next() == 5.0
    house.queue._held.pop(names[0])
    assert [each.request_id for each in claim(7)] == [names[24]]
