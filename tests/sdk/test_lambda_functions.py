"""Functions through boto3 and a real socket."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.deployment import zip_of
from tests.support.lambda_client import LambdaClient, refusal, running_lambda

OTHER = zip_of({"other.py": b"pass\n"})
NO_SUCH_BUCKET = (
    "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist"
)
FILE_SYSTEM = "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0"
PUBLISHERS = {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/a/AbCdEfGh12"]}
NATIVE_MEMBERS = {
    "FunctionName",
    "FunctionArn",
    "Runtime",
    "Role",
    "Handler",
    "CodeSize",
    "Description",
    "Timeout",
    "MemorySize",
    "LastModified",
    "CodeSha256",
    "Version",
    "TracingConfig",
    "RevisionId",
    "State",
    "StateReason",
    "StateReasonCode",
    "PackageType",
    "Architectures",
    "EphemeralStorage",
    "SnapStart",
    "RuntimeVersionConfig",
    "LoggingConfig",
}
"""What AWS answers to the creation of an unsigned function (a recorded answer)."""


@pytest.fixture(scope="module")
def lambda_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaClient]:
    with running_lambda(tmp_path_factory.mktemp("server") / "data") as client:
        yield client


@pytest.fixture(scope="module")
def strict_lambda(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaClient]:
    with running_lambda(tmp_path_factory.mktemp("strict") / "data", strict_aws=True) as client:
        yield client


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_a_new_function_has_exactly_the_members_of_awss(lambda_: LambdaClient) -> None:
    answer = lambda_.create()
    name = answer["FunctionName"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert set(without_metadata(answer)) == NATIVE_MEMBERS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", answer["LastModified"])
    assert re.fullmatch(
        r"arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}", answer["RuntimeVersionConfig"]["RuntimeVersionArn"]
    )
    expected = {
        "FunctionArn": lambda_.arn_of(name),
        "CodeSize": len(zip_of()),
        "CodeSha256": base64.b64encode(hashlib.sha256(zip_of()).digest()).decode(),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    assert {member: answer[member] for member in expected} == expected


def test_waiters_end_at_the_first_poll(lambda_: LambdaClient) -> None:
    name = lambda_.create_function()
    once = {"Delay": 0, "MaxAttempts": 1}
    for waiter in ("function_exists", "function_active", "function_active_v2", "function_updated"):
        lambda_.client.get_waiter(waiter).wait(FunctionName=name, WaiterConfig=once)
    lambda_.client.update_function_code(FunctionName=name, ZipFile=OTHER)
    for waiter in ("function_updated", "function_updated_v2"):
        lambda_.client.get_waiter(waiter).wait(FunctionName=name, WaiterConfig=once)
    read = lambda_.client.get_function_configuration(FunctionName=name)
    assert (read["State"], read["LastUpdateStatus"]) == ("Active", "Successful")


def test_new_code_is_answered_as_in_progress(lambda_: LambdaClient) -> None:
    name = lambda_.create_function()
    answer = lambda_.client.update_function_code(FunctionName=name, ZipFile=OTHER)
    assert answer["State"] == "Active"
    assert answer["LastUpdateStatus"] == "InProgress"
    assert answer["LastUpdateStatusReason"] == "The function is being created."
    assert answer["LastUpdateStatusReasonCode"] == "Creating"
    assert answer["LastModified"].endswith(".000+0000")
    assert answer["CodeSize"] == len(OTHER)


def test_every_setting_is_kept_and_answered(lambda_: LambdaClient) -> None:
    settings: dict[str, Any] = {
        "Description": "mine",
        "Timeout": 30,
        "MemorySize": 256,
        "Environment": {"Variables": {"STAGE": "1"}},
        "EphemeralStorage": {"Size": 1024},
        "TracingConfig": {"Mode": "Active"},
        "LoggingConfig": {
            "LogFormat": "JSON",
            "LogGroup": "mine",
            "ApplicationLogLevel": "INFO",
            "SystemLogLevel": "WARN",
        },
    }
    name = lambda_.create_function(**settings, Architectures=["arm64"])
    read = lambda_.client.get_function_configuration(FunctionName=name)
    assert {member: read[member] for member in settings} == settings
    assert read["Architectures"] == ["arm64"]
    changed = settings | {"Timeout": 31, "Environment": {"Variables": {"LEVEL": "2"}}, "Handler": "other.handler"}
    answer = lambda_.client.update_function_configuration(FunctionName=name, **changed)
    assert {member: answer[member] for member in changed} == changed
    assert answer["LastUpdateStatus"] == "InProgress"


def test_empty_members_that_clients_send_ask_for_nothing(lambda_: LambdaClient) -> None:
    empty: dict[str, Any] = {
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "Ipv6AllowedForDualStack": False},
        "DeadLetterConfig": {"TargetArn": ""},
        "Layers": [],
        "FileSystemConfigs": [],
        "KMSKeyArn": "",
        "SnapStart": {"ApplyOn": "None"},
        "Environment": {},
    }
    name = lambda_.create_function(**empty, Publish=False, PackageType="Zip")
    lambda_.client.update_function_configuration(FunctionName=name, **empty)


@pytest.mark.parametrize(
    "members",
    [
        {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
        {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:q"}},
        {"FileSystemConfigs": [{"Arn": FILE_SYSTEM, "LocalMountPath": "/mnt/a"}]},
        {"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1"},
        {"ImageConfig": {"Command": ["a"]}},
        {"SnapStart": {"ApplyOn": "PublishedVersions"}},
        {"PublishTo": "LATEST_PUBLISHED"},
        {"DurableConfig": {"RetentionPeriodInDays": 1}},
        {"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}},
        {"PackageType": "Image", "Code": {"ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/a:1"}},
    ],
    ids=lambda members: next(iter(members)),
)
def test_what_is_not_done_is_refused_by_name(lambda_: LambdaClient, members: dict[str, Any]) -> None:
    with pytest.raises(lambda_.client.exceptions.InvalidParameterValueException) as raised:
        lambda_.create(**members)
    assert next(iter(members)) in refusal(raised)[1]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ({}, "Please provide a source for function code."),
        (
            {"ZipFile": b"x", "S3Bucket": "bucket", "S3Key": "key"},
            "Please do not provide other FunctionCode parameters when providing a ZipFile.",
        ),
        (
            {"S3Bucket": "no-such-bucket", "S3Key": "key"},
            NO_SUCH_BUCKET,
        ),
    ],
)
def test_code_has_one_source_that_can_be_read(lambda_: LambdaClient, code: dict[str, Any], said: str) -> None:
    with pytest.raises(lambda_.client.exceptions.InvalidParameterValueException) as raised:
        lambda_.create(Code=code)
    assert refusal(raised)[1] == said


@pytest.mark.parametrize("missing", ["Runtime", "Handler"])
def test_runtime_and_handler_are_needed(lambda_: LambdaClient, missing: str) -> None:
    with pytest.raises(lambda_.client.exceptions.InvalidParameterValueException, match="Runtime and Handler are"):
        lambda_.create(**{missing: None})


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"FunctionName": "no name"}, "functionName"),
        ({"Runtime": "cobol"}, "runtime"),
        ({"Timeout": 0}, "timeout"),
        ({"MemorySize": 127}, "memorySize"),
        ({"Role": "nobody"}, "role"),
        ({"Code": {"S3Bucket": "a", "S3Key": "k"}}, "code.s3Bucket"),
        ({"CodeSigningConfigArn": ""}, "codeSigningConfigArn"),
    ],
)
def test_what_breaks_the_model_is_a_validation_error(lambda_: LambdaClient, members: dict[str, Any], path: str) -> None:
    with pytest.raises(ClientError) as raised:
        lambda_.create(**members)
    code, text = refusal(raised)
    assert code == "ValidationException"
    assert f"at '{path}' failed to satisfy constraint" in text


def test_a_taken_name_is_a_conflict(lambda_: LambdaClient) -> None:
    name = lambda_.create_function()
    with pytest.raises(lambda_.client.exceptions.ResourceConflictException) as raised:
        lambda_.create(FunctionName=name)
    assert refusal(raised)[1] == f"Function already exist: {name}"
    assert raised.value.response["Type"] == "User"


def test_an_upload_that_is_no_archive_cannot_be_unzipped(lambda_: LambdaClient) -> None:
    with pytest.raises(lambda_.client.exceptions.InvalidParameterValueException) as raised:
        lambda_.create(Code={"ZipFile": b"no archive"})
    assert refusal(raised)[1].startswith(
        "Could not unzip uploaded file. Please check your file, then try to upload again."
    )


def test_an_upload_is_limited(lambda_: LambdaClient) -> None:
    with pytest.raises(ClientError) as raised:
        lambda_.create(Code={"ZipFile": bytes(52_428_801)})
    assert refusal(raised) == ("RequestEntityTooLargeException", "Zipped size must be smaller than 52428800 bytes")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_a_function_is_read_by_every_form_of_its_name(lambda_: LambdaClient) -> None:
    name = lambda_.create_function()
    for form in (name, lambda_.arn_of(name), f"{lambda_.account}:function:{name}"):
        read = lambda_.client.get_function(FunctionName=form)["Configuration"]
        assert read["FunctionArn"] == lambda_.arn_of(name)
    latest = lambda_.client.get_function(FunctionName=name, Qualifier="$LATEST")["Configuration"]
    assert latest["FunctionArn"] == f"{lambda_.arn_of(name)}:$LATEST"


def test_names_that_mean_nothing_here_are_told_in_awss_words(lambda_: LambdaClient) -> None:
    name = lambda_.create_function()
    not_found = lambda_.client.exceptions.ResourceNotFoundException
    with pytest.raises(not_found, match=f"Function not found: {lambda_.arn_of('nothing')}$"):
        lambda_.client.get_function(FunctionName="nothing")
    with pytest.raises(not_found, match=f"Function not found: {lambda_.arn_of(name)}:7$"):
        lambda_.client.get_function_configuration(FunctionName=name, Qualifier="7")
    with pytest.raises(not_found, match=r"Functions from 'eu-west-1' are not reachable in this region \('us-east-1'\)"):
        lambda_.client.get_function(FunctionName=lambda_.arn_of(name).replace("us-east-1", "eu-west-1"))
    with pytest.raises(lambda_.client.exceptions.InvalidParameterValueException, match="The derived qualifier"):
        lambda_.client.get_function(FunctionName=f"{name}:1", Qualifier="2")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        lambda_.client.get_function(FunctionName=lambda_.arn_of(name).replace(lambda_.account, "999999999999"))


def test_the_code_can_be_downloaded_as_it_was_uploaded_for_a_while(lambda_: LambdaClient) -> None:
    name = lambda_.create_function(Tags={"a": "1"})
    answer = lambda_.client.get_function(FunctionName=name)
    assert answer["Code"]["RepositoryType"] == "S3"
    assert answer["Tags"] == {"a": "1"}
    location = answer["Code"]["Location"]
    assert "X-Amz-Expires=600" in location
    download = lambda_.fetch(location)
    assert (download.status_code, download.content) == (200, zip_of())
    assert lambda_.fetch(location.replace("X-Amz-Expires=600", "X-Amz-Expires=601")).status_code == 403
    assert lambda_.fetch(location.partition("?")[0]).status_code == 403
    lambda_.client.update_function_code(FunctionName=name, ZipFile=OTHER)
    assert lambda_.fetch(location).status_code == 404


def test_a_function_without_tags_answers_none(lambda_: LambdaClient) -> None:
    assert "Tags" not in lambda_.client.get_function(FunctionName=lambda_.create_function())


def test_lists_leave_states_out_and_go_on_in_pages(lambda_: LambdaClient) -> None:
    made = {lambda_.create_function() for _ in range(3)}
    pages = list(lambda_.client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
    listed = [function for page in pages for function in page["Functions"]]
    assert made <= {function["FunctionName"] for function in listed}
    left_out = {"State", "StateReason", "StateReasonCode", "LastUpdateStatus", "RuntimeVersionConfig"}
    assert not left_out.intersection(*map(set, listed))
    versions = lambda_.client.list_functions(FunctionVersion="ALL", MaxItems=1)["Functions"]
    assert versions[0]["FunctionArn"].endswith(":$LATEST")


def test_a_deleted_function_is_gone(lambda_: LambdaClient) -> None:
    name = lambda_.create_function()
    answer = lambda_.client.delete_function(FunctionName=name)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(lambda_.client.exceptions.ResourceNotFoundException):
        lambda_.client.delete_function(FunctionName=name)


def test_a_revision_that_is_not_the_latest_is_refused(lambda_: LambdaClient) -> None:
    name = lambda_.create_function()
    revision = lambda_.client.get_function_configuration(FunctionName=name)["RevisionId"]
    lambda_.client.update_function_code(FunctionName=name, ZipFile=OTHER, RevisionId=revision)
    for call, members in (
        (lambda_.client.update_function_code, {"ZipFile": OTHER}),
        (lambda_.client.update_function_configuration, {}),
    ):
        with pytest.raises(lambda_.client.exceptions.PreconditionFailedException) as raised:
            call(FunctionName=name, RevisionId=revision, **members)
        assert refusal(raised)[1] == (
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
        )


def test_a_dry_run_answers_the_candidate_and_stores_nothing(lambda_: LambdaClient) -> None:
    name = lambda_.create_function()
    answer = lambda_.client.update_function_code(FunctionName=name, ZipFile=OTHER, DryRun=True, RevisionId="any")
    assert answer["CodeSha256"] == base64.b64encode(hashlib.sha256(OTHER).digest()).decode()
    assert (answer["State"], answer["StateReasonCode"]) == ("Pending", "Restoring")
    assert lambda_.client.get_function_configuration(FunctionName=name)["CodeSize"] == len(zip_of())
    with pytest.raises(
        lambda_.client.exceptions.InvalidParameterValueException,
        match="Publish and DryRun are mutually exclusive parameters",
    ):
        lambda_.client.update_function_code(FunctionName=name, ZipFile=OTHER, DryRun=True, Publish=True)


def test_other_sources_for_new_code_are_refused(lambda_: LambdaClient) -> None:
    name = lambda_.create_function()
    invalid = lambda_.client.exceptions.InvalidParameterValueException
    with pytest.raises(invalid, match="Please don't provide ImageUri when updating a function with packageType Zip"):
        lambda_.client.update_function_code(FunctionName=name, ImageUri="a")
    with pytest.raises(invalid, match="S3ObjectStorageMode REFERENCE is not supported"):
        lambda_.client.update_function_code(
            FunctionName=name, S3Bucket="bucket", S3Key="key", S3ObjectStorageMode="REFERENCE"
        )
    for members in (
        {"PublishTo": "LATEST_PUBLISHED"},
        {"SourceKMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1"},
    ):
        said = f"The member {next(iter(members))} is not supported by this server for UpdateFunctionCode."
        with pytest.raises(invalid, match=re.escape(said)):
            lambda_.client.update_function_code(FunctionName=name, ZipFile=OTHER, **members)


def test_functions_have_tags(lambda_: LambdaClient) -> None:
    arn = lambda_.arn_of(lambda_.create_function(Tags={"team": "a"}))
    lambda_.client.tag_resource(Resource=arn, Tags={"stage": "b"})
    lambda_.client.untag_resource(Resource=arn, TagKeys=["team", "none"])
    assert lambda_.client.list_tags(Resource=arn)["Tags"] == {"stage": "b"}
    invalid = lambda_.client.exceptions.InvalidParameterValueException
    with pytest.raises(invalid, match="Tags on function aliases and versions are not supported"):
        lambda_.client.list_tags(Resource=f"{arn}:1")
    with pytest.raises(invalid, match="An error occurred and the request cannot be processed"):
        lambda_.client.tag_resource(Resource=arn, Tags={})
    with pytest.raises(invalid, match="sealgate:sandbox"):
        lambda_.client.tag_resource(Resource=arn, Tags={"sealgate:sandbox": "off"})
    with pytest.raises(invalid, match="must be one of none, host, not 'open'"):
        lambda_.client.tag_resource(Resource=arn, Tags={"sealgate:network": "open"})
    lambda_.client.tag_resource(Resource=arn, Tags={"sealgate:network": "host"})
    with pytest.raises(invalid, match="event-source-mapping"):
        lambda_.client.list_tags(
            Resource=f"arn:aws:lambda:us-east-1:{lambda_.account}:event-source-mapping:"
            "00000000-0000-0000-0000-000000000000"
        )


def test_a_config_is_attached_by_the_tutorials_command_and_named_from_then_on(lambda_: LambdaClient) -> None:
    config = lambda_.client.create_code_signing_config(AllowedPublishers=PUBLISHERS)["CodeSigningConfig"]
    arn = config["CodeSigningConfigArn"]
    name = lambda_.create_function()
    client = lambda_.with_overlay()
    answer = client.update_function_configuration(FunctionName=name, CodeSigningConfigArn=arn)
    assert answer["CodeSigningConfigArn"] == arn
    assert client.get_function(FunctionName=name)["Configuration"]["CodeSigningConfigArn"] == arn
    assert lambda_.client.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == arn


def test_a_strict_server_takes_and_tells_no_config_there(strict_lambda: LambdaClient) -> None:
    config = strict_lambda.client.create_code_signing_config(AllowedPublishers=PUBLISHERS)["CodeSigningConfig"]
    arn = config["CodeSigningConfigArn"]
    name = strict_lambda.create_function()
    client = strict_lambda.with_overlay()
    with pytest.raises(client.exceptions.InvalidParameterValueException, match=r"(?i)codeSigningConfigArn"):
        client.update_function_configuration(FunctionName=name, CodeSigningConfigArn=arn)
    client.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=arn)
    assert "CodeSigningConfigArn" not in client.get_function_configuration(FunctionName=name)


def test_unknown_operations_and_members_are_refused_by_name(lambda_: LambdaClient) -> None:
    name = lambda_.create_function()
    with pytest.raises(ClientError) as raised:
        lambda_.client.create_function_url_config(FunctionName=name, AuthType="NONE")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "CreateFunctionUrlConfig" in refusal(raised)[1]
    body = json.dumps({"Timeout": 5, "Sandbox": "off"}).encode()
    answer = lambda_.send("PUT", f"/2015-03-31/functions/{name}/configuration", body)
    assert (answer.status_code, b"sandbox" in answer.content.lower()) == (400, True)
    assert lambda_.client.get_function_configuration(FunctionName=name)["Timeout"] == 3
