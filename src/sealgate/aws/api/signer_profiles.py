"""AWS Signer's operations on profiles, their tags, and the platforms that they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sealgate.aws.api.signer_service import PAGE, PROFILE, signer
from sealgate.aws.api.signer_shapes import (
    describe_platform,
    describe_profile,
    page_of,
    parse_validity,
    summarize_profile,
)
from sealgate.aws.context import Call
from sealgate.aws.permissions import Permission
from sealgate.aws.resources import parse_template
from sealgate.services.signing.platforms import get_platform, list_platforms
from sealgate.services.signing.profiles import NewProfile

_TAG_ON_CREATE = Permission(
    action="signer:TagResource", resource=parse_template("signer", PROFILE), when="tags", tags="tags"
)
_TAGGED = "{resource_arn}"


@signer.operation(tags="tags", also=(_TAG_ON_CREATE,))
def put_signing_profile(
    call: Call,
    *,
    profile_name: str,
    platform_id: str,
    signature_validity_period: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    signing_material: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    signing_parameters: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Make a profile."""
    new = NewProfile(
        name=profile_name,
        platform_id=platform_id,
        validity=parse_validity(signature_validity_period),
        tags=tags or {},
        certificate_arn=(signing_material or {}).get("certificateArn"),
        has_overrides=bool(overrides),
        signing_parameters=signing_parameters or {},
    )
    profile = call.services.profiles.put(call.scope, new)
    return {"arn": profile.arn, "profileVersion": profile.version, "profileVersionArn": profile.version_arn}


@signer.operation(resource=PROFILE, owner="profile_owner", inline=True)
def get_signing_profile(
    call: Call,
    *,
    profile_name: str,
    profile_owner: str | None = None,  # noqa: ARG001 - the door has asked about it
) -> dict[str, Any]:
    """Answer a profile."""
    return describe_profile(call.services.profiles.get(call.scope, profile_name, owner=call.owner))


@signer.operation(inline=True)
def list_signing_profiles(
    call: Call,
    *,
    include_canceled: bool = False,
    max_results: int = PAGE,
    next_token: str | None = None,
    platform_id: str | None = None,
    statuses: Sequence[str] = (),
) -> dict[str, Any]:
    """Answer profiles."""
    page = call.services.profiles.list(
        call.scope,
        include_canceled=include_canceled,
        statuses=statuses,
        platform_id=platform_id,
        limit=max_results,
        token=next_token,
    )
    return page_of("profiles", page, summarize_profile)


@signer.operation(resource=PROFILE)
def cancel_signing_profile(call: Call, *, profile_name: str) -> None:
    """End a profile."""
    call.services.profiles.cancel(call.scope, profile_name)


@signer.operation(resource=PROFILE)
def revoke_signing_profile(
    call: Call, *, profile_name: str, profile_version: str, reason: str, effective_time: datetime
) -> None:
    """Revoke a profile."""
    call.services.revocation.revoke_profile(
        call.scope, profile_name, version=profile_version, reason=reason, effective_from=effective_time
    )


@signer.operation(inline=True)
def list_signing_platforms(
    call: Call,  # noqa: ARG001 - every handler is told of its call
    *,
    category: str | None = None,
    partner: str | None = None,
    target: str | None = None,
    max_results: int = PAGE,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Answer platforms."""
    page = list_platforms(category=category, partner=partner, target=target, limit=max_results, token=next_token)
    return page_of("platforms", page, describe_platform)


@signer.operation(inline=True)
def get_signing_platform(call: Call, *, platform_id: str) -> dict[str, Any]:  # noqa: ARG001 - as above
    """Answer a platform."""
    return describe_platform(get_platform(platform_id))


@signer.operation(resource=_TAGGED, inline=True)
def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, Any]:
    """Answer the tags of a profile."""
    return {"tags": dict(call.services.profiles.tags(call.scope, resource_arn))}


@signer.operation(resource=_TAGGED, tags="tags")
def tag_resource(call: Call, *, resource_arn: str, tags: Mapping[str, str]) -> None:
    """Add tags to a profile, or change their values."""
    call.services.profiles.tag(call.scope, resource_arn, tags)


@signer.operation(resource=_TAGGED, tags="tag_keys")
def untag_resource(call: Call, *, resource_arn: str, tag_keys: Sequence[str]) -> None:
    """Remove tags from a profile."""
    call.services.profiles.untag(call.scope, resource_arn, tag_keys)
