"""LookupEvents, as boto3 and the `aws` command line see what happened before."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.command_line import run_aws
from tests.support.running import PYTHON
from tests.support.sealed import zip_of
from tests.support.server import RunningServer

LAMBDA_PLATFORM = "AWSLambda-SHA384-ECDSA"


@pytest.fixture(scope="module")
def trail(server: RunningServer) -> Any:
    return server.client("cloudtrail")


@pytest.fixture
def name(server: RunningServer) -> str:
    """A profile that was put, read, and asked for in vain under another name."""
    name = f"p_{uuid.uuid4().hex[:12]}"
    signer = server.client("signer")
    signer.put_signing_profile(profileName=name, platformId=LAMBDA_PLATFORM, tags={"team": "a"})
    signer.get_signing_profile(profileName=name)
    with pytest.raises(ClientError):
        signer.get_signing_profile(profileName=f"{name}_absent")
    return name


def arn_of(server: RunningServer, name: str) -> str:
    return f"arn:aws:signer:us-east-1:{server.credentials.account}:/signing-profiles/{name}"


def lookup(trail: Any, key: str, value: str, **more: Any) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = trail.lookup_events(
        LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], **more
    )["Events"]
    return events


def test_every_call_is_there_the_newest_first(server: RunningServer, trail: Any, name: str) -> None:
    read, put = lookup(trail, "ResourceName", arn_of(server, name))
    assert (put["EventName"], put["ReadOnly"], put["Username"]) == ("PutSigningProfile", "false", "root")
    assert (read["EventName"], read["ReadOnly"], read["EventSource"]) == (
        "GetSigningProfile",
        "true",
        "signer.amazonaws.com",
    )
    assert put["AccessKeyId"] == server.credentials.access_key_id
    assert put["Resources"] == [{"ResourceType": "AWS::Signer::SigningProfile", "ResourceName": arn_of(server, name)}]
    assert abs(put["EventTime"] - datetime.now(UTC)) < timedelta(minutes=5)
    said = json.loads(put["CloudTrailEvent"])
    assert said["requestParameters"]["tags"] == {"team": "a"}
    assert said["responseElements"]["arn"] == arn_of(server, name)
    assert said["eventID"] == put["EventId"]
    assert said["sourceIPAddress"] == "127.0.0.1"


def test_what_is_made_is_found_by_its_name_though_nobody_was_asked_about_it(server: RunningServer, trail: Any) -> None:
    """Where one is made, authorisation has no resource to ask about; the event names it all the same."""
    name = f"p_{uuid.uuid4().hex[:12]}"
    server.client("signer").put_signing_profile(profileName=name, platformId=LAMBDA_PLATFORM)
    assert [event["EventName"] for event in lookup(trail, "ResourceName", name)] == ["PutSigningProfile"]
    publishers = {"SigningProfileVersionArns": [f"{arn_of(server, name)}/abcdefghij"]}
    made = server.client("lambda").create_code_signing_config(AllowedPublishers=publishers)["CodeSigningConfig"]
    (event,) = lookup(trail, "ResourceName", made["CodeSigningConfigArn"])
    assert event["EventName"] == "CreateCodeSigningConfig"


def test_a_refused_call_says_why(server: RunningServer, trail: Any, name: str) -> None:
    (event,) = lookup(trail, "ResourceName", arn_of(server, f"{name}_absent"))
    said = json.loads(event["CloudTrailEvent"])
    assert said["errorCode"] == "ResourceNotFoundException"
    assert name in said["errorMessage"]
    assert said["responseElements"] is None


def test_every_attribute_finds_the_event(server: RunningServer, trail: Any, name: str) -> None:
    put = lookup(trail, "ResourceName", arn_of(server, name))[-1]
    wanted = {
        "EventId": put["EventId"],
        "EventName": "PutSigningProfile",
        "ReadOnly": "false",
        "Username": "root",
        "ResourceType": "AWS::Signer::SigningProfile",
        "EventSource": "signer.amazonaws.com",
        "AccessKeyId": server.credentials.access_key_id,
    }
    for key, value in wanted.items():
        assert put["EventId"] in [event["EventId"] for event in lookup(trail, key, value)], key


def test_pages_lead_through_all_events(trail: Any, name: str) -> None:
    assert name
    start = datetime.now(UTC) - timedelta(hours=1)
    pages = trail.get_paginator("lookup_events").paginate(StartTime=start, PaginationConfig={"PageSize": 2})
    found = [event["EventId"] for page in pages for event in page["Events"]]
    assert len(found) == len(set(found)) >= 3


def test_objects_are_no_management_events(server: RunningServer, trail: Any) -> None:
    bucket = f"bucket-{uuid.uuid4().hex[:12]}"
    s3 = server.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="secret", Body=b"contents")
    (created,) = lookup(trail, "ResourceName", f"arn:aws:s3:::{bucket}")
    assert created["EventName"] == "CreateBucket"
    assert lookup(trail, "ResourceName", f"arn:aws:s3:::{bucket}/secret") == []


ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "two attributes": (
        {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "true"}] * 2},
        "InvalidLookupAttributesException",
    ),
    "a value that cannot be": (
        {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "maybe"}]},
        "InvalidLookupAttributesException",
    ),
    "no such attribute": (
        {"LookupAttributes": [{"AttributeKey": "Colour", "AttributeValue": "x"}]},
        "ValidationException",
    ),
    "a range that ends first": (
        {"StartTime": datetime(2026, 1, 2, tzinfo=UTC), "EndTime": datetime(2026, 1, 1, tzinfo=UTC)},
        "InvalidTimeRangeException",
    ),
    "too many": ({"MaxResults": 51}, "ValidationException"),
    "a strange token": ({"NextToken": "x"}, "InvalidNextTokenException"),
    "insights": ({"EventCategory": "insight"}, "UnsupportedOperationException"),
}


@pytest.mark.parametrize(("arguments", "code"), ERRORS.values(), ids=ERRORS.keys())
def test_what_cannot_be_looked_up_is_refused(trail: Any, arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        trail.lookup_events(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_other_operations_are_refused_by_name(trail: Any) -> None:
    with pytest.raises(ClientError, match="DescribeTrails is not implemented"):
        trail.describe_trails()


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("CloudTrail_20131101.LookupEvents", None),
        ("CloudTrail_20131101.Nothing", "UnknownOperationException"),
        ("Other.LookupEvents", "UnknownOperationException"),
        ("", "UnknownOperationException"),
    ],
)
def test_the_operation_is_found_by_what_every_client_sends(
    server: RunningServer, target: str, code: str | None
) -> None:
    client = server.client("cloudtrail")

    def retarget(request: Any, **_: Any) -> None:
        del request.headers["X-Amz-Target"]
        request.headers["X-Amz-Target"] = target

    client.meta.events.register("before-sign.cloudtrail.LookupEvents", retarget)
    if code is None:
        assert client.lookup_events(MaxResults=1)["Events"]
    else:
        with pytest.raises(ClientError) as caught:
            client.lookup_events(MaxResults=1)
        assert caught.value.response["Error"]["Code"] == code


def test_a_refused_deployment_says_what_each_check_found(server: RunningServer, trail: Any) -> None:
    name = f"f{uuid.uuid4().hex[:12]}"
    function = f"arn:aws:lambda:us-east-1:{server.credentials.account}:function:{name}"
    version = f"arn:aws:signer:us-east-1:{server.credentials.account}:/signing-profiles/none/AbCdEf0123"
    client = server.client("lambda")
    config = client.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [version]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
    )["CodeSigningConfig"]["CodeSigningConfigArn"]
    asked = {
        "FunctionName": name,
        "Runtime": PYTHON,
        "Handler": "app.handler",
        "Role": f"arn:aws:iam::{server.credentials.account}:role/app",
        "Environment": {"Variables": {"PASSWORD": "hunter2"}},
        "Code": {"ZipFile": zip_of({"app.py": b"x = 1"})},
        "CodeSigningConfigArn": config,
    }
    with pytest.raises(client.exceptions.CodeVerificationFailedException):
        client.create_function(**asked)
    text = lookup(trail, "ResourceName", function)[0]["CloudTrailEvent"]
    said = json.loads(text)
    assert said["eventName"] == "CreateFunction20150331"
    assert said["errorCode"] == "CodeVerificationFailedException"
    assert "additionalEventData" not in said
    assert said["requestParameters"]["environment"] == {}
    assert "hunter2" not in text
    admission = said["sealgate"]["admission"]
    assert (admission["outcome"], admission["failed"], admission["codeSigningConfigArn"]) == (
        "DENY",
        "MISMATCH",
        config,
    )
    assert [each["check"] for each in admission["checks"]] == ["integrity", "expiry", "publisher", "revocation"]


def test_the_command_line_looks_events_up(server: RunningServer, name: str) -> None:
    told = run_aws(
        "cloudtrail",
        "lookup-events",
        "--lookup-attributes",
        f"AttributeKey=ResourceName,AttributeValue={arn_of(server, name)}",
        "--query",
        "Events[].EventName",
        environment=server.environment(),
    )
    assert json.loads(told.stdout) == ["GetSigningProfile", "PutSigningProfile"], told.stderr
