"""CloudWatch Logs, as boto3 and the `aws` command line use it."""

import json
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.api.lambda_ import lambda_ as lambda_api
from sealgate.aws.api.logs import logs as logs_api
from sealgate.server.house import House
from sealgate.services.invocations.service import Request
from sealgate.services.scope import Scope
from tests.support.cloud import open_cloud
from tests.support.command_line import run_aws
from tests.support.invoking import Functions, until
from tests.support.refusals import error_of
from tests.support.server import RunningServer

NOW = int(time.time() * 1000)


@pytest.fixture(scope="module")
def logs(server: RunningServer) -> Any:
    return server.client("logs")


@pytest.fixture
def group(logs: Any) -> str:
    """A group with the streams `one` and `two`."""
    name = f"/app/{uuid.uuid4()}"
    logs.create_log_group(logGroupName=name, tags={"team": "a"})
    for stream in ("one", "two"):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
    return name


def put(logs: Any, group: str, stream: str, *messages: str, start: int = NOW) -> Any:
    events = [{"timestamp": start + place, "message": message} for place, message in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def messages(events: list[dict[str, Any]]) -> list[str]:
    return [event["message"] for event in events]


def test_groups_are_listed_by_name_with_all_that_they_have(server: RunningServer, logs: Any, group: str) -> None:
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    arn = f"arn:aws:logs:us-east-1:{server.credentials.account}:log-group:{group}"
    assert (found["logGroupName"], found["arn"], found["logGroupArn"]) == (group, f"{arn}:*", arn)
    assert found["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


def test_groups_are_listed_a_page_at_a_time(logs: Any, group: str) -> None:
    logs.create_log_group(logGroupName=f"{group}/below")
    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=group, PaginationConfig={"PageSize": 1}
    )
    assert [[each["logGroupName"] for each in page["logGroups"]] for page in pages] == [[group], [f"{group}/below"]]


def test_a_retention_that_aws_does_not_know_is_refused(logs: Any, group: str) -> None:
    with pytest.raises(ClientError) as caught:
        logs.put_retention_policy(logGroupName=group, retentionInDays=2)
    assert error_of(caught)[0] == "InvalidParameterException"


def test_tags_come_and_go(server: RunningServer, logs: Any, group: str) -> None:
    arn = f"arn:aws:logs:us-east-1:{server.credentials.account}:log-group:{group}"
    logs.tag_resource(resourceArn=arn, tags={"stage": "test"})
    logs.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"stage": "test"}


def test_names_are_taken_once(logs: Any, group: str) -> None:
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group)
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=group, logStreamName="one")


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("delete_log_group", {"logGroupName": "absent"}),
        ("create_log_stream", {"logGroupName": "absent", "logStreamName": "one"}),
        ("filter_log_events", {"logGroupName": "absent"}),
        ("get_log_events", {"logStreamName": "three"}),
        ("put_log_events", {"logStreamName": "three", "logEvents": [{"timestamp": NOW, "message": "lost"}]}),
    ],
)
def test_what_is_not_there_is_said(logs: Any, group: str, operation: str, members: dict[str, Any]) -> None:
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match=r"The specified log \w+ does not exist"):
        getattr(logs, operation)(**{"logGroupName": group} | members)


def test_a_deleted_group_takes_its_events_with_it(logs: Any, group: str) -> None:
    put(logs, group, "one", "gone soon")
    logs.delete_log_group(logGroupName=group)
    logs.create_log_group(logGroupName=group)
    assert logs.filter_log_events(logGroupName=group)["events"] == []


def test_streams_are_listed_by_name_and_by_time(logs: Any, group: str) -> None:
    put(logs, group, "two", "first")
    put(logs, group, "one", "later", start=NOW + 1000)
    by_name = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert [stream["logStreamName"] for stream in by_name] == ["one", "two"]
    assert (by_name[1]["firstEventTimestamp"], by_name[0]["lastEventTimestamp"]) == (NOW, NOW + 1000)
    newest = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=1)
    assert [stream["logStreamName"] for stream in newest["logStreams"]] == ["one"]
    rest = logs.describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True, nextToken=newest["nextToken"]
    )
    assert [stream["logStreamName"] for stream in rest["logStreams"]] == ["two"]


def test_a_stream_is_read_from_either_end(logs: Any, group: str) -> None:
    put(logs, group, "one", *"abcdef")
    last = logs.get_log_events(logGroupName=group, logStreamName="one", limit=2)
    assert messages(last["events"]) == ["e", "f"]
    before = logs.get_log_events(logGroupName=group, logStreamName="one", limit=2, nextToken=last["nextBackwardToken"])
    assert messages(before["events"]) == ["c", "d"]
    first = logs.get_log_events(logGroupName=group, logStreamName="one", limit=4, startFromHead=True)
    assert messages(first["events"]) == ["a", "b", "c", "d"]
    rest = logs.get_log_events(logGroupName=group, logStreamName="one", nextToken=first["nextForwardToken"])
    assert messages(rest["events"]) == ["e", "f"]
    end = logs.get_log_events(logGroupName=group, logStreamName="one", nextToken=rest["nextForwardToken"])
    assert (end["events"], end["nextForwardToken"]) == ([], rest["nextForwardToken"])


