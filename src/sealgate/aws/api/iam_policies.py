"""IAM: managed policies and their versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sealgate.aws.api.iam_service import NEW_POLICY, POLICY, iam
from sealgate.aws.api.iam_shapes import (
    describe_page,
    describe_policy,
    describe_version,
    parse_pairs,
    range_of,
    summarize_policy,
    summarize_version,
)
from sealgate.aws.context import Call
from sealgate.aws.permissions import Permission
from sealgate.errors import Unsupported
from sealgate.services.iam.attachments import EntityFilter
from sealgate.services.iam.policies import NewPolicy, Owner, PolicyFilter, Usage
from sealgate.store.iam.entities import Kind

_TAG_ON_CREATE = Permission(action="iam:TagPolicy", resource=NEW_POLICY, when="tags", tags="tags")
_KINDS: Mapping[str, Kind] = {"User": "user", "Group": "group", "Role": "role"}


@iam.operation(resource=NEW_POLICY, tags="tags", also=(_TAG_ON_CREATE,))
def create_policy(
    call: Call,
    *,
    policy_name: str,
    policy_document: str,
    path: str | None = None,
    description: str | None = None,
    tags: Sequence[Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Make a managed policy."""
    new = NewPolicy(
        name=policy_name,
        document=policy_document,
        path=path or "/",
        description=description,
        tags=parse_pairs(tags),
    )
    use = call.services.iam.policies.create(call.scope, new)
    return {"Policy": describe_policy(use)}


@iam.operation(resource=POLICY)
def get_policy(call: Call, *, policy_arn: str) -> dict[str, Any]:
    """Answer a managed policy."""
    return {"Policy": describe_policy(call.services.iam.policies.get(call.scope, policy_arn))}


@iam.operation()
def list_policies(
    call: Call,
    *,
    scope: str | None = None,
    only_attached: bool | None = None,
    path_prefix: str | None = None,
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List managed policies by name, AWS's among them."""
    only = PolicyFilter(
        owner=cast("Owner", scope or "All"),
        used_only=bool(only_attached),
        usage=cast("Usage | None", policy_usage_filter),
        path_prefix=path_prefix or "/",
    )
    page = call.services.iam.policies.list(call.scope, range_of(marker, max_items), only)
    return {"Policies": [summarize_policy(use) for use in page.items], **describe_page(page)}


@iam.operation(resource=POLICY)
def delete_policy(call: Call, *, policy_arn: str) -> None:
    """Delete a managed policy."""
    call.services.iam.policies.delete(call.scope, policy_arn)


@iam.operation(resource=POLICY)
def create_policy_version(
    call: Call, *, policy_arn: str, policy_document: str, set_as_default: bool | None = None
) -> dict[str, Any]:
    """Add a version to a managed policy."""
    policy, version = call.services.iam.policies.create_version(
        call.scope, policy_arn, policy_document, as_default=bool(set_as_default)
    )
    return {"PolicyVersion": summarize_version(policy, version)}


@iam.operation(resource=POLICY)
def get_policy_version(call: Call, *, policy_arn: str, version_id: str) -> dict[str, Any]:
    """Answer a version of a managed policy, with its document."""
    policy, version = call.services.iam.policies.get_version(call.scope, policy_arn, version_id)
    return {"PolicyVersion": describe_version(policy, version)}


@iam.operation(resource=POLICY)
def list_policy_versions(
    call: Call, *, policy_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the versions of a managed policy, the newest first."""
    policy, page = call.services.iam.policies.list_versions(call.scope, policy_arn, range_of(marker, max_items))
    return {"Versions": [summarize_version(policy, version) for version in page.items], **describe_page(page)}


@iam.operation(resource=POLICY)
def delete_policy_version(call: Call, *, policy_arn: str, version_id: str) -> None:
    """Delete a version that is not the default."""
    call.services.iam.policies.delete_version(call.scope, policy_arn, version_id)


@iam.operation(resource=POLICY)
def set_default_policy_version(call: Call, *, policy_arn: str, version_id: str) -> None:
    """Make a version the one that counts."""
    call.services.iam.policies.set_default_version(call.scope, policy_arn, version_id)


@iam.operation(resource=POLICY)
def list_entities_for_policy(
    call: Call,
    *,
    policy_arn: str,
    entity_filter: str | None = None,
    path_prefix: str | None = None,
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the users, groups and roles that use a managed policy."""
    if entity_filter is not None and entity_filter not in _KINDS:
        raise Unsupported(f"EntityFilter {entity_filter} names no kind of thing that has policies")
    only = EntityFilter(
        kind=_KINDS[entity_filter] if entity_filter else None,
        path_prefix=path_prefix or "/",
        usage=cast("Usage | None", policy_usage_filter),
    )
    page = call.services.iam.attachments.list_entities(call.scope, policy_arn, range_of(marker, max_items), only)
    listed: dict[str, Any] = {f"Policy{kind}s": [] for kind in _KINDS}
    for entity in page.items:
        kind = entity.kind.title()
        listed[f"Policy{kind}s"].append({f"{kind}Name": entity.name, f"{kind}Id": entity.entity_id})
    return listed | describe_page(page)
