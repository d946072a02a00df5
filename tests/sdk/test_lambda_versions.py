"""Versions and qualifiers, through boto3 on the application without a socket."""

import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from sealgate.server.house import House
from tests.support.cloud import Cloud
from tests.support.lambda_cloud import code, create_function, open_lambda
from tests.support.refusals import error_of

OTHER_HASH = (
    "CodeSHA256 (nothing) is different from current CodeSHA256 in $LATEST ({}). "
    "Please try again with the CodeSHA256 in $LATEST."
)
STALE = "The Revision Id provided does not match the latest Revision Id"


@pytest.fixture(scope="module")
def cloud(house: House) -> Iterator[Cloud]:
    cloud = open_lambda(house)
    yield cloud
    cloud.root.close()


@pytest.fixture
def client(cloud: Cloud) -> Any:
    return cloud.client("lambda")


@pytest.fixture
def name(cloud: Cloud) -> str:
    return str(create_function(cloud)["FunctionName"])


def refused(client: Any, operation: str, **members: Any) -> tuple[str, int, str]:
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, operation)(**members)
    return error_of(caught)


def test_a_published_version_is_what_was_deployed_then(client: Any, name: str) -> None:
    before = client.get_function_configuration(FunctionName=name)
    version = client.publish_version(FunctionName=name, Description="first")
    assert version["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (version["Version"], version["FunctionArn"]) == ("1", f"{before['FunctionArn']}:1")
    assert (version["State"], version["StateReasonCode"]) == ("Pending", "Creating")
    assert "LastUpdateStatus" not in version
    client.update_function_configuration(FunctionName=name, Timeout=9)
    client.update_function_code(FunctionName=name, ZipFile=code("second"))
    read = client.get_function_configuration(FunctionName=f"{name}:1")
    assert (read["State"], read["Timeout"], read["Description"]) == ("Active", 3, "first")
    assert read["CodeSha256"] == before["CodeSha256"]
    assert client.get_function_configuration(FunctionName=name)["CodeSha256"] != before["CodeSha256"]


def test_the_waiter_for_versions_ends_at_once(client: Any, name: str) -> None:
    client.publish_version(FunctionName=name)
    waiter = client.get_waiter("published_version_active")
    waiter.wait(FunctionName=name, Qualifier="1", WaiterConfig={"Delay": 0, "MaxAttempts": 1})


def test_where_nothing_has_changed_the_newest_version_is_answered(client: Any, name: str) -> None:
    client.publish_version(FunctionName=name, Description="first")
    again = client.publish_version(FunctionName=name, Description="other")
    assert (again["Version"], again["Description"], again["State"]) == ("1", "first", "Active")
    client.update_function_configuration(FunctionName=name, Timeout=9)
    assert client.publish_version(FunctionName=name)["Version"] == "2"
    client.update_function_configuration(FunctionName=name, Timeout=3)
    assert client.publish_version(FunctionName=name)["Version"] == "3"


def test_publishing_changes_the_revision_and_asks_for_hash_and_revision(client: Any, name: str) -> None:
    seen = client.get_function_configuration(FunctionName=name)
    assert refused(client, "publish_version", FunctionName=name, RevisionId="other")[:2] == (
        "PreconditionFailedException",
        412,
    )
    other = code("other")
    assert refused(client, "publish_version", FunctionName=name, CodeSha256="nothing") == (
        "InvalidParameterValueException",
        400,
        OTHER_HASH.format(seen["CodeSha256"]),
    )
    client.publish_version(FunctionName=name, RevisionId=seen["RevisionId"], CodeSha256=seen["CodeSha256"])
    stale = refused(client, "update_function_code", FunctionName=name, ZipFile=other, RevisionId=seen["RevisionId"])
    assert stale[2].startswith(STALE)


def test_a_function_can_be_published_as_it_is_created_and_updated(cloud: Cloud, client: Any) -> None:
    created = create_function(cloud, Publish=True, Tags={"team": "a"})
    name = created["FunctionName"]
    assert (created["Version"], created["FunctionArn"].rpartition(":")[2], created["State"]) == ("1", name, "Pending")
    updated = client.update_function_code(FunctionName=name, ZipFile=code("second"), Publish=True)
    assert (updated["Version"], updated["State"]) == ("2", "Pending")
    assert updated["FunctionArn"].endswith(f":{name}:2")
    same = client.update_function_code(FunctionName=name, ZipFile=code("second"), Publish=True)
    assert (same["Version"], same["State"], same["LastUpdateStatus"]) == ("2", "Active", "Successful")
    assert client.get_function(FunctionName=name, Qualifier="1")["Tags"] == {"team": "a"}


def test_versions_are_listed_the_oldest_first_in_pages(client: Any, name: str) -> None:
    for number in range(11):
        client.update_function_configuration(FunctionName=name, Timeout=number + 10)
        client.publish_version(FunctionName=name)
    pages = client.get_paginator("list_versions_by_function").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 5}
    )
    versions = [version for page in pages for version in page["Versions"]]
    assert [each["Version"] for each in versions] == ["$LATEST", *map(str, range(1, 12))]
    assert all(each["FunctionArn"].endswith(f":{name}:{each['Version']}") for each in versions)
    assert "State" not in versions[0]


