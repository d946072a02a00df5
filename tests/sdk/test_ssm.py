"""Parameters of Systems Manager, through boto3 on the application without a socket."""

from collections.abc import Iterator
from typing import Any

import pytest

from sealgate.aws.api.iam import iam as iam_api
from sealgate.aws.api.ssm import ssm as ssm_api
from sealgate.server.house import House
from tests.support.cloud import Cloud, open_cloud
from tests.support.iam import document
from tests.support.refusals import error_of

BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"


@pytest.fixture(scope="module")
def first(house: House) -> Iterator[Cloud]:
    cloud = open_cloud(house, [ssm_api, iam_api])
    yield cloud
    cloud.root.close()


@pytest.fixture
def cloud(first: Cloud) -> Cloud:
    """An account without parameters."""
    return first.other()


@pytest.fixture
def ssm(cloud: Cloud) -> Any:
    return cloud.client("ssm")


def refused(client: Any, operation: str, **members: Any) -> tuple[str, int, str]:
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, operation)(**members)
    return error_of(caught)


def put(ssm: Any, name: str, value: str = "1", **more: Any) -> Any:
    return ssm.put_parameter(Name=name, Value=value, **{"Type": "String", **more})


def test_a_parameter_is_put_and_read_back_by_name_version_and_arn(cloud: Cloud, ssm: Any) -> None:
    made = put(ssm, BOOTSTRAP, "21", Description="of the toolkit")
    arn = f"arn:aws:ssm:us-east-1:{cloud.account}:parameter{BOOTSTRAP}"
    assert (made["Version"], made["Tier"]) == (1, "Standard")
    found = ssm.get_parameter(Name=BOOTSTRAP)["Parameter"]
    assert {name: found[name] for name in ("Name", "Type", "Value", "Version", "ARN", "DataType")} == {
        "Name": BOOTSTRAP,
        "Type": "String",
        "Value": "21",
        "Version": 1,
        "ARN": arn,
        "DataType": "text",
    }
    assert ssm.get_parameter(Name=f"{BOOTSTRAP}:1")["Parameter"]["Selector"] == ":1"
    assert ssm.get_parameter(Name=arn)["Parameter"]["Value"] == "21"


def test_a_value_is_overwritten_only_where_that_is_said(ssm: Any) -> None:
    put(ssm, "mode", "a", Description="kept")
    assert refused(ssm, "put_parameter", Name="mode", Value="b")[0] == "ParameterAlreadyExists"
    assert ssm.put_parameter(Name="mode", Value="b", Overwrite=True)["Version"] == 2
    (told,) = ssm.describe_parameters()["Parameters"]
    assert (told["Version"], told["Description"]) == (2, "kept")
    assert refused(ssm, "get_parameter", Name="mode:1")[0] == "ParameterVersionNotFound"
    assert refused(ssm, "put_parameter", Name="mode", Value="b", Type="StringList", Overwrite=True)[0] == (
        "HierarchyTypeMismatchException"
    )


def test_several_are_read_at_once_and_what_is_missing_is_named(ssm: Any) -> None:
    put(ssm, "/a/b", "x,y", Type="StringList")
    answer = ssm.get_parameters(Names=["/a/b", "/a/c"])
    assert [each["Value"] for each in answer["Parameters"]] == ["x,y"]
    assert answer["InvalidParameters"] == ["/a/c"]


def test_a_deleted_parameter_is_gone(ssm: Any) -> None:
    put(ssm, "gone")
    ssm.delete_parameter(Name="gone")
    assert refused(ssm, "get_parameter", Name="gone")[:2] == ("ParameterNotFound", 400)
    assert refused(ssm, "delete_parameter", Name="gone")[:2] == ("ParameterNotFound", 400)


