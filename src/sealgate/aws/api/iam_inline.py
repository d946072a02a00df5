"""IAM: policies inside users, groups and roles."""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.iam_service import GROUP, ROLE, USER, iam
from sealgate.aws.api.iam_shapes import describe_page, encode_document, range_of
from sealgate.aws.context import Call
from sealgate.services.iam.pages import Range
from sealgate.store.iam.entities import Kind


@iam.operation(resource=USER)
def put_user_policy(call: Call, *, user_name: str, policy_name: str, policy_document: str) -> None:
    """Put a policy into a user."""
    call.services.iam.inline.put(call.scope, "user", user_name, policy_name, policy_document)


@iam.operation(resource=GROUP)
def put_group_policy(call: Call, *, group_name: str, policy_name: str, policy_document: str) -> None:
    """Put a policy into a group."""
    call.services.iam.inline.put(call.scope, "group", group_name, policy_name, policy_document)


@iam.operation(resource=ROLE)
def put_role_policy(call: Call, *, role_name: str, policy_name: str, policy_document: str) -> None:
    """Put a policy into a role."""
    call.services.iam.inline.put(call.scope, "role", role_name, policy_name, policy_document)


@iam.operation(resource=USER)
def get_user_policy(call: Call, *, user_name: str, policy_name: str) -> dict[str, Any]:
    """Answer a policy inside a user."""
    return {"UserName": user_name, **_get(call, "user", user_name, policy_name)}


@iam.operation(resource=GROUP)
def get_group_policy(call: Call, *, group_name: str, policy_name: str) -> dict[str, Any]:
    """Answer a policy inside a group."""
    return {"GroupName": group_name, **_get(call, "group", group_name, policy_name)}


@iam.operation(resource=ROLE)
def get_role_policy(call: Call, *, role_name: str, policy_name: str) -> dict[str, Any]:
    """Answer a policy inside a role."""
    return {"RoleName": role_name, **_get(call, "role", role_name, policy_name)}


def _get(call: Call, kind: Kind, name: str, policy_name: str) -> dict[str, Any]:
    found = call.services.iam.inline.get(call.scope, kind, name, policy_name)
    return {"PolicyName": found.name, "PolicyDocument": encode_document(found.document)}


@iam.operation(resource=USER)
def delete_user_policy(call: Call, *, user_name: str, policy_name: str) -> None:
    """Delete a policy inside a user."""
    call.services.iam.inline.delete(call.scope, "user", user_name, policy_name)


@iam.operation(resource=GROUP)
def delete_group_policy(call: Call, *, group_name: str, policy_name: str) -> None:
    """Delete a policy inside a group."""
    call.services.iam.inline.delete(call.scope, "group", group_name, policy_name)


@iam.operation(resource=ROLE)
def delete_role_policy(call: Call, *, role_name: str, policy_name: str) -> None:
    """Delete a policy inside a role."""
    call.services.iam.inline.delete(call.scope, "role", role_name, policy_name)


@iam.operation(resource=USER)
def list_user_policies(
    call: Call, *, user_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the names of the policies inside a user."""
    return _list(call, "user", user_name, range_of(marker, max_items))


@iam.operation(resource=GROUP)
def list_group_policies(
    call: Call, *, group_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the names of the policies inside a group."""
    return _list(call, "group", group_name, range_of(marker, max_items))


@iam.operation(resource=ROLE)
def list_role_policies(
    call: Call, *, role_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the names of the policies inside a role."""
    return _list(call, "role", role_name, range_of(marker, max_items))


def _list(call: Call, kind: Kind, name: str, wanted: Range) -> dict[str, Any]:
    page = call.services.iam.inline.list(call.scope, kind, name, wanted)
    return {"PolicyNames": [policy.name for policy in page.items], **describe_page(page)}
