"""IAM: tags of users, roles and managed policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sealgate.aws.api.iam_service import POLICY, ROLE, USER, iam
from sealgate.aws.api.iam_shapes import describe_page, describe_pairs, parse_pairs, range_of
from sealgate.aws.context import Call
from sealgate.services.iam.tags import Pair
from sealgate.services.paging import Page

Tags = Sequence[Mapping[str, str]]


@iam.operation(resource=USER, tags="tags")
def tag_user(call: Call, *, user_name: str, tags: Tags) -> None:
    """Add tags to a user, or change their values."""
    call.services.iam.tags.tag(call.scope, "user", user_name, parse_pairs(tags))


@iam.operation(resource=ROLE, tags="tags")
def tag_role(call: Call, *, role_name: str, tags: Tags) -> None:
    """Add tags to a role, or change their values."""
    call.services.iam.tags.tag(call.scope, "role", role_name, parse_pairs(tags))


@iam.operation(resource=POLICY, tags="tags")
def tag_policy(call: Call, *, policy_arn: str, tags: Tags) -> None:
    """Add tags to a managed policy, or change their values."""
    call.services.iam.tags.tag_policy(call.scope, policy_arn, parse_pairs(tags))


@iam.operation(resource=USER, tags="tag_keys")
def untag_user(call: Call, *, user_name: str, tag_keys: Sequence[str]) -> None:
    """Remove tags from a user."""
    call.services.iam.tags.untag(call.scope, "user", user_name, tag_keys)


@iam.operation(resource=ROLE, tags="tag_keys")
def untag_role(call: Call, *, role_name: str, tag_keys: Sequence[str]) -> None:
    """Remove tags from a role."""
    call.services.iam.tags.untag(call.scope, "role", role_name, tag_keys)


@iam.operation(resource=POLICY, tags="tag_keys")
def untag_policy(call: Call, *, policy_arn: str, tag_keys: Sequence[str]) -> None:
    """Remove tags from a managed policy."""
    call.services.iam.tags.untag_policy(call.scope, policy_arn, tag_keys)


@iam.operation(resource=USER)
def list_user_tags(
    call: Call, *, user_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a user's tags."""
    return _describe(call.services.iam.tags.list(call.scope, "user", user_name, range_of(marker, max_items)))


@iam.operation(resource=ROLE)
def list_role_tags(
    call: Call, *, role_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a role's tags."""
    return _describe(call.services.iam.tags.list(call.scope, "role", role_name, range_of(marker, max_items)))


@iam.operation(resource=POLICY)
def list_policy_tags(
    call: Call, *, policy_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a managed policy's tags."""
    return _describe(call.services.iam.tags.list_policy(call.scope, policy_arn, range_of(marker, max_items)))


def _describe(page: Page[Pair]) -> dict[str, Any]:
    return {"Tags": describe_pairs(page.items), **describe_page(page)}