def test_lists_are_filtered_and_come_in_pages(ssm: Any) -> None:
    for name in ("/a/1", "/a/2", "/b/1"):
        put(ssm, name)
    put(ssm, "/a/3", Type="StringList")
    begins = {"Key": "Name", "Option": "BeginsWith", "Values": ["/a/"]}
    texts = {"Key": "Type", "Values": ["String"]}
    pages = ssm.get_paginator("describe_parameters").paginate(ParameterFilters=[begins, texts], MaxResults=1)
    assert [each["Name"] for page in pages for each in page["Parameters"]] == ["/a/1", "/a/2"]
    assert refused(ssm, "describe_parameters", ParameterFilters=[{"Key": "KeyId", "Values": ["a"]}])[0] == (
        "InvalidFilterKey"
    )
    assert refused(ssm, "describe_parameters", NextToken="made up")[0] == "InvalidNextToken"


def test_tags_come_and_go(ssm: Any) -> None:
    put(ssm, "tagged", Tags=[{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "1"}])
    where = {"ResourceType": "Parameter", "ResourceId": "tagged"}
    ssm.add_tags_to_resource(**where, Tags=[{"Key": "team", "Value": "b"}])
    ssm.remove_tags_from_resource(**where, TagKeys=["old", "never"])
    assert ssm.list_tags_for_resource(**where)["TagList"] == [{"Key": "team", "Value": "b"}]
    assert refused(ssm, "list_tags_for_resource", **{**where, "ResourceId": "none"})[0] == "InvalidResourceId"
    assert refused(ssm, "list_tags_for_resource", **{**where, "ResourceType": "Document"})[0] == "ValidationException"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"Type": "SecureString"}, "Type SecureString is not supported"),
        ({"Type": None}, "A parameter type is required when you create a parameter."),
        ({"Value": "x" * 4097}, "a maximum parameter value of 4096 characters"),
        ({"Tier": "Advanced"}, "Tier Advanced is not supported"),
        ({"DataType": "aws:ec2:image"}, "DataType aws:ec2:image is not supported"),
        ({"AllowedPattern": ".*"}, "AllowedPattern"),
        ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, "kept for AWS"),
        ({"Overwrite": True, "Tags": [{"Key": "x", "Value": "y"}]}, "tags and overwrite can't be used together"),
        ({"Name": "a/b"}, "Parameter name must be a fully qualified name."),
        ({"Name": "/a//b"}, "If formed as a path"),
        ({"Name": "ssm-x"}, "can't be prefixed"),
        ({"Name": "/" + "a/" * 15 + "a"}, "a maximum of 15 levels"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(ssm: Any, members: dict[str, Any], said: str) -> None:
    given = {"Name": "new", "Value": "1", "Type": "String", **members}
    code, status, message = refused(
        ssm, "put_parameter", **{name: value for name, value in given.items() if value is not None}
    )
    assert (code, status) == ("ValidationException", 400)
    assert said in message


def test_names_of_awss_own_are_denied(ssm: Any) -> None:
    assert refused(ssm, "put_parameter", Name="/aws/x", Value="1", Type="String")[0] == "AccessDeniedException"


def test_a_user_reads_what_its_policy_names_and_nothing_else(cloud: Cloud, ssm: Any) -> None:
    put(ssm, "/app/a")
    put(ssm, "/other", Tags=[{"Key": "team", "Value": "red"}])
    resource = f"arn:aws:ssm:us-east-1:{cloud.account}:parameter/app/*"
    allowed = {"Effect": "Allow", "Action": ["ssm:GetParameter", "ssm:GetParameters"], "Resource": resource}
    client = cloud.user("reader", document(allowed)).client("ssm")
    assert client.get_parameter(Name="/app/a")["Parameter"]["Value"] == "1"
    assert refused(client, "get_parameter", Name="/other")[:2] == ("AccessDeniedException", 400)
    assert refused(client, "get_parameters", Names=["/app/a", "/other"])[0] == "AccessDeniedException"


def test_a_policy_can_ask_for_a_parameters_tags(cloud: Cloud, ssm: Any) -> None:
    put(ssm, "/red", Tags=[{"Key": "team", "Value": "red"}])
    put(ssm, "/blue", Tags=[{"Key": "team", "Value": "blue"}])
    condition = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    allowed = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*", "Condition": condition}
    client = cloud.user("red", document(allowed)).client("ssm")
    assert client.get_parameter(Name="/red")["Parameter"]["Name"] == "/red"
    assert refused(client, "get_parameter", Name="/blue")[0] == "AccessDeniedException"
