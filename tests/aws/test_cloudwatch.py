"""CloudWatch through boto3, in each of the protocols that clients speak, on an application of real services."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.api.cloudwatch import cloudwatch
from sealgate.aws.api.iam import iam
from sealgate.aws.api.lambda_ import lambda_
from sealgate.config import Config
from sealgate.server.house import House
from sealgate.server.lifecycle import make_app
from sealgate.store.decisions import decisions
from sealgate.store.invocations import start_refusals
from tests.support.decisions import a_decision, a_refused_start
from tests.support.deployment import zip_of
from tests.support.iam import allowing
from tests.support.in_process import InProcess
from tests.support.running import PYTHON

PROTOCOLS = ("smithy-rpc-v2-cbor", "json", "query")
METRIC = {"Namespace": "AWS/Lambda", "MetricName": "SignatureValidationErrors"}
STARTS = {"Namespace": "Sealgate", "MetricName": "CodeIntegrityErrors"}
PUBLISHER = "arn:aws:signer:us-east-1:{}:/signing-profiles/app/abcdefghij"
MINUTE = timedelta(minutes=1)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""Long ago, so that periods are whole hours."""


@pytest.fixture(scope="module")
def wire(house: House) -> Iterator[InProcess]:
    key = house.services.identity.create_account("222233334444", region="us-east-1")
    wire = InProcess(app=make_app(house, (lambda_, cloudwatch, iam), Config()), key=key)
    yield wire
    wire.close()


@pytest.fixture(params=PROTOCOLS)
def client(request: pytest.FixtureRequest, wire: InProcess) -> Any:
    return wire.client("cloudwatch", protocol=request.param)


@pytest.fixture(scope="module")
def history(house: House) -> str:
    """One function with failures in the first, second and fourth hour from START."""
    with house.db.write() as tx:
        for hours in (0, 0, 1, 3):
            moment = START + timedelta(hours=hours, minutes=5)
            whose = {"account": "222233334444", "region": "us-east-1"}
            decisions.insert(tx, a_decision(function="history", decided_at=moment, **whose))
    return "history"


def dimensions(function: str) -> list[dict[str, str]]:
    return [{"Name": "FunctionName", "Value": function}]


def deploy(wire: InProcess, policy: str) -> str:
    """Deploy an unsigned package to a new function; answer its name."""
    client, name = wire.client("lambda"), f"function-{uuid.uuid4()}"
    config = client.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [PUBLISHER.format(wire.key.account)]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
    )["CodeSigningConfig"]["CodeSigningConfigArn"]
    with suppress(ClientError):
        client.create_function(
            FunctionName=name,
            Role=f"arn:aws:iam::{wire.key.account}:role/runner",
            Runtime=PYTHON,
            Handler="app.handler",
            Code={"ZipFile": zip_of()},
            CodeSigningConfigArn=config,
        )
    return name


def statistics(client: Any, function: str, **changes: Any) -> Any:
    asked = {
        **METRIC,
        "Dimensions": dimensions(function),
        "StartTime": START,
        "EndTime": START + timedelta(hours=6),
        "Period": 3600,
        "Statistics": ["Sum"],
    }
    return client.get_metric_statistics(**(asked | changes))


def query(function: str, **changes: Any) -> dict[str, Any]:
    stat = {"Metric": {**METRIC, "Dimensions": dimensions(function)}, "Period": 3600, "Stat": "Sum"}
    return {"Id": "a", "MetricStat": stat} | changes


def data(client: Any, *queries: dict[str, Any], **changes: Any) -> Any:
    span = {"StartTime": START, "EndTime": START + timedelta(hours=6)}
    return client.get_metric_data(MetricDataQueries=list(queries), **(span | changes))


