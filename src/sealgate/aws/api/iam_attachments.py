"""IAM: managed policies attached to users, groups and roles; permissions boundaries of users and roles."""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.iam_service import GROUP, ROLE, USER, iam
from sealgate.aws.api.iam_shapes import describe_attached, describe_page, range_of
from sealgate.aws.context import Call
from sealgate.services.iam.pages import Range
from sealgate.store.iam.entities import Kind

_ARN = {"iam:policyarn": "policy_arn"}
_BOUNDARY = {"iam:permissionsboundary": "permissions_boundary"}


@iam.operation(resource=USER, keys=_ARN)
def attach_user_policy(call: Call, *, user_name: str, policy_arn: str) -> None:
    """Attach a managed policy to a user."""
    call.services.iam.attachments.attach(call.scope, "user", user_name, policy_arn)


@iam.operation(resource=GROUP, keys=_ARN)
def attach_group_policy(call: Call, *, group_name: str, policy_arn: str) -> None:
    """Attach a managed policy to a group."""
    call.services.iam.attachments.attach(call.scope, "group", group_name, policy_arn)


@iam.operation(resource=ROLE, keys=_ARN)
def attach_role_policy(call: Call, *, role_name: str, policy_arn: str) -> None:
    """Attach a managed policy to a role."""
    call.services.iam.attachments.attach(call.scope, "role", role_name, policy_arn)


@iam.operation(resource=USER, keys=_ARN)
def detach_user_policy(call: Call, *, user_name: str, policy_arn: str) -> None:
    """Detach a managed policy from a user."""
    call.services.iam.attachments.detach(call.scope, "user", user_name, policy_arn)


@iam.operation(resource=GROUP, keys=_ARN)
def detach_group_policy(call: Call, *, group_name: str, policy_arn: str) -> None:
    """Detach a managed policy from a group."""
    call.services.iam.attachments.detach(call.scope, "group", group_name, policy_arn)


@iam.operation(resource=ROLE, keys=_ARN)
def detach_role_policy(call: Call, *, role_name: str, policy_arn: str) -> None:
    """Detach a managed policy from a role."""
    call.services.iam.attachments.detach(call.scope, "role", role_name, policy_arn)


@iam.operation(resource=USER)
def list_attached_user_policies(
    call: Call,
    *,
    user_name: str,
    path_prefix: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the managed policies attached to a user."""
    return _list(call, "user", user_name, range_of(marker, max_items), path_prefix)


@iam.operation(resource=GROUP)
def list_attached_group_policies(
    call: Call,
    *,
    group_name: str,
    path_prefix: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the managed policies attached to a group."""
    return _list(call, "group", group_name, range_of(marker, max_items), path_prefix)


@iam.operation(resource=ROLE)
def list_attached_role_policies(
    call: Call,
    *,
    role_name: str,
    path_prefix: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the managed policies attached to a role."""
    return _list(call, "role", role_name, range_of(marker, max_items), path_prefix)


def _list(call: Call, kind: Kind, name: str, wanted: Range, path_prefix: str | None) -> dict[str, Any]:
    attachments = call.services.iam.attachments
    page = attachments.list_attached(call.scope, kind, name, wanted, path_prefix=path_prefix or "/")
    return {"AttachedPolicies": [describe_attached(policy) for policy in page.items], **describe_page(page)}


@iam.operation(resource=USER, keys=_BOUNDARY)
def put_user_permissions_boundary(call: Call, *, user_name: str, permissions_boundary: str) -> None:
    """Bound a user."""
    call.services.iam.boundaries.put(call.scope, "user", user_name, permissions_boundary)


@iam.operation(resource=ROLE, keys=_BOUNDARY)
def put_role_permissions_boundary(call: Call, *, role_name: str, permissions_boundary: str) -> None:
    """Bound a role."""
    call.services.iam.boundaries.put(call.scope, "role", role_name, permissions_boundary)


@iam.operation(resource=USER)
def delete_user_permissions_boundary(call: Call, *, user_name: str) -> None:
    """Bound a user no more."""
    call.services.iam.boundaries.delete(call.scope, "user", user_name)


@iam.operation(resource=ROLE)
def delete_role_permissions_boundary(call: Call, *, role_name: str) -> None:
    """Bound a role no more."""
    call.services.iam.boundaries.delete(call.scope, "role", role_name)
