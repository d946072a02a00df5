"""What operations declare that they need: that it exists, and what it reads of a request."""

from typing import Any

import pytest

from scripts.document import render
from sealgate.aws.actions import RENAMED
from sealgate.aws.apis import APIS
from sealgate.aws.model import load_model
from sealgate.aws.operation import Api
from sealgate.aws.permissions import Permission
from sealgate.aws.resources import parse_template

WITHOUT_OPERATION = frozenset(
    {
        "iam:PassRole",  # asked about wherever a role is given to a service
        "s3:DeleteObjectVersion",  # the operation without `Version`, on a version that is named
        "s3:DeleteObjectVersionTagging",
        "s3:GetObjectVersion",
        "s3:GetObjectVersionTagging",
        "s3:PutObjectVersionTagging",
        "cloudformation:GetResource",  # of Cloud Control's operation of that name
        "sts:SetSourceIdentity",  # of AssumeRole, where a source identity is given
        "sts:TagSession",  # of AssumeRole, where tags are given
    }
)
"""Actions of the Service Authorization Reference that no operation is named for."""


def actions_of(api: Api) -> set[str]:
    return {permission.action for _, binding in api.bound for permission in binding.permissions}


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.service)
def test_every_action_that_is_asked_about_is_one_of_its_service(api: Api) -> None:
    for action in actions_of(api):
        service, _, name = action.partition(":")
        operations = set(load_model(service).operation_names)
        renamed = {new for (owner, _), new in RENAMED.items() if owner == service}
        assert name in operations | renamed or action in WITHOUT_OPERATION, action


def test_no_action_is_explained_in_vain() -> None:
    asked = {action for api in APIS for action in actions_of(api)}
    assert not {action for action in WITHOUT_OPERATION if not action.startswith("sts:")} - asked
    for service, operation in RENAMED:
        bound = {each.name for api in APIS if api.service == service for each, _ in api.bound}
        assert operation in bound, operation


def test_every_bound_operation_has_its_row_with_all_that_it_needs() -> None:
    rows = render().splitlines()
    for api in APIS:
        for operation, binding in api.bound:
            row = [line for line in rows if line.startswith(f"| {operation.name} | {operation.method} ")]
            assert row, operation.name
            assert binding.permissions, operation.name
            assert all(any(permission.action in line for line in row) for permission in binding.permissions)


def wanted(arguments: dict[str, Any], **declared: Any) -> Any:
    permission = Permission(action="s3:PutObject", resource=parse_template("s3", "{bucket}/{key}"), **declared)
    return permission.find_wanted(arguments, region="us-east-1", account="111122223333")


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ("team=red&empty=", ("team", "empty")),
        ([{"Key": "team", "Value": "red"}], ("team",)),
        ({"team": "red"}, ("team",)),
    ],
)
def test_tags_of_an_object_are_read_in_each_of_their_forms(given: Any, keys: tuple[str, ...]) -> None:
    context = wanted({"bucket": "b", "key": "k", "tagging": given}, object_tags="tagging").context
    assert context["s3:requestobjecttagkeys"] == keys
    assert context["s3:requestobjecttag/team"] == ("red",)


def test_a_denial_names_the_members_as_they_are() -> None:
    found = wanted({"bucket": "{key}", "key": "a{b}\\1"}, denial="may not read {bucket}/{key}: ")
    assert found.denial == "may not read {key}/a{b}\\1: "
    assert found.resource == "arn:aws:s3:::{key}/a{b}\\1"


def test_a_key_that_looks_like_an_arn_is_still_a_key() -> None:
    found = wanted({"bucket": "theirs", "key": "arn:aws:s3:::mine/key"})
    assert found.resource == "arn:aws:s3:::theirs/arn:aws:s3:::mine/key"


def test_a_permission_is_needed_when_its_member_is_there_and_another_is_not() -> None:
    arguments = {"bucket": "b", "key": "k", "tagging": ""}
    assert wanted(arguments, when="tagging") is not None
    assert wanted(arguments, when="acl") is None
    assert wanted(arguments, unless="tagging") is None
