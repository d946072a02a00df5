"""IAM: groups, and who is in them."""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.iam_service import GROUP, GROUPS, NEW_GROUP, USER, iam
from sealgate.aws.api.iam_shapes import describe_group, describe_page, range_of, summarize_user
from sealgate.aws.context import Call


@iam.operation(resource=NEW_GROUP)
def create_group(call: Call, *, group_name: str, path: str | None = None) -> dict[str, Any]:
    """Make a group."""
    return {"Group": describe_group(call.services.iam.groups.create(call.scope, group_name, path=path or "/"))}


@iam.operation(resource=GROUP)
def get_group(
    call: Call, *, group_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """Answer a group and its users."""
    group, page = call.services.iam.groups.list_users(call.scope, group_name, range_of(marker, max_items))
    users = [summarize_user(user) for user in page.items]
    return {"Group": describe_group(group), "Users": users, **describe_page(page)}


@iam.operation(resource=GROUPS)
def list_groups(
    call: Call, *, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List groups by name."""
    wanted = range_of(marker, max_items)
    page = call.services.iam.groups.list(call.scope, wanted, path_prefix=path_prefix or "/")
    return {"Groups": [describe_group(group) for group in page.items], **describe_page(page)}


@iam.operation(resource=USER)
def list_groups_for_user(
    call: Call, *, user_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the groups that a user is in."""
    page = call.services.iam.groups.list_of_user(call.scope, user_name, range_of(marker, max_items))
    return {"Groups": [describe_group(group) for group in page.items], **describe_page(page)}


@iam.operation(resource=GROUP)
def update_group(
    call: Call, *, group_name: str, new_path: str | None = None, new_group_name: str | None = None
) -> None:
    """Rename or move a group."""
    call.services.iam.groups.update(call.scope, group_name, new_name=new_group_name, new_path=new_path)


@iam.operation(resource=GROUP)
def delete_group(call: Call, *, group_name: str) -> None:
    """Delete a group."""
    call.services.iam.groups.delete(call.scope, group_name)


@iam.operation(resource=GROUP)
def add_user_to_group(call: Call, *, group_name: str, user_name: str) -> None:
    """Put a user into a group."""
    call.services.iam.groups.add_user(call.scope, group_name, user_name)


@iam.operation(resource=GROUP)
def remove_user_from_group(call: Call, *, group_name: str, user_name: str) -> None:
    """Take a user out of a group."""
    call.services.iam.groups.remove_user(call.scope, group_name, user_name)
