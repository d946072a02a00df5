"""AWS Signer's operations. Profile permissions and SignPayload are not bound: they answer NotImplemented by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sealgate.aws.api.signer_shapes import (
    describe_job,
    describe_platform,
    describe_profile,
    page_of,
    parse_new_job,
    parse_validity,
    summarize_job,
    summarize_profile,
)
from sealgate.aws.context import Call
from sealgate.aws.operation import Api
from sealgate.aws.permissions import Permission
from sealgate.aws.resources import parse_template
from sealgate.services.platforms import get_platform, list_platforms
from sealgate.services.profiles import NewProfile
from sealgate.services.revocation import StatusQuery
from sealgate.store.jobs import JobFilter

signer = Api("signer", also=("signer-data",))

_TAG_ON_CREATE = Permission(
    action="signer:TagResource",
    resource=parse_template("signer", "/signing-profiles/{profile_name}"),
    when="tags",
    tags="tags",
)
_READ_SOURCE = Permission(
    action="s3:GetObjectVersion", resource=parse_template("s3", "{source.s3.bucketName}/{source.s3.key}")
)
_WRITE_DESTINATION = Permission(
    action="s3:PutObject", resource=parse_template("s3", "{destination.s3.bucketName}/{destination.s3.prefix}*")
)
_PROFILE = "/signing-profiles/{profile_name}"
_JOB = "/signing-jobs/{job_id}"
_TAGGED = "{resource_arn}"
_PAGE = 25
"""The default page, which is also the largest that the model allows."""


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


@signer.operation(resource=_PROFILE, owner="profile_owner", inline=True)
def get_signing_profile(call: Call, *, profile_name: str, profile_owner: str | None = None) -> dict[str, Any]:
    """Answer a profile."""
    return describe_profile(call.services.profiles.get(call.scope, profile_name, owner=profile_owner))


@signer.operation(inline=True)
def list_signing_profiles(
    call: Call,
    *,
    include_canceled: bool = False,
    max_results: int = _PAGE,
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


@signer.operation(resource=_PROFILE)
def cancel_signing_profile(call: Call, *, profile_name: str) -> None:
    """End a profile."""
    call.services.profiles.cancel(call.scope, profile_name)


@signer.operation(resource=_PROFILE)
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
    max_results: int = _PAGE,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Answer platforms."""
    page = list_platforms(category=category, partner=partner, target=target, limit=max_results, token=next_token)
    return page_of("platforms", page, describe_platform)


@signer.operation(inline=True)
def get_signing_platform(call: Call, *, platform_id: str) -> dict[str, Any]:  # noqa: ARG001 - as above
    """Answer a platform."""
    return describe_platform(get_platform(platform_id))


@signer.operation(resource=_PROFILE, owner="profile_owner", also=(_READ_SOURCE, _WRITE_DESTINATION))
def start_signing_job(
    call: Call,
    *,
    source: Mapping[str, Any],
    destination: Mapping[str, Any],
    profile_name: str,
    client_request_token: str,
    profile_owner: str | None = None,
) -> dict[str, Any]:
    """Accept a job."""
    new = parse_new_job(source, destination, profile_name=profile_name, token=client_request_token)
    job = call.services.signing.start(call.scope, new, owner=profile_owner)
    return {"jobId": job.job_id, "jobOwner": job.account}


@signer.operation(resource=_JOB, inline=True)
def describe_signing_job(call: Call, *, job_id: str) -> dict[str, Any]:
    """Answer a job."""
    return describe_job(call.services.signing.get(call.scope, job_id))


@signer.operation(inline=True)
def list_signing_jobs(
    call: Call,
    *,
    status: str | None = None,
    platform_id: str | None = None,
    requested_by: str | None = None,
    max_results: int = _PAGE,
    next_token: str | None = None,
    is_revoked: bool | None = None,
    signature_expires_before: datetime | None = None,
    signature_expires_after: datetime | None = None,
    job_invoker: str | None = None,
) -> dict[str, Any]:
    """Answer jobs."""
    where = JobFilter(
        status=status,
        platform_id=platform_id,
        requested_by=requested_by,
        invoker_account=job_invoker,
        is_revoked=is_revoked,
        expires_before=signature_expires_before,
        expires_after=signature_expires_after,
    )
    return page_of(
        "jobs", call.services.signing.list(call.scope, where, limit=max_results, token=next_token), summarize_job
    )


@signer.operation(resource=_JOB, owner="job_owner")
def revoke_signature(call: Call, *, job_id: str, reason: str, job_owner: str | None = None) -> None:
    """Revoke the signature of a job."""
    call.services.revocation.revoke_signature(call.scope, job_id, reason=reason, owner=job_owner)


@signer.operation(inline=True)
def get_revocation_status(
    call: Call,
    *,
    signature_timestamp: datetime,
    platform_id: str,
    profile_version_arn: str,
    job_arn: str,
    certificate_hashes: Sequence[str],
) -> dict[str, Any]:
    """Answer which of the names given are revoked."""
    query = StatusQuery(
        platform_id=platform_id,
        profile_version_arn=profile_version_arn,
        job_arn=job_arn,
        signing_time=signature_timestamp,
        certificate_hashes=certificate_hashes,
    )
    return {"revokedEntities": list(call.services.revocation.status(call.scope, query))}


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
