"""Revocation: take trust away from a signature or a profile, tell who asks, and vouch for the rest.

AWS Signer's rules, which `sealgate.trust.revocation` states once for every judge: a revoked job's signature is not
trusted; a revoked profile's signatures are not trusted if they were made strictly after the effective time. What falls
with an issuing CA, `sealgate.services.signing.issuing_authorities` says. Nothing is ever un-revoked. Revocations hold
in every account and region of the server, as AWS's do in every region of a partition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sealgate.arn import Arn, canonical_publisher, job_arn, parse_arn, partition_of, profile_version_arn
from sealgate.clock import Clock
from sealgate.errors import Conflict, Invalid, NotFound
from sealgate.package.seal import encode_seal
from sealgate.services.scope import Scope
from sealgate.services.signing.issuing_authorities import find_revoked, is_revoked_certificate, list_revoked
from sealgate.services.signing.platforms import LAMBDA_PLATFORM, find_platform
from sealgate.services.signing.profiles import find_profile, profile_not_found
from sealgate.services.signing.service import find_job, job_not_found
from sealgate.store import jobs as job_store
from sealgate.store import profiles as profile_store
from sealgate.store.database import Database, Tx
from sealgate.store.jobs import Job
from sealgate.store.profiles import Profile
from sealgate.trust.assessment import Signature
from sealgate.trust.revocation import (
    Revocation,
    RevocationList,
    RevokedAuthority,
    RevokedJob,
    RevokedProfileVersion,
)

_JOB = re.compile(r"/signing-jobs/(.+)")
_PROFILE_VERSION = re.compile(r"/signing-profiles/([^/]+)/([^/]+)")
_MAX_HASH = 2048
"""The longest name of a certificate (the model of the service `signer-data`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusQuery:
    """What a caller wants to know of one signature.

    Attributes:
        signing_time: When it was made.
        certificate_hashes: Its chain, as GetRevocationStatus names certificates.
    """

    platform_id: str
    profile_version_arn: str
    job_arn: str
    signing_time: datetime
    certificate_hashes: Sequence[str]


class RevocationService:
    """The use cases of revocation.

    Args:
        db: Where jobs and profiles are.
        clock: The time.
        strict_aws: Refuse to answer for the Lambda platform, as AWS does, whose Lambda asks in its own way; and take
            ARNs of profile versions in AWS's form only.
    """

    def __init__(self, *, db: Database, clock: Clock, strict_aws: bool) -> None:
        self._db = db
        self._clock = clock
        self._strict_aws = strict_aws

    def revoke_signature(self, scope: Scope, job_id: str, *, reason: str, owner: str | None = None) -> None:
        """Revoke the signature that a job made. One that is revoked already stays as it was first revoked.

        Args:
            scope: Whose call it is.
            job_id: The job's.
            reason: Why, in the caller's words.
            owner: The account of the job, which the door has let the caller into; None: the caller's.

        Raises:
            NotFound: There is no such job.
            Conflict: The job has made no signature.
        """
        with self._db.write() as tx:
            job = find_job(tx, account=owner or scope.account, region=scope.region, job_id=job_id)
            if job is None:
                raise job_not_found(job_id)
            if job.status != "Succeeded":
                raise Conflict(f"Signing job {job_id} is {job.status}; it has no signature that could be revoked")
            if job.revoked_at is None:
                revoked = replace(job, revoked_at=self._clock(), revoked_by=scope.caller_arn, revocation_reason=reason)
                job_store.jobs.replace(tx, revoked)

    def revoke_profile(self, scope: Scope, name: str, *, version: str, reason: str, effective_from: datetime) -> None:
        """Revoke a profile: it signs no more, and what it signed after a moment is not trusted any more.

        Said again, it can only move that moment back; when, by whom and why stay those of the first time. A canceled
        profile can be revoked too.

        Raises:
            NotFound: There is no such profile, or not in this version.
            Invalid: The moment lies in the future.
            Conflict: The profile is revoked from an earlier moment on.
        """
        now = self._clock()
        if effective_from > now:
            raise Invalid(f"effectiveTime {effective_from.isoformat()} must not be in the future")
        with self._db.write() as tx:
            profile = find_profile(tx, scope, name)
            if profile is None:
                raise profile_not_found(name)
            if profile.version != version:
                raise NotFound(
                    f"Version {version} does not exist for SigningProfile {name}.", reason="ProfileVersionNotFound"
                )
            profile_store.profiles.replace(
                tx, _revoked(profile, effective_from=effective_from, now=now, by=scope.caller_arn, reason=reason)
            )

    def status(self, scope: Scope, query: StatusQuery) -> tuple[str, ...]:
        """Answer which of the names that a caller gave are revoked: the profile version's ARN, the job's, certificates.

        A revoked issuing CA's certificate is, and each that it issued: whether a job vouches for the signature cannot
        be told by such names alone. Whose they are does not matter, nor whether they exist; what can be no such name is
        refused, since a caller would take an empty answer for a good one. Names are answered as they were given.

        Raises:
            Invalid: The platform's signatures cannot be asked for, or a name is malformed, of another kind of thing,
                or from another partition.
        """
        self._check_platform(query.platform_id)
        version_arn = query.profile_version_arn
        if not self._strict_aws:
            version_arn = canonical_publisher(version_arn)
        partition = partition_of(scope.region)
        _check_arn(version_arn, _PROFILE_VERSION, what="a version of a signing profile", partition=partition)
        _check_arn(query.job_arn, _JOB, what="a signing job", partition=partition)
        if not all(1 <= len(name) <= _MAX_HASH for name in query.certificate_hashes):
            raise Invalid(f"Each of certificateHashes must have 1 to {_MAX_HASH} characters")
        with self._db.read() as tx:
            profile = find_profile_version(tx, version_arn)
            job = find_signing_job(tx, query.job_arn)
            certificates = [name for name in query.certificate_hashes if is_revoked_certificate(tx, name)]
        revoked = []
        if profile and _is_revoked_after(profile, query.signing_time):
            revoked.append(query.profile_version_arn)
        if job and job.revoked_at is not None:
            revoked.append(query.job_arn)
        return (*revoked, *certificates)

    def knowledge(self) -> DatabaseRevocations:
        """Answer who knows, for admission, what was revoked: the database as it is when it is asked."""
        return DatabaseRevocations(db=self._db, clock=self._clock)

    def find_revocation(self, tx: Tx, signature: Signature) -> Revocation | None:
        """Answer what revokes a signature, as a transaction that is under way sees it."""
        return _find_revocation(tx, signature, now=self._clock())

    def has_profile_version(self, arn: str) -> bool:
        """Tell whether a profile version is one of this server's, of whatever account and region."""
        with self._db.read() as tx:
            return find_profile_version(tx, arn) is not None

    def is_vouched(self, signature: Signature) -> bool:
        """Tell whether a job has made this very signature."""
        return self.find_vouching(signature) is not None

    def find_vouching(self, signature: Signature) -> Job | None:
        """Answer the job that has made this very signature, or None: then nobody here vouches for it.

        A signature under this server's own root is to be accepted only where a job does: its signing time is else only
        the word of whoever held the key. Job, profile version, seal, signing time and expiry have to agree.
        """
        with self._db.read() as tx:
            job = find_signing_job(tx, signature.job_arn)
        if job is None or job.status != "Succeeded" or signature.seal is None:
            return None
        made = (job.profile_version_arn, job.seal, job.signing_time, job.expires_at)
        claimed = (
            signature.profile_version_arn,
            encode_seal(signature.seal).hex(),
            signature.signing_time,
            signature.expires_at,
        )
        return job if made == claimed else None

    def revocation_list(self, *, valid_for: timedelta) -> RevocationList:
        """Answer everything that was revoked in this server, for a signed list.

        Args:
            valid_for: How long, in whole seconds, until a newer list should be had.
        """
        issued_at = self._clock().replace(microsecond=0)
        with self._db.read() as tx:
            jobs = job_store.list_revoked_jobs(tx)
            profiles = profile_store.list_revoked_profiles(tx)
            authorities = list_revoked(tx)
        return _make_list(
            jobs=jobs, profiles=profiles, authorities=authorities, issued_at=issued_at, valid_for=valid_for
        )

    def _check_platform(self, platform_id: str) -> None:
        platform = find_platform(platform_id)
        is_refused = self._strict_aws and platform_id == LAMBDA_PLATFORM
        if platform is None or not platform.revocation_supported or is_refused:
            raise Invalid(f"Invalid platformId: {platform_id}")


class DatabaseRevocations:
    """What one database knows was revoked; implements `sealgate.trust.revocation.RevocationKnowledge`."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def find_revocation(self, signature: Signature) -> Revocation | None:
        """Answer what revokes a signature, the job first, or None."""
        with self._db.read() as tx:
            return _find_revocation(tx, signature, now=self._clock())


def _find_revocation(tx: Tx, signature: Signature, *, now: datetime) -> Revocation | None:
    job = find_signing_job(tx, signature.job_arn)
    profile = find_profile_version(tx, signature.profile_version_arn)
    revocations = _make_list(
        jobs=[job] if job is not None and job.revoked_at is not None else [],
        profiles=[profile] if profile is not None and profile.status == "Revoked" else [],
        authorities=find_revoked(tx, signature, job),
        issued_at=now,
        valid_for=timedelta(0),
    )
    return revocations.find_revocation(signature)


def _revoked(profile: Profile, *, effective_from: datetime, now: datetime, by: str, reason: str) -> Profile:
    if profile.revocation_effective_from is None:
        return replace(
            profile,
            status="Revoked",
            revocation_effective_from=effective_from,
            revoked_at=now,
            revoked_by=by,
            revocation_reason=reason,
        )
    if effective_from > profile.revocation_effective_from:
        raise Conflict(
            f"Signing Profile {profile.name} is revoked from {profile.revocation_effective_from.isoformat()} on;"
            " effectiveTime can only be moved to an earlier time"
        )
    return replace(profile, revocation_effective_from=effective_from)


def _is_revoked_after(profile: Profile, signing_time: datetime) -> bool:
    effective_from = profile.revocation_effective_from
    return effective_from is not None and effective_from < signing_time


def _make_list(
    *,
    jobs: Sequence[Job],
    profiles: Sequence[Profile],
    authorities: tuple[RevokedAuthority, ...],
    issued_at: datetime,
    valid_for: timedelta,
) -> RevocationList:
    return RevocationList(
        jobs=tuple(_revoked_job(job) for job in jobs),
        profile_versions=tuple(_revoked_profile_version(profile) for profile in profiles),
        authorities=authorities,
        issued_at=issued_at,
        next_update=issued_at + valid_for,
    )


def _revoked_job(job: Job) -> RevokedJob:
    assert job.revoked_at is not None
    return RevokedJob(arn=job.arn, revoked_at=job.revoked_at, reason=job.revocation_reason or "")


def _revoked_profile_version(profile: Profile) -> RevokedProfileVersion:
    assert profile.revocation_effective_from is not None
    assert profile.revoked_at is not None
    return RevokedProfileVersion(
        arn=profile.version_arn,
        effective_from=profile.revocation_effective_from,
        revoked_at=profile.revoked_at,
        reason=profile.revocation_reason or "",
    )


def _check_arn(text: str, kind: re.Pattern[str], *, what: str, partition: str) -> None:
    arn = parse_arn(text)
    if arn.service != "signer" or arn.partition != partition or not kind.fullmatch(arn.resource):
        raise Invalid(f"{text} is not the ARN of {what} in the partition {partition}")


def find_signing_job(tx: Tx, text: str) -> Job | None:
    """Answer the job with exactly this ARN, of whatever account and region, or None."""
    arn = _find_arn(text)
    match = arn and _JOB.fullmatch(arn.resource)
    if not arn or not match or text != job_arn(arn.region, arn.account, match[1]):
        return None
    return job_store.jobs.find(tx, account=arn.account, region=arn.region, job_id=match[1])


def find_profile_version(tx: Tx, text: str) -> Profile | None:
    """Answer the profile whose version has exactly this ARN, of whatever account and region, or None."""
    arn = _find_arn(text)
    match = arn and _PROFILE_VERSION.fullmatch(arn.resource)
    if not arn or not match or text != profile_version_arn(arn.region, arn.account, match[1], match[2]):
        return None
    profile = profile_store.profiles.find(tx, account=arn.account, region=arn.region, name=match[1])
    return profile if profile is not None and profile.version == match[2] else None


def _find_arn(text: str) -> Arn | None:
    try:
        return parse_arn(text)
    except Invalid:
        return None
