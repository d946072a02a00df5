"""IAM: roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sealgate.aws.api.iam_service import NEW_ROLE, ROLE, iam
from sealgate.aws.api.iam_shapes import describe_page, describe_role, parse_pairs, range_of, summarize_role
from sealgate.aws.context import Call
from sealgate.aws.permissions import Permission
from sealgate.aws.resources import parse_template
from sealgate.services.iam.roles import DEFAULT_SESSION_SECONDS, NewRole

_ROLES = parse_template("iam", "role/*")
_TAG_ON_CREATE = Permission(action="iam:TagRole", resource=NEW_ROLE, when="tags", tags="tags")


@iam.operation(
    resource=NEW_ROLE,
    tags="tags",
    keys={"iam:permissionsboundary": "permissions_boundary"},
    also=(_TAG_ON_CREATE,),
)
def create_role(
    call: Call,
    *,
    role_name: str,
    assume_role_policy_document: str,
    path: str | None = None,
    description: str | None = None,
    max_session_duration: int | None = None,
    permissions_boundary: str | None = None,
    tags: Sequence[Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Make a role."""
    new = NewRole(
        name=role_name,
        trust=assume_role_policy_document,
        path=path or "/",
        description=description,
        max_session_seconds=max_session_duration or DEFAULT_SESSION_SECONDS,
        tags=parse_pairs(tags),
        boundary=permissions_boundary,
    )
    return {"Role": describe_role(call.services.iam.roles.create(call.scope, new))}


@iam.operation(resource=ROLE)
def get_role(call: Call, *, role_name: str) -> dict[str, Any]:
    """Answer a role."""
    return {"Role": describe_role(call.services.iam.roles.get(call.scope, role_name))}


@iam.operation(resource=_ROLES)
def list_roles(
    call: Call, *, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List roles by name."""
    wanted = range_of(marker, max_items)
    page = call.services.iam.roles.list(call.scope, wanted, path_prefix=path_prefix or "/")
    return {"Roles": [summarize_role(role) for role in page.items], **describe_page(page)}


@iam.operation(resource=ROLE)
def update_role(
    call: Call, *, role_name: str, description: str | None = None, max_session_duration: int | None = None
) -> None:
    """Change a role's description, or how long its sessions may last."""
    call.services.iam.roles.update(
        call.scope, role_name, description=description, max_session_seconds=max_session_duration
    )


@iam.operation(resource=ROLE)
def update_role_description(call: Call, *, role_name: str, description: str) -> dict[str, Any]:
    """Change a role's description."""
    role = call.services.iam.roles.update(call.scope, role_name, description=description, max_session_seconds=None)
    return {"Role": describe_role(role)}


@iam.operation(resource=ROLE)
def update_assume_role_policy(call: Call, *, role_name: str, policy_document: str) -> None:
    """Say anew who may become a role."""
    call.services.iam.roles.update_trust(call.scope, role_name, policy_document)


@iam.operation(resource=ROLE)
def delete_role(call: Call, *, role_name: str) -> None:
    """Delete a role."""
    call.services.iam.roles.delete(call.scope, role_name)