def refusal(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


@pytest.mark.parametrize("policy", ["Warn", "Enforce"])
def test_an_unsigned_deployment_is_in_the_sum(wire: InProcess, client: Any, policy: str) -> None:
    function, now = deploy(wire, policy), datetime.now(UTC)
    answer = statistics(client, function, StartTime=now - 5 * MINUTE, EndTime=now + MINUTE, Period=60)
    assert answer["Label"] == "SignatureValidationErrors"
    assert [(each["Sum"], each["Unit"]) for each in answer["Datapoints"]] == [(1.0, "Count")]


def test_statistics_are_answered_by_period(client: Any, history: str) -> None:
    asked = ["Sum", "SampleCount", "Average", "Minimum", "Maximum"]
    answer = statistics(client, history, Statistics=asked)
    first = {"Sum": 2.0, "SampleCount": 2.0, "Average": 1.0, "Minimum": 1.0, "Maximum": 1.0}
    assert answer["Datapoints"][0] == {"Timestamp": START, "Unit": "Count", **first}
    hours = [(each["Timestamp"] - START) // timedelta(hours=1) for each in answer["Datapoints"]]
    assert hours == [0, 1, 3]


def test_refused_starts_are_read_in_the_same_ways(house: House, client: Any) -> None:
    function, now = f"altered-{uuid.uuid4()}", datetime.now(UTC)
    with house.db.write() as tx:
        whose = {"account": "222233334444", "region": "us-east-1"}
        start_refusals.insert(tx, a_refused_start(function=function, refused_at=now, **whose))
    span = {"StartTime": now - 5 * MINUTE, "EndTime": now + MINUTE}
    answer = statistics(client, function, **STARTS, **span, Period=60)
    assert [each["Sum"] for each in answer["Datapoints"]] == [1.0]
    stat = {"Metric": {**STARTS, "Dimensions": dimensions(function)}, "Period": 60, "Stat": "Sum"}
    assert data(client, query(function, MetricStat=stat), **span)["MetricDataResults"][0]["Values"] == [1.0]
    listed = client.list_metrics(Namespace="Sealgate", Dimensions=dimensions(function))["Metrics"]
    assert listed == [{**STARTS, "Dimensions": dimensions(function)}]


def test_data_of_another_unit_is_none(client: Any, history: str) -> None:
    assert statistics(client, history, Unit="Seconds")["Datapoints"] == []
    assert len(statistics(client, history, Unit="Count")["Datapoints"]) == 3


def test_metric_data_is_answered_the_newest_first(client: Any, history: str) -> None:
    answer = data(client, query(history, Label="errors"))["MetricDataResults"]
    assert [(each["Id"], each["Label"], each["StatusCode"]) for each in answer] == [("a", "errors", "Complete")]
    assert answer[0]["Values"] == [1.0, 1.0, 2.0]
    assert answer[0]["Timestamps"] == [START + timedelta(hours=hours) for hours in (3, 1, 0)]


def test_metric_data_can_be_answered_the_oldest_first(client: Any, history: str) -> None:
    answer = data(client, query(history), ScanBy="TimestampAscending")["MetricDataResults"]
    assert answer[0]["Values"] == [2.0, 1.0, 1.0]
    assert answer[0]["Label"] == "SignatureValidationErrors"


def test_a_query_without_data_is_answered_too(client: Any, history: str) -> None:
    answer = data(client, query("nobody"), query(history, Id="b"))["MetricDataResults"]
    assert [(each["Id"], len(each["Values"]), each["StatusCode"]) for each in answer] == [
        ("a", 0, "Complete"),
        ("b", 3, "Complete"),
    ]


def test_a_query_that_returns_nothing_is_left_out(client: Any, history: str) -> None:
    answer = data(client, query(history, ReturnData=False), query(history, Id="b"))["MetricDataResults"]
    assert [each["Id"] for each in answer] == ["b"]


@pytest.mark.parametrize("direction", ["TimestampDescending", "TimestampAscending"])
def test_pages_of_metric_data_make_the_whole(client: Any, history: str, direction: str) -> None:
    queries = [query(history), query("nobody", Id="b"), query(history, Id="c")]
    whole = data(client, *queries, ScanBy=direction)["MetricDataResults"]
    paginator = client.get_paginator("get_metric_data")
    asked = {"MetricDataQueries": queries, "StartTime": START, "EndTime": START + timedelta(hours=6)}
    for size in (1, 2, 3, 4):
        pages = list(paginator.paginate(**asked, ScanBy=direction, MaxDatapoints=size))
        found: dict[str, list[float]] = {}
        for each in (each for page in pages for each in page["MetricDataResults"]):
            found.setdefault(each["Id"], []).extend(each["Values"])
        assert found == {each["Id"]: each["Values"] for each in whole}
        assert all(sum(len(each["Values"]) for each in page["MetricDataResults"]) <= size for page in pages)
        assert pages[0]["MetricDataResults"][-1]["StatusCode"] == ("Complete" if size == 3 else "PartialData")


def test_metrics_are_listed(wire: InProcess, client: Any) -> None:
    function = deploy(wire, "Warn")
    answer = client.list_metrics(Dimensions=dimensions(function), RecentlyActive="PT3H")
    pair = [{"Name": "FunctionName", "Value": function}, {"Name": "Resource", "Value": function}]
    assert answer["Metrics"] == [{**METRIC, "Dimensions": dimensions(function)}, {**METRIC, "Dimensions": pair}]
    assert {**METRIC, "Dimensions": []} in client.list_metrics(**METRIC)["Metrics"]
    assert client.list_metrics(Namespace="AWS/S3")["Metrics"] == []


def test_another_account_sees_nothing(house: House, wire: InProcess, history: str) -> None:
    number = str(uuid.uuid4().int)[:12]
    stranger = InProcess(app=wire.app, key=house.services.identity.create_account(number, region="us-east-1"))
    client = stranger.client("cloudwatch")
    assert statistics(client, history)["Datapoints"] == []
    assert statistics(client, history, Dimensions=[])["Datapoints"] == []
    assert client.list_metrics()["Metrics"] == []
    stranger.close()


def test_another_region_has_its_own(wire: InProcess, history: str) -> None:
    client = wire.client("cloudwatch", region="eu-west-1")
    assert statistics(client, history)["Datapoints"] == []


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"Period": 90}, "InvalidParameterValue", "The parameter Period must be a multiple of 60."),
        (
            {"EndTime": START},
            "InvalidParameterValue",
            "The parameter StartTime must not equal parameter EndTime.",
        ),
        (
            {"EndTime": START - MINUTE},
            "InvalidParameterValue",
            "The parameter StartTime must be less than the parameter EndTime.",
        ),
        (
            {"EndTime": START + 1441 * MINUTE, "Period": 60},
            "InvalidParameterCombination",
            "You have requested up to 1,441 datapoints, which exceeds the limit of 1,440. You may reduce the datapoin",
        ),
        (
            {"ExtendedStatistics": ["p90"]},
            "InvalidParameterValue",
            "The member ExtendedStatistics is not supported by this server for GetMetricStatistics.",
        ),
        (
            {"Unit": "Cubits"},
            "ValidationError",
            "1 validation error detected: Value 'Cubits' at 'unit' failed to satisfy constraint: Member must satisfy e",
        ),
    ],
    ids=["period", "empty span", "backwards", "too many", "percentiles", "unknown unit"],
)
def test_statistics_that_are_refused(
    client: Any, history: str, changes: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(ClientError) as raised:
        statistics(client, history, **changes)
    found_code, found = refusal(raised)
    assert (found_code, found[: len(message)]) == (code, message)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert raised.value.response["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Id": "A"}, "The value A for parameter MetricDataQueries.member.1.Id is not matching the expected pattern"),
        ({"Expression": "SUM(METRICS())"}, "The member MetricDataQueries.member.1.Expression is not supported"),
        ({"AccountId": "222233334444"}, "The member MetricDataQueries.member.1.AccountId is not supported"),
        ({"Label": "${LAST}"}, "A dynamic MetricDataQueries.member.1.Label is not supported"),
        ({"ReturnData": False}, "At least one of the MetricDataQueries must have ReturnData set to true."),
        (
            {"MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "p90"}},
            "The value p90 for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.",
        ),
        (
            {"MetricStat": {"Metric": METRIC, "Period": 61, "Stat": "Sum"}},
            "The parameter Period must be a multiple of 60.",
        ),
        (
            {"MetricStat": {"Metric": {"Namespace": "AWS/Lambda"}, "Period": 60, "Stat": "Sum"}},
            "The parameter MetricDataQueries.member.1.MetricStat.Metric must have Namespace and MetricName.",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_queries_that_are_refused(wire: InProcess, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as raised:
        data(wire.client("cloudwatch"), query("app", **changes))
    code, found = refusal(raised)
    assert (code, found[: len(message)]) == ("ValidationError", message)


def test_a_query_must_ask_something(wire: InProcess) -> None:
    with pytest.raises(ClientError, match=r"MetricDataQueries.member.1 must have MetricStat"):
        data(wire.client("cloudwatch"), {"Id": "a"})


def test_queries_are_told_apart(wire: InProcess) -> None:
    with pytest.raises(ClientError, match="not unique"):
        data(wire.client("cloudwatch"), query("app"), query("app"))


@pytest.mark.parametrize("number", [0, 501])
def test_the_number_of_queries_is_bounded(wire: InProcess, number: int) -> None:
    with pytest.raises(ClientError, match="from 1 to 500"):
        data(wire.client("cloudwatch"), *(query("app", Id=f"a{each}") for each in range(number)))


@pytest.mark.parametrize("size", [0, 100_801])
def test_the_size_of_a_page_is_bounded(wire: InProcess, size: int) -> None:
    with pytest.raises(ClientError, match="MaxDatapoints must be from 1 to 100800"):
        data(wire.client("cloudwatch"), query("app"), MaxDatapoints=size)


@pytest.mark.parametrize("changes", [{"LabelOptions": {"Timezone": "+0100"}}], ids=["LabelOptions"])
def test_members_that_are_not_there_are_refused_by_name(wire: InProcess, changes: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="The member LabelOptions is not supported by this server for GetMetricData"):
        data(wire.client("cloudwatch"), query("app"), **changes)


def test_tokens_of_other_questions_are_refused(client: Any, history: str) -> None:
    token = data(client, query(history), MaxDatapoints=1)["NextToken"]
    for changes in ({"NextToken": "x"}, {"NextToken": token, "ScanBy": "TimestampAscending"}):
        with pytest.raises(client.exceptions.InvalidNextToken):
            data(client, query(history), **changes)
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.list_metrics(NextToken="x")


def test_what_is_missing_is_told(wire: InProcess, client: Any, request: pytest.FixtureRequest) -> None:
    with pytest.raises(ClientError) as raised:
        client.get_metric_statistics(**METRIC, StartTime=START, EndTime=START + MINUTE, Period=60)
    assert refusal(raised) == ("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics.")
    unchecked = wire.client("cloudwatch", protocol=request.node.callspec.params["client"], parameter_validation=False)
    with pytest.raises(ClientError) as raised:
        unchecked.get_metric_statistics(**METRIC, StartTime=START, EndTime=START + MINUTE)
    message = "Value null at 'period' failed to satisfy constraint: Member must not be null"
    assert refusal(raised) == ("MissingParameter", f"1 validation error detected: {message}")


def test_operations_that_are_not_there_say_so(client: Any) -> None:
    with pytest.raises(ClientError) as raised:
        client.put_metric_data(Namespace="own", MetricData=[{"MetricName": "a", "Value": 1}])
    assert refusal(raised) == ("NotImplemented", "PutMetricData is not implemented by this server.")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_wrong_signature_is_refused(wire: InProcess) -> None:
    for protocol in PROTOCOLS:
        with pytest.raises(ClientError) as raised:
            wire.client("cloudwatch", protocol=protocol, secret="wrong").list_metrics()
        assert refusal(raised)[0] == "SignatureDoesNotMatch"
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_who_may_not_read_metrics_is_refused(house: House, wire: InProcess) -> None:
    name = f"reader-{uuid.uuid4()}"
    users = wire.client("iam")
    users.create_user(UserName=name)
    users.put_user_policy(UserName=name, PolicyName="list", PolicyDocument=allowing("cloudwatch:ListMetrics"))
    made = users.create_access_key(UserName=name)["AccessKey"]
    key = house.services.identity.find_key(made["AccessKeyId"])
    assert key is not None
    reader = InProcess(app=wire.app, key=key)
    reader.client("cloudwatch").list_metrics()
    with pytest.raises(ClientError) as raised:
        statistics(reader.client("cloudwatch"), "app")
    code, message = refusal(raised)
    assert code == "AccessDenied"
    assert "is not authorized to perform: cloudwatch:GetMetricStatistics on resource: * because" in message
    reader.close()
