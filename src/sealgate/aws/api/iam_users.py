"""IAM: users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sealgate.aws.api.iam_service import NEW_USER, USER, USERS, iam, user_name_of
from sealgate.aws.api.iam_shapes import describe_page, describe_user, parse_pairs, range_of, summarize_user
from sealgate.aws.context import Call
from sealgate.aws.permissions import Permission
from sealgate.services.iam.users import NewUser

_TAG_ON_CREATE = Permission(action="iam:TagUser", resource=NEW_USER, when="tags", tags="tags")
_ROOT = ":root"


@iam.operation(
    resource=NEW_USER,
    tags="tags",
    keys={"iam:permissionsboundary": "permissions_boundary"},
    also=(_TAG_ON_CREATE,),
)
def create_user(
    call: Call,
    *,
    user_name: str,
    path: str | None = None,
    permissions_boundary: str | None = None,
    tags: Sequence[Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Make a user."""
    new = NewUser(name=user_name, path=path or "/", tags=parse_pairs(tags), boundary=permissions_boundary)
    return {"User": describe_user(call.services.iam.users.create(call.scope, new))}


@iam.operation(resource=USER)
def get_user(call: Call, *, user_name: str | None = None) -> dict[str, Any]:
    """Answer a user; without a name the caller, who may be the root user."""
    if user_name is None and call.principal.arn.endswith(_ROOT):
        account = call.services.identity.get_account(call.account)
        return {"User": {"UserId": account.account, "Arn": call.principal.arn, "CreateDate": account.created_at}}
    return {"User": describe_user(call.services.iam.users.get(call.scope, user_name_of(call, user_name)))}


@iam.operation(resource=USERS)
def list_users(
    call: Call, *, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List users by name."""
    wanted = range_of(marker, max_items)
    page = call.services.iam.users.list(call.scope, wanted, path_prefix=path_prefix or "/")
    return {"Users": [summarize_user(user) for user in page.items], **describe_page(page)}


@iam.operation(resource=USER)
def update_user(call: Call, *, user_name: str, new_path: str | None = None, new_user_name: str | None = None) -> None:
    """Rename or move a user."""
    call.services.iam.users.update(call.scope, user_name, new_name=new_user_name, new_path=new_path)


@iam.operation(resource=USER)
def delete_user(call: Call, *, user_name: str) -> None:
    """Delete a user."""
    call.services.iam.users.delete(call.scope, user_name)
