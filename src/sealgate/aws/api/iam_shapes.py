"""IAM's things in the words of its API, and back. Policy documents go out percent-encoded, as on AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from sealgate.services.iam.pages import Range
from sealgate.services.iam.policies import PolicyUse
from sealgate.services.iam.quotas import DEFAULT_PAGE
from sealgate.services.iam.tags import Pair
from sealgate.services.paging import Page
from sealgate.store.iam.entities import Actor, Entity, Group, Role, User
from sealgate.store.iam.policies import ManagedPolicy, PolicyVersion
from sealgate.store.identity import AccessKey

T = TypeVar("T")
Members = dict[str, Any]


def range_of(marker: str | None, max_items: int | None) -> Range:
    """Read which part of a list is wanted."""
    return Range(marker=marker, limit=DEFAULT_PAGE if max_items is None else max_items)


def describe_page(page: Page[Any]) -> Members:
    """Write what says whether a list goes on."""
    return {"IsTruncated": page.next_token is not None, "Marker": page.next_token}


def parse_pairs(tags: Sequence[Mapping[str, str]] | None) -> tuple[Pair, ...]:
    """Read tags."""
    return tuple((tag["Key"], tag["Value"]) for tag in tags or ())


def describe_tags(tags: Mapping[str, str]) -> list[Members] | None:
    """Write tags; None where there are none, since AWS leaves them out then."""
    return describe_pairs(tuple(tags.items())) or None


def describe_pairs(pairs: Sequence[Pair]) -> list[Members]:
    """Write tags as a list of their own."""
    return [{"Key": key, "Value": value} for key, value in pairs]


def encode_document(document: str) -> str:
    """Write a policy document as IAM answers it."""
    return quote(document, safe="-_.~")


def summarize_user(user: User) -> Members:
    """Write a user as lists show it."""
    return _describe_entity(user, "User")


def describe_user(user: User) -> Members:
    """Write a user."""
    return summarize_user(user) | _describe_actor(user)


def describe_group(group: Group) -> Members:
    """Write a group."""
    return _describe_entity(group, "Group")


def summarize_role(role: Role) -> Members:
    """Write a role as lists show it."""
    return _describe_entity(role, "Role") | {
        "AssumeRolePolicyDocument": encode_document(role.trust),
        "Description": role.description,
        "MaxSessionDuration": role.max_session_seconds,
    }


def describe_role(role: Role) -> Members:
    """Write a role. When it was used last is not kept; the member is there, since clients read it."""
    return summarize_role(role) | _describe_actor(role) | {"RoleLastUsed": {}}


def _describe_entity(entity: Entity, kind: str) -> Members:
    return {
        "Path": entity.path,
        f"{kind}Name": entity.name,
        f"{kind}Id": entity.entity_id,
        "Arn": entity.arn,
        "CreateDate": entity.created_at,
    }


def _describe_actor(actor: Actor) -> Members:
    bounded = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": actor.boundary}
    return {
        "Tags": describe_tags(actor.tags),
        "PermissionsBoundary": None if actor.boundary is None else bounded,
    }


def summarize_policy(use: PolicyUse) -> Members:
    """Write a managed policy as lists show it."""
    policy = use.policy
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.policy_id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": version_id(policy.default_version),
        "AttachmentCount": use.attached,
        "PermissionsBoundaryUsageCount": use.bounding,
        "IsAttachable": True,
        "CreateDate": policy.created_at,
        "UpdateDate": policy.updated_at,
    }


def describe_policy(use: PolicyUse) -> Members:
    """Write a managed policy."""
    return summarize_policy(use) | {
        "Description": use.policy.description,
        "Tags": describe_tags(use.policy.tags),
    }


def summarize_version(policy: ManagedPolicy, version: PolicyVersion) -> Members:
    """Write a version of a managed policy without its document."""
    return {
        "VersionId": version_id(version.number),
        "IsDefaultVersion": version.number == policy.default_version,
        "CreateDate": version.created_at,
    }


def describe_version(policy: ManagedPolicy, version: PolicyVersion) -> Members:
    """Write a version of a managed policy."""
    return summarize_version(policy, version) | {"Document": encode_document(version.document)}


def version_id(number: int) -> str:
    """Write the number of a version (`v2`)."""
    return f"v{number}"


def describe_attached(policy: ManagedPolicy) -> Members:
    """Write a managed policy as what it is attached to shows it."""
    return {"PolicyName": policy.name, "PolicyArn": policy.arn}


def summarize_key(key: AccessKey, user_name: str) -> Members:
    """Write an access key without its secret."""
    return {
        "UserName": user_name,
        "AccessKeyId": key.access_key_id,
        "Status": key.status,
        "CreateDate": key.created_at,
    }
