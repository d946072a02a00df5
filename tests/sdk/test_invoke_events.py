"""Asynchronous invocations of functions that really run, and how they are retried; without a socket."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sealgate.aws.api.lambda_ import lambda_ as lambda_api
from sealgate.aws.api.logs import logs as logs_api
from sealgate.clock import system_clock
from sealgate.config import Config
from sealgate.runtime.report import Result
from sealgate.server.house import House, open_house
from sealgate.store.invocations import QueuedInvocation, queued_invocations
from tests.support.audit import told_events
from tests.support.cloud import Cloud, open_cloud
from tests.support.invoking import Functions, package
from tests.support.refusals import error_of
from tests.support.signer import MovableClock

PRINTS = "def handler(event, context): print('handling', event, context.aws_request_id)"
FAILS = "def handler(event, context): print('failing', context.aws_request_id); raise ValueError('not that')"


class Events:
    """An account whose asynchronous invocations run when a test says so, at the time that it says."""

    def __init__(self, house: House, clock: MovableClock) -> None:
        self.house, self.clock = house, clock
        self.cloud: Cloud = open_cloud(house, (lambda_api, logs_api))
        self.client = self.cloud.client("lambda")
        self.functions = Functions(self.client, role=f"arn:aws:iam::{self.cloud.account}:role/absent")

    def put(self, name: str, payload: bytes = b'{"n": 1}', **members: Any) -> str:
        """Invoke a function asynchronously; answer the request's id."""
        answer = self.client.invoke(FunctionName=name, InvocationType="Event", Payload=payload, **members)
        assert (answer["StatusCode"], answer["Payload"].read(), "ExecutedVersion" in answer) == (202, b"", False)
        return str(answer["ResponseMetadata"]["RequestId"])

    def run(self, after: timedelta = timedelta()) -> int:
        """Run what is due then; answer how many that were."""
        now = self.clock.now
        self.clock.now += after
        try:
            return self.house.services.invocations.queue.run_due()
        finally:
            self.clock.now = now  # what a client signs has the time of the wall

    def row(self, request_id: str) -> QueuedInvocation | None:
        with self.house.db.read() as tx:
            return queued_invocations.find(tx, request_id=request_id)

    def lines(self, name: str) -> list[str]:
        self.house.log_sink.flush()
        found = self.cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return [event["message"].rstrip("\n") for event in found]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Events]:
    clock = MovableClock(system_clock())
    house = open_house(Config(data=tmp_path_factory.mktemp("events") / "data"), clock=clock)
    events = Events(house, clock)
    yield events
    events.cloud.root.close()
    house.running.hosting.close()
    house.running.runner.close()
    house.trail.filing.close()
    house.db.close()


def refused(client: Any, operation: str, **members: Any) -> tuple[str, int, str]:
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, operation)(**members)
    return error_of(caught)


def failures(events: Events, name: str) -> list[dict[str, Any]]:
    """What the trail tells of invocations of a function that were given up."""
    kind = "Lambda Function Invocation Result - Failure"
    return [told["detail"] for told in told_events(events.house.db, kind) if name in str(told)]


def test_an_event_runs_once_and_its_lines_are_in_the_log(events: Events) -> None:
    name = events.functions.make(PRINTS)
    request_id = events.put(name)
    assert events.run() == 1
    assert events.row(request_id) is None
    start, handling, end, report = events.lines(name)
    assert start == f"START RequestId: {request_id} Version: $LATEST"
    assert handling == f"handling {{'n': 1}} {request_id}"
    assert (end, report.split("\t")[0]) == (f"END RequestId: {request_id}", f"REPORT RequestId: {request_id}")
    assert events.run(timedelta(hours=1)) == 0


