"""Log groups and parameters."""

import re
from typing import Any

import pytest

from sealgate.services.stacks.operations import OperationRefused
from sealgate.services.stacks.resource import HandlerFailed
from tests.support.resources import Resource, Stack

GROUP = "AWS::Logs::LogGroup"
PARAMETER = "AWS::SSM::Parameter"
TAGS = [{"Key": "team", "Value": "a"}]


def group_of(stack: Stack, group: Resource) -> Any:
    return stack.client("logs").describe_log_groups(logGroupNamePrefix=group.ref)["logGroups"][0]


def test_a_log_group_is_changed_in_place_and_back(stack: Stack) -> None:
    group = stack.make(GROUP, "Group", LogGroupName="/app", RetentionInDays="7", LogGroupClass="STANDARD", Tags=TAGS)
    assert group.ref == "/app"
    assert group.get("Arn") == group_of(stack, group)["arn"]
    assert group_of(stack, group)["retentionInDays"] == 7
    group.change(RetentionInDays=None, Tags=[{"Key": "stage", "Value": "b"}])
    assert "retentionInDays" not in group_of(stack, group)
    arn = group.get("Arn").removesuffix(":*")
    assert stack.client("logs").list_tags_for_resource(resourceArn=arn)["tags"] == {"stage": "b"}
    with pytest.raises(HandlerFailed, match="LogGroupClass INFREQUENT_ACCESS is not supported"):
        group.change(LogGroupClass="INFREQUENT_ACCESS")
    group.delete()
    assert stack.client("logs").describe_log_groups()["logGroups"] == []


def test_a_log_group_of_a_generated_name_is_found_again(stack: Stack) -> None:
    group = stack.make(GROUP, "Group")
    assert group.make_again() == group.made
    with pytest.raises(OperationRefused, match="already exists"):
        stack.make(GROUP, LogGroupName=group.ref)


def parameter_of(stack: Stack, parameter: Resource) -> Any:
    return stack.client("ssm").get_parameter(Name=parameter.ref)["Parameter"]


def test_a_parameter_is_changed_in_place_and_back(stack: Stack) -> None:
    version = "/cdk-bootstrap/hnb659fds/version"
    parameter = stack.make(PARAMETER, Name=version, Type="String", Value=21, Description="d", Tags={"team": "a"})
    assert (parameter.ref, parameter.get("Type"), parameter.get("Value")) == (version, "String", "21")
    assert parameter.get("Arn") == parameter_of(stack, parameter)["ARN"]
    parameter.change(Value="22", Description=None, Tags={"stage": "b"})
    assert parameter.get("Value") == parameter_of(stack, parameter)["Value"] == "22"
    (told,) = stack.client("ssm").describe_parameters()["Parameters"]
    assert told["Description"] == ""
    tags = stack.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=version)["TagList"]
    assert tags == [{"Key": "stage", "Value": "b"}]
    parameter.delete()
    assert stack.client("ssm").describe_parameters()["Parameters"] == []


def test_a_parameter_of_a_generated_name_is_found_again(stack: Stack) -> None:
    parameter = stack.make(PARAMETER, "Mode", Type="StringList", Value="a,b")
    assert re.fullmatch(r"CFN-Mode-[a-zA-Z0-9]{12}", parameter.ref)
    assert parameter.make_again() == parameter.made
    with pytest.raises(OperationRefused, match="already exists"):
        stack.make(PARAMETER, Name=parameter.ref, Type="String", Value="a")


def test_a_parameter_cannot_be_a_secret(stack: Stack) -> None:
    with pytest.raises(OperationRefused, match="SecureString is not supported"):
        stack.make(PARAMETER, Type="SecureString", Value="a")