def test_all_versions_of_all_functions_are_listed_by_name(cloud: Cloud) -> None:
    other = cloud.other()
    client = other.client("lambda")
    for name in ("b", "a"):
        create_function(other, FunctionName=name, Publish=True)
    pages = client.get_paginator("list_functions").paginate(FunctionVersion="ALL", PaginationConfig={"PageSize": 3})
    found = [function["FunctionArn"].split(":")[-2:] for page in pages for function in page["Functions"]]
    assert found == [["a", "$LATEST"], ["a", "1"], ["b", "$LATEST"], ["b", "1"]]
    assert [each["Version"] for each in client.list_functions()["Functions"]] == ["$LATEST", "$LATEST"]


def test_the_link_to_a_versions_code_is_to_that_of_the_version(cloud: Cloud, client: Any, name: str) -> None:
    old = client.get_function(FunctionName=name)["Configuration"]["CodeSize"]
    client.publish_version(FunctionName=name)
    client.update_function_code(FunctionName=name, ZipFile=code("second" * 99))
    for form in ({"FunctionName": f"{name}:1"}, {"FunctionName": name, "Qualifier": "1"}):
        found = client.get_function(**form)
        link = urlsplit(urllib.request.Request(found["Code"]["Location"]).full_url)  # noqa: S310 - it is not opened
        answer = cloud.root.send("GET", f"{link.path}?{link.query}", [("host", link.netloc)])
        assert (answer.status, len(answer.body)) == (200, old)


def test_qualifiers_must_agree_and_name_what_is_there(client: Any, name: str) -> None:
    client.publish_version(FunctionName=name)
    for operation in ("get_function", "get_function_configuration"):
        assert refused(client, operation, FunctionName=f"{name}:1", Qualifier="2")[2] == (
            "The derived qualifier from the function name does not match the specified qualifier."
        )
        code_, status, text = refused(client, operation, FunctionName=name, Qualifier="2")
        assert (code_, status) == ("ResourceNotFoundException", 404)
        assert text.endswith(f":function:{name}:2")
    for operation, members in (
        ("publish_version", {}),
        ("update_function_configuration", {"Timeout": 9}),
        ("update_function_code", {"ZipFile": code("second")}),
        ("put_function_concurrency", {"ReservedConcurrentExecutions": 1}),
    ):
        assert (
            "Aliases and versions do not support" in refused(client, operation, FunctionName=f"{name}:1", **members)[2]
        )


def test_a_version_is_deleted_alone_and_its_number_is_not_given_again(client: Any, name: str) -> None:
    client.publish_version(FunctionName=name)
    client.delete_function(FunctionName=name, Qualifier="1")
    assert refused(client, "delete_function", FunctionName=f"{name}:1")[0] == "ResourceNotFoundException"
    assert client.publish_version(FunctionName=name)["Version"] == "2"
    assert [each["Version"] for each in client.list_versions_by_function(FunctionName=name)["Versions"]] == [
        "$LATEST",
        "2",
    ]


def test_a_version_stays_while_an_alias_points_to_it(client: Any, name: str) -> None:
    for timeout in (10, 11, 12):
        client.update_function_configuration(FunctionName=name, Timeout=timeout)
        client.publish_version(FunctionName=name)
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)
    for version in ("1", "2"):
        assert refused(client, "delete_function", FunctionName=name, Qualifier=version) == (
            "ResourceConflictException",
            409,
            "Unable to delete version because the following aliases reference it: [live]",
        )
    client.delete_function(FunctionName=name, Qualifier="3")
    assert "DeleteAlias" in refused(client, "delete_function", FunctionName=name, Qualifier="live")[2]
    assert "$LATEST" in refused(client, "delete_function", FunctionName=name, Qualifier="$LATEST")[2]


def test_a_function_of_an_old_name_has_nothing_of_the_one_before(cloud: Cloud, client: Any, name: str) -> None:
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for qualifier in ({}, {"Qualifier": "1"}, {"Qualifier": "live"}):
        client.add_permission(
            FunctionName=name, StatementId="s", Action="lambda:GetFunction", Principal="*", **qualifier
        )
    client.delete_function(FunctionName=name)
    create_function(cloud, FunctionName=name)
    assert len(client.list_versions_by_function(FunctionName=name)["Versions"]) == 1
    assert client.list_aliases(FunctionName=name)["Aliases"] == []
    assert refused(client, "get_policy", FunctionName=name)[0] == "ResourceNotFoundException"
    client.publish_version(FunctionName=name)
    assert refused(client, "get_policy", FunctionName=name, Qualifier="1")[0] == "ResourceNotFoundException"