def test_a_token_of_another_stream_is_refused(logs: Any, group: str) -> None:
    token = logs.get_log_events(logGroupName=group, logStreamName="one")["nextForwardToken"]
    with pytest.raises(logs.exceptions.InvalidParameterException, match="nextToken"):
        logs.get_log_events(logGroupName=group, logStreamName="two", nextToken=token)


def test_events_are_searched_in_all_streams(logs: Any, group: str) -> None:
    put(logs, group, "one", "INFO a", "ERROR b")
    put(logs, group, "two", "ERROR c", start=NOW + 10)
    found = logs.filter_log_events(logGroupName=group, filterPattern="ERROR")["events"]
    assert [(event["logStreamName"], event["message"]) for event in found] == [("one", "ERROR b"), ("two", "ERROR c")]
    assert len({event["eventId"] for event in found}) == 2
    assert messages(logs.filter_log_events(logGroupName=group, logStreamNamePrefix="t")["events"]) == ["ERROR c"]
    assert messages(logs.filter_log_events(logGroupName=group, startTime=NOW + 1, endTime=NOW + 1)["events"]) == [
        "ERROR b"
    ]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 2})
    assert [messages(page["events"]) for page in pages] == [["INFO a", "ERROR b"], ["ERROR c"]]


def test_a_group_is_named_by_its_arn_too(server: RunningServer, logs: Any, group: str) -> None:
    put(logs, group, "one", "here")
    arn = f"arn:aws:logs:us-east-1:{server.credentials.account}:log-group:{group}"
    assert messages(logs.filter_log_events(logGroupIdentifier=arn)["events"]) == ["here"]
    with pytest.raises(logs.exceptions.InvalidParameterException, match="Exactly one"):
        logs.filter_log_events(logGroupIdentifier=arn, logGroupName=group)


def test_events_from_the_far_past_and_future_are_left_out_and_told(logs: Any, group: str) -> None:
    old = int((datetime.now(UTC) - timedelta(days=15)).timestamp() * 1000)
    assert put(logs, group, "one", "a", "b", start=old)["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2}
    new = int((datetime.now(UTC) + timedelta(hours=3)).timestamp() * 1000)
    assert put(logs, group, "one", "a", start=new)["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}
    assert logs.filter_log_events(logGroupName=group)["events"] == []


def test_a_batch_out_of_order_is_refused(logs: Any, group: str) -> None:
    events = [{"timestamp": NOW, "message": "later"}, {"timestamp": NOW - 1, "message": "earlier"}]
    with pytest.raises(logs.exceptions.InvalidParameterException, match="chronological"):
        logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)


def test_a_group_is_followed_as_the_command_line_tails_it(logs: Any, group: str) -> None:
    """`aws logs tail --follow` (version 2): from a time on, by event ids, and again from the latest time."""
    put(logs, group, "one", "START", "hello, world")
    page = logs.filter_log_events(logGroupName=group, startTime=NOW - 600_000, interleaved=True)
    assert messages(page["events"]) == ["START", "hello, world"]
    assert "nextToken" not in page
    seen = {event["eventId"] for event in page["events"]}
    put(logs, group, "two", "late", start=NOW + 1)
    again = logs.filter_log_events(logGroupName=group, startTime=page["events"][-1]["timestamp"], interleaved=True)
    assert [event["message"] for event in again["events"] if event["eventId"] not in seen] == ["late"]


def test_the_command_line_searches_a_group(server: RunningServer, logs: Any, group: str) -> None:
    put(logs, group, "one", "hello, world", "bye")
    told = run_aws(
        *("logs", "filter-log-events", "--log-group-name", group, "--filter-pattern", "world"),
        environment=server.environment(),
    )
    assert messages(json.loads(told.stdout)["events"]) == ["hello, world"]


def test_what_a_function_prints_is_there_while_it_runs_and_once(house: House) -> None:
    cloud = open_cloud(house, (lambda_api, logs_api))
    functions = Functions(cloud.client("lambda"), role=f"arn:aws:iam::{cloud.account}:role/absent")
    code = "import time\ndef handler(event, context):\n print('first')\n print('half', end='')\n time.sleep(60)"
    name = functions.make(code, Timeout=60)
    scope = Scope(account=cloud.account, region="us-east-1", caller_arn="")
    request = Request(request_id="8f5", function=name, qualifier=None, kind="RequestResponse", payload=b"0")

    def read() -> list[str]:
        house.log_sink.flush()
        groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
        found = [cloud.client("logs").filter_log_events(logGroupName=each["logGroupName"]) for each in groups]
        return [message for page in found for message in messages(page["events"])]

    running = threading.Thread(target=lambda: house.services.invocations.invoke(scope, request))
    running.start()
    until(lambda: "first" in read())
    assert running.is_alive()
    assert read() == ["START RequestId: 8f5 Version: $LATEST", "first"]
    house.running.host.end(lambda key: f":function:{name}:" in key, now=True)
    running.join()
    assert [line.partition(":")[0] for line in read()] == [
        *("START RequestId", "first", "half", "RequestId", "Runtime.ExitError", "END RequestId", "REPORT RequestId")
    ]
    cloud.root.close()
