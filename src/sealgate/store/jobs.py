"""Signing jobs: what was asked for, who works on it, and what came out.

A Succeeded row is also the server's testimony: a signature under its own root is accepted only when a row with the
same job, profile version, seal and times vouches for it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, ColumnElement, Index, Integer, Table, Text, and_, or_, select, text, update

from sealgate.arn import job_arn
from sealgate.store.database import Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import UtcTime, metadata

JobStatus = Literal["InProgress", "Succeeded", "Failed"]
"""A job is made InProgress and ends Succeeded or Failed, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One signing job.

    Attributes:
        account: Who owns the profile, and with it the job.
        client_request_token: The caller's own name for the request; unique among its account's jobs in the region.
        source_sha256: The blob that the source version held when the job was accepted: what is signed, even if the
            version is deleted meanwhile.
        profile_version_arn: The publisher.
        invoker_account: The account that asked.
        requested_by: The ARN of who asked.
        signing_time: The whole second that the signature states; None unless Succeeded, as the next six.
        expires_at: The whole second until which the signature is valid.
        seal: The DER of the signature's archive seal, in hexadecimal.
        signed_key: Where the signed package was put in the destination bucket.
        signed_version: The version that it became there.
        signed_sha256: Its blob.
        issuing_ca: The issuing CA of its signer (`sealgate.store.authorities`); None also where it signed before this
            was recorded.
        revoked_at: When the signature was revoked; None while it is not.
        lease_owner: The server that works on the job; None once it has ended, or before it was taken up.
        lease_until: When another may take it up, since its worker must have died.
        attempts: How often it was taken up.
    """

    account: str
    region: str
    job_id: str
    client_request_token: str
    source_bucket: str
    source_key: str
    source_version: str
    source_sha256: str
    destination_bucket: str
    destination_prefix: str
    profile_name: str
    profile_version: str
    profile_version_arn: str
    platform_id: str
    invoker_account: str
    requested_by: str
    created_at: datetime
    status: JobStatus = "InProgress"
    status_reason: str | None = None
    completed_at: datetime | None = None
    signing_time: datetime | None = None
    expires_at: datetime | None = None
    seal: str | None = None
    signed_key: str | None = None
    signed_version: str | None = None
    signed_sha256: str | None = None
    issuing_ca: str | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    revocation_reason: str | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None
    attempts: int = 0

    @property
    def arn(self) -> str:
        """The job's ARN, as its signature carries it."""
        return job_arn(self.region, self.account, self.job_id)


_FOREIGN: dict[str, Any] = {
    f"{dialect}_where": text("invoker_account <> account") for dialect in ("sqlite", "postgresql")
}
"""Of an index: it is about the jobs that another account has asked for than the one that owns them."""

