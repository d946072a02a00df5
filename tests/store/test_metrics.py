from datetime import timedelta
from typing import Any

import pytest

from sealgate.store.database import Database
from sealgate.store.decisions import decisions
from sealgate.store.invocations import start_refusals
from sealgate.store.metrics import FAILED_DEPLOYMENTS, REFUSED_STARTS, Tally
from sealgate.store.schema import metadata
from tests.support.decisions import a_decision, a_refused_start
from tests.support.signer import NOW, SCOPE

MINUTE = timedelta(minutes=1)
START = NOW.replace(second=0, microsecond=0)
WHOSE = {"account": SCOPE.account, "region": SCOPE.region}


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx)


def record(database: Database, **changes: Any) -> None:
    with database.write() as tx:
        decisions.insert(tx, a_decision(**({"decided_at": START} | changes)))


def refuse_start(database: Database, **changes: Any) -> None:
    with database.write() as tx:
        start_refusals.insert(tx, a_refused_start(**({"refused_at": START} | changes)))


def counts(database: Database, tally: Tally = FAILED_DEPLOYMENTS, **changes: Any) -> dict[int, int]:
    asked: dict[str, Any] = {"function": None, "since": START, "until": START + 10 * MINUTE, "period": MINUTE, **WHOSE}
    with database.read() as tx:
        return tally.count(tx, **(asked | changes))


def test_failures_are_counted_by_period(database: Database) -> None:
    for seconds in (0, 59, 60, 300):
        record(database, decided_at=START + timedelta(seconds=seconds))
    assert counts(database) == {0: 2, 1: 1, 5: 1}
    assert counts(database, period=5 * MINUTE) == {0: 3, 1: 1}


def test_a_span_has_its_start_and_not_its_end(database: Database) -> None:
    for minutes in (-1, 0, 10):
        record(database, decided_at=START + minutes * MINUTE)
    assert counts(database) == {0: 1}


def test_the_last_microsecond_of_a_period_belongs_to_it(database: Database) -> None:
    record(database, decided_at=START + MINUTE - timedelta(microseconds=1))
    assert counts(database) == {0: 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"config_arn": None},
        {"kind": None, "outcome": "ALLOW"},
        {"dry_run": True},
        {"account": "999999999999"},
        {"region": "us-east-1"},
    ],
    ids=["judged by no config", "nothing failed", "a dry run", "another account's", "another region's"],
)
def test_what_does_not_count(database: Database, changes: dict[str, Any]) -> None:
    record(database, **changes)
    assert counts(database) == {}
    with database.read() as tx:
        assert FAILED_DEPLOYMENTS.list_functions(tx, since=START, **WHOSE) == []


def test_one_function_is_counted_alone(database: Database) -> None:
    for function in ("app", "app", "other"):
        record(database, function=function)
    assert counts(database, function="app") == {0: 2}
    assert counts(database, function="another") == {}


def test_the_failing_functions_are_listed_once_and_in_order(database: Database) -> None:
    for function in ("b", "_", "B", "b", "a"):
        record(database, function=function)
    record(database, function="old", decided_at=START - MINUTE)
    with database.read() as tx:
        assert FAILED_DEPLOYMENTS.list_functions(tx, since=START, **WHOSE) == ["B", "_", "a", "b"]


def test_each_refused_start_counts(database: Database) -> None:
    for seconds in (-1, 0, 0, 61):
        refuse_start(database, refused_at=START + timedelta(seconds=seconds), version=str(seconds))
    refuse_start(database, function="other", layer_version_arn="arn:aws:lambda:::layer:x:1", reason="REVOKED")
    refuse_start(database, account="999999999999")
    assert counts(database, REFUSED_STARTS) == {0: 3, 1: 1}
    assert counts(database, REFUSED_STARTS, function="other") == {0: 1}
    assert counts(database) == {}
    with database.read() as tx:
        assert REFUSED_STARTS.list_functions(tx, since=START, **WHOSE) == ["app", "other"]
