"""Aliases, through boto3 on the application without a socket."""

from collections.abc import Iterator
from typing import Any

import pytest

from sealgate.server.house import House
from tests.support.cloud import Cloud
from tests.support.lambda_cloud import create_function, open_lambda
from tests.support.refusals import error_of


@pytest.fixture(scope="module")
def cloud(house: House) -> Iterator[Cloud]:
    cloud = open_lambda(house)
    yield cloud
    cloud.root.close()


@pytest.fixture
def client(cloud: Cloud) -> Any:
    return cloud.client("lambda")


@pytest.fixture
def name(cloud: Cloud, client: Any) -> str:
    """A function with the versions 1 and 2."""
    name = str(create_function(cloud, Publish=True)["FunctionName"])
    client.update_function_configuration(FunctionName=name, Timeout=9)
    client.publish_version(FunctionName=name)
    return name


def refused(client: Any, operation: str, **members: Any) -> tuple[str, int, str]:
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, operation)(**members)
    return error_of(caught)


def test_an_alias_is_what_it_was_made_as_until_it_is_changed(client: Any, name: str) -> None:
    made = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert made.pop("ResponseMetadata")["HTTPStatusCode"] == 201
    arn = client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    assert made == {
        "AliasArn": f"{arn}:live",
        "Name": "live",
        "FunctionVersion": "1",
        "Description": "",
        "RevisionId": made["RevisionId"],
    }
    weights = {"AdditionalVersionWeights": {"1": 0.125}}
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2", Description="d", RoutingConfig=weights)
    read = client.get_alias(FunctionName=name, Name="live")
    assert (read["FunctionVersion"], read["Description"], read["RoutingConfig"]) == ("2", "d", weights)
    assert read["RevisionId"] != made["RevisionId"]
    kept = client.update_alias(FunctionName=name, Name="live")
    assert (kept["RoutingConfig"], kept["Description"]) == (weights, "d")
    empty: list[dict[str, Any]] = [{}, {"AdditionalVersionWeights": {}}]
    for nothing in empty:
        client.update_alias(FunctionName=name, Name="live", RoutingConfig=weights)
        assert "RoutingConfig" not in client.update_alias(FunctionName=name, Name="live", RoutingConfig=nothing)


def test_reads_by_an_alias_show_its_version_under_its_name(client: Any, name: str) -> None:
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for read in (
        client.get_function_configuration(FunctionName=f"{name}:live"),
        client.get_function(FunctionName=name, Qualifier="live")["Configuration"],
    ):
        assert (read["Version"], read["Timeout"]) == ("1", 3)
        assert read["FunctionArn"].endswith(f":{name}:live")
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert client.get_function_configuration(FunctionName=f"{name}:live")["Timeout"] == 9


def test_an_alias_may_point_to_the_latest(client: Any, name: str) -> None:
    assert client.create_alias(FunctionName=name, Name="dev", FunctionVersion="$LATEST")["FunctionVersion"] == "$LATEST"
    weights = {"AdditionalVersionWeights": {"1": 0.5}}
    assert refused(client, "update_alias", FunctionName=name, Name="dev", RoutingConfig=weights)[2] == (
        "$LATEST is not supported for an alias pointing to more than 1 version"
    )


@pytest.mark.parametrize(
    ("weights", "code", "text"),
    [
        ({"1": 0.5}, "InvalidParameterValueException", "Function version 1 is already included in routing"),
        ({"2": 0.1, "3": 0.1}, "InvalidParameterValueException", "cannot be greater than 1"),
        ({"7": 0.5}, "ResourceNotFoundException", ":7"),
        ({"2": 1.5}, "ValidationException", "less than or equal to 1"),
        ({"$LATEST": 0.5}, "ValidationException", "regular expression pattern"),
    ],
)
def test_a_routing_that_cannot_be_is_refused(
    client: Any, name: str, weights: dict[str, float], code: str, text: str
) -> None:
    found = refused(
        client,
        "create_alias",
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": weights},
    )
    assert found[0] == code
    assert text in found[2]
    assert client.list_aliases(FunctionName=name)["Aliases"] == []


def test_a_name_is_taken_once_and_is_no_number(client: Any, name: str) -> None:
    alias = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")["AliasArn"]
    again = refused(client, "create_alias", FunctionName=name, Name="live", FunctionVersion="2")
    assert again == ("ResourceConflictException", 409, f"Alias already exists: {alias}")
    assert refused(client, "create_alias", FunctionName=name, Name="7", FunctionVersion="1")[0] == "ValidationException"


def test_what_is_not_there_is_told_in_awss_words(client: Any, name: str) -> None:
    arn = client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    no_alias = ("ResourceNotFoundException", 404, f"Cannot find alias arn: {arn}:live")
    assert refused(client, "get_alias", FunctionName=name, Name="live") == no_alias
    assert refused(client, "update_alias", FunctionName=name, Name="live") == no_alias
    no_version = refused(client, "create_alias", FunctionName=name, Name="live", FunctionVersion="9")
    assert no_version == ("ResourceNotFoundException", 404, f"Function not found: {arn}:9")
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert refused(client, "update_alias", FunctionName=name, Name="live", FunctionVersion="9") == no_version
    for operation in ("list_aliases", "list_versions_by_function"):
        assert refused(client, operation, FunctionName="nothing")[2].startswith("Function not found: ")


def test_a_revision_must_be_the_latest(client: Any, name: str) -> None:
    made = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RevisionId=made["RevisionId"])
    stale = refused(client, "update_alias", FunctionName=name, Name="live", RevisionId=made["RevisionId"])
    assert stale[:2] == ("PreconditionFailedException", 412)
    client.add_permission(
        FunctionName=name, Qualifier="live", StatementId="s", Action="lambda:InvokeFunction", Principal="*"
    )
    current = client.get_alias(FunctionName=name, Name="live")["RevisionId"]
    assert client.get_policy(FunctionName=name, Qualifier="live")["RevisionId"] == current


def test_aliases_are_listed_by_name_and_by_version(client: Any, name: str) -> None:
    for alias, version in (("c", "1"), ("a", "2"), ("b", "1")):
        client.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    pages = client.get_paginator("list_aliases").paginate(FunctionName=name, PaginationConfig={"PageSize": 2})
    assert [alias["Name"] for page in pages for alias in page["Aliases"]] == ["a", "b", "c"]
    pages = client.get_paginator("list_aliases").paginate(
        FunctionName=name, FunctionVersion="1", PaginationConfig={"PageSize": 1}
    )
    assert [alias["Name"] for page in pages for alias in page["Aliases"]] == ["b", "c"]


def test_a_deleted_alias_takes_its_policy_along(client: Any, name: str) -> None:
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.add_permission(
        FunctionName=name, Qualifier="live", StatementId="s", Action="lambda:InvokeFunction", Principal="*"
    )
    for _ in range(2):
        answer = client.delete_alias(FunctionName=name, Name="live")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert refused(client, "get_policy", FunctionName=name, Qualifier="live")[0] == "ResourceNotFoundException"
