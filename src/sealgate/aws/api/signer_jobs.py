"""AWS Signer's operations on jobs and the signatures that they make. SignPayload is not bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sealgate.arn import object_arn
from sealgate.aws.api.signer_service import PAGE, PROFILE, signer
from sealgate.aws.api.signer_shapes import describe_job, page_of, parse_new_job, summarize_job
from sealgate.aws.context import Call
from sealgate.aws.permissions import Permission
from sealgate.aws.resources import parse_template
from sealgate.services.signing.revocation import StatusQuery
from sealgate.services.signing.service import new_job_id, signed_key
from sealgate.store.jobs import JobFilter

_READ_SOURCE = Permission(
    action="s3:GetObjectVersion", resource=parse_template("s3", "{source.s3.bucketName}/{source.s3.key}")
)


class _SignedObject:
    """The signed object: its key ends in the job's id, which is drawn when the call is handled."""

    parameters = ["destination"]  # noqa: RUF012 - never changed

    def render(self, values: Mapping[str, Any], *, region: str, account: str) -> str:  # noqa: ARG002 - as others
        """Answer the ARN up to the job's id."""
        place = values["destination"].get("s3") or {}
        return object_arn(region, place.get("bucketName", ""), place.get("prefix", ""))

    def __str__(self) -> str:
        return "{destination.s3.bucketName}/{destination.s3.prefix}JOB-ID.zip"


_WRITE_DESTINATION = Permission(
    action="s3:PutObject", resource=_SignedObject(), exempt="asked about when the job's id is known"
)
_JOB = "/signing-jobs/{job_id}"


@signer.operation(resource=PROFILE, owner="profile_owner", also=(_READ_SOURCE, _WRITE_DESTINATION))
def start_signing_job(
    call: Call,
    *,
    source: Mapping[str, Any],
    destination: Mapping[str, Any],
    profile_name: str,
    client_request_token: str,
    profile_owner: str | None = None,  # noqa: ARG001 - the door has asked about it
) -> dict[str, Any]:
    """Accept a job."""
    new = parse_new_job(source, destination, profile_name=profile_name, token=client_request_token)
    job_id = new_job_id()
    signed = object_arn(call.region, new.destination_bucket, signed_key(new.destination_prefix, job_id))
    call.demand("s3:PutObject", signed)
    job = call.services.signing.start(call.scope, new, owner=call.owner, job_id=job_id)
    return {"jobId": job.job_id, "jobOwner": job.account}


@signer.operation(resource=_JOB, waits=True)
def describe_signing_job(call: Call, *, job_id: str) -> dict[str, Any]:
    """Answer a job; the end of one that is under way is awaited a little."""
    return describe_job(call.services.signing.watch(call.scope, job_id))


@signer.operation(inline=True)
def list_signing_jobs(
    call: Call,
    *,
    status: str | None = None,
    platform_id: str | None = None,
    requested_by: str | None = None,
    max_results: int = PAGE,
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
def revoke_signature(
    call: Call,
    *,
    job_id: str,
    reason: str,
    job_owner: str | None = None,  # noqa: ARG001 - the door has asked about it
) -> None:
    """Revoke the signature of a job."""
    call.services.revocation.revoke_signature(call.scope, job_id, reason=reason, owner=call.owner)


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