def test_a_function_that_fails_is_tried_twice_more_and_what_is_left_is_recorded(events: Events) -> None:
    name = events.functions.make(FAILS)
    request_id = events.put(name)
    ran = [events.run(timedelta(seconds=seconds)) for seconds in (0, 59, 61, 120, 185)]
    assert ran == [1, 0, 1, 0, 1]
    assert [line for line in events.lines(name) if line.startswith("failing")] == [f"failing {request_id}"] * 3
    row = events.row(request_id)
    assert row is not None
    assert (row.status, row.attempts) == ("Failed", 3)
    assert "not that" in str(row.reason)
    (told,) = failures(events, name)
    assert told["requestContext"] == {
        "requestId": request_id,
        "functionArn": events.client.get_function_configuration(FunctionName=name)["FunctionArn"],
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert "not that" in told["reason"]


def test_an_error_that_would_forge_a_line_of_a_log_is_kept_as_one_line(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = events.functions.make(PRINTS)
    told = Result(
        payload=b"wrong\n2026-11-26 INFO sealgate\0 fine\x1b[2J" + b"x" * 2000,
        error="Unhandled",
        error_type="",
        log=b"",
        duration=1,
        billed=1,
        init_duration=None,
        peak_memory=1,
    )
    monkeypatch.setattr(events.house.running.runner, "run", lambda *_: told)
    events.client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    request_id = events.put(name)
    assert events.run() == 1
    row = events.row(request_id)
    assert row is not None
    assert (row.reason or "").rstrip("x") == "wrong 2026-11-26 INFO sealgate  fine [2J"
    assert len(row.reason or "") == 1024


def test_a_config_says_that_nothing_is_tried_again(events: Events) -> None:
    name = events.functions.make(FAILS)
    events.client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    request_id = events.put(name)
    assert [events.run(timedelta(seconds=seconds)) for seconds in (0, 3600)] == [1, 0]
    row = events.row(request_id)
    assert row is not None
    assert (row.status, row.attempts) == ("Failed", 1)


def test_what_is_throttled_waits_and_is_given_up_when_it_is_too_old(events: Events) -> None:
    name = events.functions.make(PRINTS)
    events.client.put_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=60)
    events.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    late, kept = events.put(name), events.put(name)
    assert events.run() == 2
    events.client.delete_function_concurrency(FunctionName=name)
    with events.house.db.write() as tx:
        row = queued_invocations.find(tx, request_id=late)
        assert row is not None
        queued_invocations.replace(tx, dataclasses.replace(row, created_at=row.created_at - timedelta(seconds=61)))
    assert events.run(timedelta(seconds=2)) == 2
    assert events.row(kept) is None
    row = events.row(late)
    assert row is not None
    assert (row.status, row.attempts, row.reason) == ("Failed", 0, "Rate Exceeded.")


def test_an_alias_is_resolved_when_the_event_runs(events: Events) -> None:
    name = events.functions.make(
        "def handler(event, context): print('version', context.function_version)", Publish=True
    )
    events.client.update_function_code(FunctionName=name, ZipFile=package(PRINTS), Publish=True)
    events.client.create_alias(FunctionName=name, Name="live", FunctionVersion="2")
    events.put(name, Qualifier="live")
    events.client.update_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert events.run() == 1
    assert "version 1" in events.lines(name)


def test_what_waits_for_a_deleted_function_is_gone(events: Events) -> None:
    name = events.functions.make(PRINTS)
    request_id = events.put(name)
    events.client.delete_function(FunctionName=name)
    assert events.row(request_id) is None
    assert events.run() == 0


def test_an_event_for_what_does_not_exist_is_refused_at_once(events: Events) -> None:
    name = events.functions.make(PRINTS)
    for members in ({"FunctionName": "absent"}, {"FunctionName": name, "Qualifier": "live"}):
        told = refused(events.client, "invoke", InvocationType="Event", **members)
        assert told[:2] == ("ResourceNotFoundException", 404)


def test_configs_of_retries_are_set_changed_listed_and_removed(events: Events) -> None:
    client, name = events.client, events.functions.make(PRINTS, Publish=True)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    arn = client.get_function_configuration(FunctionName=name)["FunctionArn"]
    put = client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1)
    assert (put["FunctionArn"], put["MaximumRetryAttempts"]) == (f"{arn}:$LATEST", 1)
    assert put["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    for qualifier in ("1", "live"):
        client.put_function_event_invoke_config(FunctionName=name, Qualifier=qualifier, MaximumEventAgeInSeconds=60)
    changed = client.update_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=90)
    assert (changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]) == (1, 90)
    replaced = client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=2)
    assert (replaced["MaximumRetryAttempts"], "MaximumEventAgeInSeconds" in replaced) == (2, False)
    pages = client.get_paginator("list_function_event_invoke_configs").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 2}
    )
    listed = [[each["FunctionArn"] for each in page["FunctionEventInvokeConfigs"]] for page in pages]
    assert listed == [[f"{arn}:$LATEST", f"{arn}:1"], [f"{arn}:live"]]
    assert (
        client.get_function_event_invoke_config(FunctionName=name, Qualifier="live")["MaximumEventAgeInSeconds"] == 60
    )
    client.delete_function_event_invoke_config(FunctionName=name)
    assert refused(client, "get_function_event_invoke_config", FunctionName=name) == (
        "ResourceNotFoundException",
        404,
        f"The function {arn}:$LATEST doesn't have an EventInvokeConfig",
    )
    assert refused(client, "update_function_event_invoke_config", FunctionName=name, MaximumRetryAttempts=1)[1] == 404


def test_a_config_of_retries_says_something_that_exists_here(events: Events) -> None:
    client = events.cloud.root.client("lambda", parameter_validation=False)
    name = events.functions.make(PRINTS)
    topic = {"OnFailure": {"Destination": "arn:aws:sns:us-east-1:000000000000:topic"}}
    for members, told in (
        ({"DestinationConfig": topic}, "DestinationConfig"),
        ({"MaximumRetryAttempts": 3}, "less than or equal to 2"),
        ({"MaximumEventAgeInSeconds": 59}, "greater than or equal to 60"),
        ({}, "You must specify at least one of error handling or destination setting."),
    ):
        code, status, message = refused(client, "put_function_event_invoke_config", FunctionName=name, **members)
        assert (status, told in message) == (400, True), (code, message)
    empty: Any = {"OnSuccess": {}, "OnFailure": {}}
    client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0, DestinationConfig=empty)
    absent = refused(client, "put_function_event_invoke_config", FunctionName="absent", MaximumRetryAttempts=0)
    assert absent[0] == "ResourceNotFoundException"


def test_how_an_alias_or_a_version_is_retried_goes_with_it(events: Events) -> None:
    client, name = events.client, events.functions.make(PRINTS, Publish=True)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for qualifier in ("live", "1"):
        client.put_function_event_invoke_config(FunctionName=name, Qualifier=qualifier, MaximumRetryAttempts=0)
    client.delete_alias(FunctionName=name, Name="live")
    client.delete_function(FunctionName=name, Qualifier="1")
    assert client.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"] == []
