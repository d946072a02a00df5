"""What belongs to functions: layers, versions, aliases, permissions, retries."""

import json
from typing import Any

import pytest

from sealgate.services.stacks.operations import OperationRefused
from sealgate.services.stacks.resource import HandlerFailed
from tests.support.deployment import zip_of
from tests.support.resources import Resource, Stack
from tests.support.running import PYTHON

LAYER = "AWS::Lambda::LayerVersion"


@pytest.fixture
def content(stack: Stack) -> dict[str, str]:
    """A package in a bucket, as Content names it."""
    bucket = f"code-{stack.cloud.account}"
    stack.client("s3").create_bucket(Bucket=bucket)
    stack.client("s3").put_object(Bucket=bucket, Key="layer.zip", Body=zip_of())
    return {"S3Bucket": bucket, "S3Key": "layer.zip"}


@pytest.fixture
def function(stack: Stack) -> Resource:
    return stack.make(
        "AWS::Lambda::Function",
        "Function",
        Code={"ZipFile": "# one\n"},
        Handler="index.handler",
        Role=f"arn:aws:iam::{stack.cloud.account}:role/runner",
        Runtime=PYTHON,
    )


def test_a_layer_version_is_referred_to_by_its_arn_and_every_change_makes_another(
    stack: Stack, content: dict[str, str]
) -> None:
    layer = stack.make(LAYER, "Layer", Content=content, CompatibleRuntimes=["python3.13"], LicenseInfo="MIT")
    found = stack.client("lambda").get_layer_version_by_arn(Arn=layer.ref)
    assert layer.ref == layer.get("LayerVersionArn") == found["LayerVersionArn"]
    assert (found["CompatibleRuntimes"], found["LicenseInfo"]) == (["python3.13"], "MIT")
    assert all(each.replaces for each in layer.kind.properties.values())
    with pytest.raises(HandlerFailed, match="cannot be changed in place"):
        layer.kind.update(layer.call, layer.ref, layer.properties, layer.properties)


def test_a_deleted_layer_version_is_gone(stack: Stack, content: dict[str, str]) -> None:
    layer = stack.make(LAYER, LayerName="library", Content=content)
    assert layer.ref.endswith(":layer:library:1")
    layer.delete()
    assert stack.client("lambda").list_layer_versions(LayerName="library")["LayerVersions"] == []


def test_a_layer_version_is_shared_and_not_shared_any_more(stack: Stack, content: dict[str, str]) -> None:
    layer = stack.make(LAYER, LayerName="library", Content=content)
    shared = stack.make(
        "AWS::Lambda::LayerVersionPermission",
        Action="lambda:GetLayerVersion",
        LayerVersionArn=layer.ref,
        Principal="*",
    )
    client = stack.client("lambda")
    policy = json.loads(client.get_layer_version_policy(LayerName="library", VersionNumber=1)["Policy"])
    assert shared.ref == shared.get("Id") == f"{layer.ref}#{policy['Statement'][0]['Sid']}"
    assert shared.make_again() == shared.made
    shared.delete()
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_layer_version_policy(LayerName="library", VersionNumber=1)


def test_a_permission_on_what_is_no_layer_version_is_refused(stack: Stack) -> None:
    with pytest.raises(OperationRefused):
        stack.make(
            "AWS::Lambda::LayerVersionPermission",
            Action="lambda:GetLayerVersion",
            LayerVersionArn="arn:aws:lambda:us-east-1:123456789012:layer:library",
            Principal="*",
        )


def publish(stack: Stack, function: Resource) -> Resource:
    return stack.make("AWS::Lambda::Version", "Version", FunctionName=function.ref)


def test_a_version_is_referred_to_by_its_arn(stack: Stack, function: Resource) -> None:
    version = publish(stack, function)
    assert version.ref == version.get("FunctionArn") == f"{function.get('Arn')}:1"
    assert version.get("Version") == "1"


