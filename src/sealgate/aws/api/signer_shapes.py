"""AWS Signer's nested members, from and to the values of the inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sealgate.errors import Invalid
from sealgate.services.paging import Page
from sealgate.services.signing.platforms import Platform, get_platform
from sealgate.services.signing.service import NewJob
from sealgate.services.signing.validity import Validity
from sealgate.store.jobs import Job
from sealgate.store.profiles import Profile

T = TypeVar("T")


def parse_validity(period: Mapping[str, Any] | None) -> Validity | None:
    """Read a SignatureValidityPeriod; an empty one is none.

    Raises:
        Invalid: One of its two members is absent.
    """
    if not period:
        return None
    if not {"value", "type"} <= period.keys():
        raise Invalid("signatureValidityPeriod must have both value and type")
    return Validity(value=period["value"], unit=period["type"])


def parse_new_job(
    source: Mapping[str, Any], destination: Mapping[str, Any], *, profile_name: str, token: str
) -> NewJob:
    """Read what StartSigningJob asks for.

    Raises:
        Invalid: Source or destination are not places in S3.
    """
    place, target = source.get("s3"), destination.get("s3") or {}
    if place is None:
        raise Invalid("source.s3 must be present")
    if not target.get("bucketName"):
        raise Invalid("destination.s3.bucketName must be present")
    return NewJob(
        profile_name=profile_name,
        source_bucket=place["bucketName"],
        source_key=place["key"],
        source_version=place["version"],
        destination_bucket=target["bucketName"],
        destination_prefix=target.get("prefix", ""),
        client_request_token=token,
    )


def page_of(member: str, page: Page[T], describe: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """Answer a page of a list; the token only where there is more."""
    described: dict[str, Any] = {member: [describe(item) for item in page.items]}
    return described if page.next_token is None else described | {"nextToken": page.next_token}


def describe_platform(platform: Platform) -> dict[str, Any]:
    """Answer a SigningPlatform, which is GetSigningPlatform's whole answer too."""
    return {
        "platformId": platform.platform_id,
        "displayName": platform.display_name,
        "partner": platform.partner,
        "target": platform.target,
        "category": platform.category,
        "signingConfiguration": {
            "encryptionAlgorithmOptions": _options(platform.encryption),
            "hashAlgorithmOptions": _options(platform.hashes),
        },
        "signingImageFormat": {
            "supportedFormats": list(platform.formats),
            "defaultFormat": platform.formats[0],
        },
        "maxSizeInMB": platform.max_size_mb,
        "revocationSupported": platform.revocation_supported,
    }


def _options(allowed: tuple[str, ...]) -> dict[str, Any]:
    return {"allowedValues": list(allowed), "defaultValue": allowed[0]}


def describe_profile(profile: Profile) -> dict[str, Any]:
    """Answer GetSigningProfile's members. AWS has no member for a revocation's reason; it stands in statusReason."""
    members = _profile(profile)
    if profile.revoked_at is not None:
        members |= {
            "statusReason": profile.revocation_reason,
            "revocationRecord": {
                "revocationEffectiveFrom": profile.revocation_effective_from,
                "revokedAt": profile.revoked_at,
                "revokedBy": profile.revoked_by,
            },
        }
    return members


def summarize_profile(profile: Profile) -> dict[str, Any]:
    """Answer an element of ListSigningProfiles; AWS writes an empty signingMaterial in it."""
    return _profile(profile) | {"signingMaterial": {}}


def _profile(profile: Profile) -> dict[str, Any]:
    return {
        "profileName": profile.name,
        "profileVersion": profile.version,
        "profileVersionArn": profile.version_arn,
        "platformId": profile.platform_id,
        "platformDisplayName": get_platform(profile.platform_id).display_name,
        "signatureValidityPeriod": {"value": profile.validity_value, "type": profile.validity_type},
        "status": profile.status,
        "arn": profile.arn,
        "tags": dict(profile.tags),
    }


def describe_job(job: Job) -> dict[str, Any]:
    """Answer DescribeSigningJob's members; those that do not apply yet, or never will, are absent."""
    members = _job(job) | _present(
        {"completedAt": job.completed_at, "requestedBy": job.requested_by, "statusReason": job.status_reason}
    )
    if job.revoked_at is not None:
        members["revocationRecord"] = {
            "reason": job.revocation_reason,
            "revokedAt": job.revoked_at,
            "revokedBy": job.revoked_by,
        }
    return members


def summarize_job(job: Job) -> dict[str, Any]:
    """Answer an element of ListSigningJobs; AWS writes an empty signingMaterial in it."""
    return _job(job) | {"isRevoked": job.revoked_at is not None, "signingMaterial": {}}


def _job(job: Job) -> dict[str, Any]:
    source = {"bucketName": job.source_bucket, "key": job.source_key, "version": job.source_version}
    signed = None
    if job.signed_key is not None:
        signed = {"s3": {"bucketName": job.destination_bucket, "key": job.signed_key}}
    return {
        "jobId": job.job_id,
        "source": {"s3": source},
        "platformId": job.platform_id,
        "platformDisplayName": get_platform(job.platform_id).display_name,
        "profileName": job.profile_name,
        "profileVersion": job.profile_version,
        "createdAt": job.created_at,
        "status": job.status,
        "jobOwner": job.account,
        "jobInvoker": job.invoker_account,
    } | _present({"signedObject": signed, "signatureExpiresAt": job.expires_at})


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