jobs_table = Table(
    "jobs",
    metadata,
    Column("account", Text, primary_key=True, comment="owner of the profile: 12 digits"),
    Column("region", Text, primary_key=True),
    Column("job_id", Text, primary_key=True, comment="lower-case UUID"),
    Column("client_request_token", Text, nullable=False),
    Column("source_bucket", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("source_version", Text, nullable=False),
    Column("source_sha256", Text, nullable=False, comment="the blob to sign"),
    Column("destination_bucket", Text, nullable=False),
    Column("destination_prefix", Text, nullable=False),
    Column("profile_name", Text, nullable=False),
    Column("profile_version", Text, nullable=False),
    Column("profile_version_arn", Text, nullable=False, comment="the publisher that the signature carries"),
    Column("platform_id", Text, nullable=False),
    Column("invoker_account", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("status", Text, nullable=False, comment="InProgress, Succeeded or Failed"),
    Column("status_reason", Text),
    Column("completed_at", UtcTime),
    Column("signing_time", UtcTime, comment="a whole second; Succeeded only, as expires_at, seal and signed_*"),
    Column("expires_at", UtcTime, comment="a whole second"),
    Column("seal", Text, comment="DER of the archive seal, lower-case hexadecimal"),
    Column("signed_key", Text),
    Column("signed_version", Text),
    Column("signed_sha256", Text),
    Column("issuing_ca", Text, comment="whose leaf signed, as in revoked_issuing_cas"),
    Column("revoked_at", UtcTime, comment="set if and only if the signature is revoked"),
    Column("revoked_by", Text),
    Column("revocation_reason", Text),
    Column("lease_owner", Text),
    Column("lease_until", UtcTime),
    Column("attempts", Integer, nullable=False),
    Index("uq_jobs_token", "invoker_account", "region", "client_request_token", unique=True),
    Index("ix_jobs_newest", "account", "region", "created_at", "job_id"),
    Index("ix_jobs_invoked_newest", "invoker_account", "region", "created_at", "job_id", **_FOREIGN),
    Index("ix_jobs_invoked", "invoker_account", "region", "job_id", **_FOREIGN),
    Index("ix_jobs_waiting", "status", "created_at"),
    Index("ix_jobs_revoked", "revoked_at"),
    comment="Signing jobs. Moments are microseconds since 1970. A Succeeded row vouches for the one signature with its"
    " job ARN (arn:PARTITION:signer:region:account:/signing-jobs/job_id), profile_version_arn, seal, signing_time and"
    " expires_at. Rows are never deleted.",
)
jobs = Rows(jobs_table, Job)
_c = jobs_table.c


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs to list: those that fulfil every condition that is not None.

    Attributes:
        is_revoked: True lists only revoked signatures, False only jobs without one.
        expires_before: Signatures that expire before this moment (not at it); jobs without a signature never do.
        expires_after: Signatures that expire after it.
    """

    status: str | None = None
    platform_id: str | None = None
    requested_by: str | None = None
    invoker_account: str | None = None
    is_revoked: bool | None = None
    expires_before: datetime | None = None
    expires_after: datetime | None = None


def find_job_by_token(tx: Tx, *, invoker: str, region: str, token: str) -> Job | None:
    """Answer the job that an account has asked for under this token, or None."""
    found = jobs.select(tx, _c.invoker_account == invoker, _c.region == region, _c.client_request_token == token)
    return found[0] if found else None


def find_invoked_job(tx: Tx, *, invoker: str, region: str, job_id: str) -> Job | None:
    """Answer a job that an account has asked for and another one owns, or None."""
    found = jobs.select(tx, *_invoked(invoker), _c.region == region, _c.job_id == job_id)
    return found[0] if found else None


def list_jobs(
    tx: Tx, *, account: str, region: str, where: JobFilter, before: tuple[datetime, str] | None, limit: int
) -> list[Job]:
    """Answer the jobs that an account owns or has asked for, the newest first.

    Args:
        tx: A transaction.
        account: Whose jobs.
        region: Where.
        where: Which.
        before: Only those after this position: creation time and job id.
        limit: At most so many.
    """
    conditions = [_c.region == region, *_conditions(where)]
    if before is not None:
        moment, job_id = before
        conditions.append(or_(_c.created_at < moment, and_(_c.created_at == moment, _c.job_id < job_id)))
    # Asked in two questions, each of which an index answers in order; one with "or" would sort all jobs for each page.
    own, invoked = (
        jobs.select(tx, *whose, *conditions, order_by=[_c.created_at.desc(), _c.job_id.desc()], limit=limit)
        for whose in ([_c.account == account], _invoked(account))
    )
    return sorted([*own, *invoked], key=lambda job: (job.created_at, job.job_id), reverse=True)[:limit]


def _invoked(account: str) -> list[ColumnElement[bool]]:
    """Answer the conditions of a job that an account has asked for and another owns."""
    return [_c.invoker_account == account, _c.invoker_account != _c.account]


def _conditions(where: JobFilter) -> list[ColumnElement[bool]]:
    equal = {
        "status": where.status,
        "platform_id": where.platform_id,
        "requested_by": where.requested_by,
        "invoker_account": where.invoker_account,
    }
    conditions = [_c[name] == value for name, value in equal.items() if value is not None]
    if where.is_revoked is not None:
        conditions.append(_c.revoked_at.is_not(None) if where.is_revoked else _c.revoked_at.is_(None))
    if where.expires_before is not None:
        conditions.append(_c.expires_at < where.expires_before)
    if where.expires_after is not None:
        conditions.append(_c.expires_at > where.expires_after)
    return conditions


def list_jobs_of_id(tx: Tx, job_id: str) -> list[Job]:
    """Answer the jobs of an id, of whatever account and region: one at most, but where somebody made ids collide."""
    return jobs.select(tx, _c.job_id == job_id, order_by=[_c.account, _c.region])


def list_revoked_jobs(tx: Tx) -> list[Job]:
    """Answer every job of every account and region whose signature is revoked, the first revoked first."""
    return jobs.select(tx, _c.revoked_at.is_not(None), order_by=[_c.revoked_at, _c.job_id])


def _waiting(now: datetime) -> ColumnElement[bool]:
    return and_(_c.status == "InProgress", or_(_c.lease_until.is_(None), _c.lease_until <= now))


def list_waiting_jobs(tx: Tx, *, now: datetime, limit: int) -> list[Job]:
    """Answer jobs that nobody works on, or whose worker's lease has run out, the oldest first."""
    return jobs.select(tx, _waiting(now), order_by=[_c.created_at], limit=limit)


def renew_leases(tx: Tx, *, owner: str, job_ids: Collection[str], until: datetime) -> None:
    """Lengthen the leases that an owner holds on these jobs."""
    held = and_(_c.status == "InProgress", _c.lease_owner == owner, _c.job_id.in_(job_ids))
    tx.execute(update(jobs_table).where(held).values(lease_until=until))


def release_leases(tx: Tx, *, owner: str) -> None:
    """Give back every job that an owner has taken up and not ended."""
    held = and_(_c.status == "InProgress", _c.lease_owner == owner)
    tx.execute(update(jobs_table).where(held).values(lease_owner=None, lease_until=None))


def blob_references(tx: Tx) -> set[str]:
    """Answer the blobs that jobs in progress still have to read."""
    return set(tx.execute(select(_c.source_sha256).where(_c.status == "InProgress")).scalars())