def test_a_version_that_is_there_already_is_somebody_elses(stack: Stack, function: Resource) -> None:
    version = publish(stack, function)
    with pytest.raises(HandlerFailed, match=r"A version for this Lambda function exists \( 1 \)"):
        version.make_again()


def test_a_version_of_no_function_is_refused_in_the_services_words(stack: Stack) -> None:
    with pytest.raises(OperationRefused, match="Function not found"):
        stack.make("AWS::Lambda::Version", FunctionName="absent")


def test_a_deleted_version_is_gone_and_its_function_stays(stack: Stack, function: Resource) -> None:
    publish(stack, function).delete()
    versions = stack.client("lambda").list_versions_by_function(FunctionName=function.ref)["Versions"]
    assert [each["Version"] for each in versions] == ["$LATEST"]


def test_an_alias_goes_from_version_to_version(stack: Stack, function: Resource) -> None:
    publish(stack, function)
    function.change(Code={"ZipFile": "# two\n"})
    publish(stack, function)
    weights = {"AdditionalVersionWeights": [{"FunctionVersion": "2", "FunctionWeight": "0.25"}]}
    alias = stack.make(
        "AWS::Lambda::Alias",
        FunctionName=function.ref,
        FunctionVersion="1",
        Name="live",
        Description="d",
        RoutingConfig=weights,
    )
    client = stack.client("lambda")
    assert alias.ref == alias.get("AliasArn") == f"{function.get('Arn')}:live"
    shown = client.get_alias(FunctionName=function.ref, Name="live")
    assert shown["RoutingConfig"]["AdditionalVersionWeights"] == {"2": 0.25}
    alias.change(FunctionVersion="2", RoutingConfig=None, Description=None)
    shown = client.get_alias(FunctionName=function.ref, Name="live")
    assert (shown["FunctionVersion"], shown["Description"]) == ("2", "")
    assert "RoutingConfig" not in shown
    assert alias.replaced_by(Name="other")
    alias.delete()
    assert client.list_aliases(FunctionName=function.ref)["Aliases"] == []


def test_a_permission_is_referred_to_by_its_statement(stack: Stack, function: Resource) -> None:
    permission = stack.make(
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName=function.get("Arn"),
        Principal="s3.amazonaws.com",
        SourceAccount=stack.cloud.account,
    )
    client = stack.client("lambda")
    (statement,) = json.loads(client.get_policy(FunctionName=function.ref)["Policy"])["Statement"]
    assert permission.ref == permission.get("Id") == statement["Sid"]
    assert permission.make_again() == permission.made
    permission.delete()
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_policy(FunctionName=function.ref)


def test_a_permission_of_a_function_that_is_gone_is_gone(stack: Stack, function: Resource) -> None:
    permission = stack.make(
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName=function.ref,
        Principal="s3.amazonaws.com",
    )
    function.delete()
    permission.delete()


def retries_of(stack: Stack, function: Resource, **properties: Any) -> Resource:
    names = {"FunctionName": function.ref, "Qualifier": "$LATEST"}
    return stack.make("AWS::Lambda::EventInvokeConfig", **names, **properties)


def test_retries_are_set_changed_and_taken_back(stack: Stack, function: Resource) -> None:
    retries = retries_of(stack, function, MaximumRetryAttempts="0", MaximumEventAgeInSeconds=60)
    assert retries.ref == f"{function.ref}|$LATEST"
    client = stack.client("lambda")
    shown = client.get_function_event_invoke_config(FunctionName=function.ref, Qualifier="$LATEST")
    assert (shown["MaximumRetryAttempts"], shown["MaximumEventAgeInSeconds"]) == (0, 60)
    retries.change(MaximumRetryAttempts=1, MaximumEventAgeInSeconds=None)
    shown = client.get_function_event_invoke_config(FunctionName=function.ref, Qualifier="$LATEST")
    assert shown["MaximumRetryAttempts"] == 1
    assert shown.get("MaximumEventAgeInSeconds") != 60
    retries.delete()
    assert client.list_function_event_invoke_configs(FunctionName=function.ref)["FunctionEventInvokeConfigs"] == []
