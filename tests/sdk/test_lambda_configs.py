"""Code signing configs through boto3 and a real socket."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.lambda_client import LambdaClient, refusal, running_lambda

PUBLISHER = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/app/AbCdEfGh12"
UNKNOWN = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-00000000000000000"


@pytest.fixture(scope="module")
def lambda_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaClient]:
    with running_lambda(tmp_path_factory.mktemp("server") / "data") as client:
        yield client


@pytest.fixture(scope="module")
def strict_lambda(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaClient]:
    with running_lambda(tmp_path_factory.mktemp("strict") / "data", strict_aws=True) as client:
        yield client


def create(lambda_: LambdaClient, **members: Any) -> dict[str, Any]:
    members.setdefault("AllowedPublishers", {"SigningProfileVersionArns": [PUBLISHER]})
    config: dict[str, Any] = lambda_.client.create_code_signing_config(**members)["CodeSigningConfig"]
    return config


def test_a_config_has_exactly_the_members_of_awss(lambda_: LambdaClient) -> None:
    answer = lambda_.client.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": [PUBLISHER]})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    config = answer["CodeSigningConfig"]
    assert set(config) == {
        "CodeSigningConfigId",
        "CodeSigningConfigArn",
        "AllowedPublishers",
        "CodeSigningPolicies",
        "LastModified",
    }
    assert re.fullmatch(r"csc-0[0-9a-f]{16}", config["CodeSigningConfigId"])
    assert config["CodeSigningConfigArn"].endswith(f":code-signing-config:{config['CodeSigningConfigId']}")
    assert config["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", config["LastModified"])


def test_an_empty_policies_object_keeps_the_policy_and_a_description_becomes_empty(lambda_: LambdaClient) -> None:
    arn = create(lambda_, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})["CodeSigningConfigArn"]
    updated = lambda_.client.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies={})
    config = updated["CodeSigningConfig"]
    assert config["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}
    assert config["Description"] == ""
    assert lambda_.client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == config


def test_every_member_can_be_updated(lambda_: LambdaClient) -> None:
    arn = create(lambda_, Description="first")["CodeSigningConfigArn"]
    config = lambda_.client.update_code_signing_config(
        CodeSigningConfigArn=arn,
        Description="second",
        AllowedPublishers={"SigningProfileVersionArns": ["arn:aws:signer:eu-west-1:999999999999:/signing-profiles/x"]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
    )["CodeSigningConfig"]
    assert config["Description"] == "second"
    assert config["AllowedPublishers"]["SigningProfileVersionArns"] == [
        "arn:aws:signer:eu-west-1:999999999999:/signing-profiles/x"
    ]


def test_the_tutorials_publisher_is_answered_in_awss_form(lambda_: LambdaClient) -> None:
    written = PUBLISHER.replace("/app/", "/my-app/versions/")
    config = create(lambda_, AllowedPublishers={"SigningProfileVersionArns": [written]})
    assert config["AllowedPublishers"]["SigningProfileVersionArns"] == [PUBLISHER.replace("/app/", "/my-app/")]


def test_a_client_with_the_overlay_may_write_the_tutorials_members_and_reads_awss(lambda_: LambdaClient) -> None:
    client = lambda_.with_overlay()
    made = client.create_code_signing_config(
        AllowedPublishers={"signingProfileVersionArns": [PUBLISHER]},
        CodeSigningPolicies={"untrustedArtifactOnDeployment": "Enforce"},
    )["CodeSigningConfig"]
    assert made["AllowedPublishers"] == {"SigningProfileVersionArns": [PUBLISHER]}
    assert made["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}
    changed = client.update_code_signing_config(
        CodeSigningConfigArn=made["CodeSigningConfigArn"],
        AllowedPublishers={"signingProfileVersionArns": [PUBLISHER, PUBLISHER + "x"]},
        CodeSigningPolicies={"untrustedArtifactOnDeployment": "Warn"},
    )["CodeSigningConfig"]
    assert changed["AllowedPublishers"] == {"SigningProfileVersionArns": [PUBLISHER, PUBLISHER + "x"]}
    assert changed["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}


@pytest.mark.parametrize("publishers", [[], [PUBLISHER] * 21, ["no arn"]])
def test_publishers_are_one_to_twenty_arns(lambda_: LambdaClient, publishers: list[str]) -> None:
    with pytest.raises(ClientError) as raised:
        lambda_.unchecked.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": publishers})
    code, text = refusal(raised)
    assert code == "ValidationException"
    assert text.startswith("1 validation error detected: Value")


def test_an_unknown_config_is_not_found_in_awss_words(lambda_: LambdaClient) -> None:
    text = f"The Lambda code signing configuration {UNKNOWN} can not be found."
    for call in (
        lambda_.client.get_code_signing_config,
        lambda_.client.update_code_signing_config,
        lambda_.client.delete_code_signing_config,
        lambda_.client.list_functions_by_code_signing_config,
    ):
        with pytest.raises(lambda_.client.exceptions.ResourceNotFoundException) as raised:
            call(CodeSigningConfigArn=UNKNOWN)
        assert raised.value.response["Error"]["Message"] == text
        assert raised.value.response["Message"] == text
        assert "Type" not in raised.value.response
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_function_gets_changes_and_loses_a_config(lambda_: LambdaClient) -> None:
    first, second = (create(lambda_)["CodeSigningConfigArn"] for _ in range(2))
    name = lambda_.create_function()
    assert "CodeSigningConfigArn" not in lambda_.client.get_function_code_signing_config(FunctionName=name)
    for arn in (first, second):
        answer = lambda_.client.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=arn)
        assert (answer["CodeSigningConfigArn"], answer["FunctionName"]) == (arn, name)
    assert lambda_.client.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == second
    listed = lambda_.client.list_functions_by_code_signing_config(CodeSigningConfigArn=second)
    assert listed["FunctionArns"] == [lambda_.arn_of(name)]
    assert lambda_.client.list_functions_by_code_signing_config(CodeSigningConfigArn=first)["FunctionArns"] == []
    with pytest.raises(lambda_.client.exceptions.ResourceConflictException) as raised:
        lambda_.client.delete_code_signing_config(CodeSigningConfigArn=second)
    assert refusal(raised)[1] == (
        "Lambda cannot delete the code signing configuration at this time \u2014 another operation is in progress. "
        "Try again later."
    )
    gone = lambda_.client.delete_function_code_signing_config(FunctionName=name)
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    deleted = lambda_.client.delete_code_signing_config(CodeSigningConfigArn=second)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_a_missing_config_is_told_before_a_missing_function(lambda_: LambdaClient) -> None:
    with pytest.raises(lambda_.client.exceptions.CodeSigningConfigNotFoundException) as raised:
        lambda_.client.put_function_code_signing_config(FunctionName="nothing", CodeSigningConfigArn=UNKNOWN)
    assert refusal(raised)[1] == (
        "The code signing configuration cannot be found. "
        f"Check that the provided configuration is not deleted: {UNKNOWN}."
    )
    assert raised.value.response["Type"] == "User"
    arn = create(lambda_)["CodeSigningConfigArn"]
    with pytest.raises(lambda_.client.exceptions.ResourceNotFoundException) as missing:
        lambda_.client.put_function_code_signing_config(FunctionName="nothing", CodeSigningConfigArn=arn)
    assert refusal(missing)[1] == f"Function not found: {lambda_.arn_of('nothing')}"


@pytest.mark.parametrize("name", ["nothing:$LATEST", "nothing:1", "nothing:alias"])
def test_a_qualified_name_is_refused_before_the_function_is_looked_for(lambda_: LambdaClient, name: str) -> None:
    with pytest.raises(lambda_.client.exceptions.InvalidParameterValueException):
        lambda_.client.get_function_code_signing_config(FunctionName=name)
    with pytest.raises(lambda_.client.exceptions.ResourceNotFoundException):
        lambda_.client.get_function_code_signing_config(FunctionName="nothing")


def test_configs_are_listed_in_pages(lambda_: LambdaClient) -> None:
    made = {create(lambda_)["CodeSigningConfigArn"] for _ in range(3)}
    pages = lambda_.client.get_paginator("list_code_signing_configs").paginate(PaginationConfig={"PageSize": 2})
    assert made <= {config["CodeSigningConfigArn"] for page in pages for config in page["CodeSigningConfigs"]}
    with pytest.raises(lambda_.client.exceptions.InvalidParameterValueException):
        lambda_.client.list_code_signing_configs(Marker="nonsense")


def test_a_config_has_tags(lambda_: LambdaClient) -> None:
    arn = create(lambda_, Tags={"team": "a"})["CodeSigningConfigArn"]
    lambda_.client.tag_resource(Resource=arn, Tags={"stage": "b"})
    lambda_.client.untag_resource(Resource=arn, TagKeys=["team", "none"])
    assert lambda_.client.list_tags(Resource=arn)["Tags"] == {"stage": "b"}


def test_both_paths_of_both_client_generations_are_served(lambda_: LambdaClient) -> None:
    body = json.dumps({"AllowedPublishers": {"SigningProfileVersionArns": [PUBLISHER]}}).encode()
    for path in ("/2020-04-22/code-signing-configs", "/2020-04-22/code-signing-configs/"):
        assert lambda_.send("POST", path, body).status_code == 201


def test_a_config_arn_in_the_path_may_be_encoded_or_not(lambda_: LambdaClient) -> None:
    arn = create(lambda_)["CodeSigningConfigArn"]
    for path in (arn, arn.replace(":", "%3A")):
        answer = lambda_.send("GET", f"/2020-04-22/code-signing-configs/{path}")
        assert json.loads(answer.content)["CodeSigningConfig"]["CodeSigningConfigArn"] == arn


def test_a_strict_server_keeps_publishers_as_they_were_written(strict_lambda: LambdaClient) -> None:
    written = PUBLISHER.replace("/app/", "/app/versions/")
    config = create(strict_lambda, AllowedPublishers={"SigningProfileVersionArns": [written]})
    assert config["AllowedPublishers"]["SigningProfileVersionArns"] == [written]
