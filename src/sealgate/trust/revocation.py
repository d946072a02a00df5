"""What was revoked, by AWS Signer's rules, and who knows of it.

A revoked job's signature is not trusted any more; a revoked profile version's signatures are not trusted if they were
made strictly after the revocation's effective time, and stay good if made before or at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sealgate.trust.assessment import Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Why a signature is not trusted any more.

    Attributes:
        subject: `job` or `profile version`.
        arn: Which.
        revoked_at: When it was revoked.
        effective_from: For a profile version: signatures made after this moment are revoked.
        reason: Why, in the words of who revoked it.
    """

    subject: str
    arn: str
    revoked_at: datetime
    effective_from: datetime | None
    reason: str


class RevocationKnowledge(Protocol):
    """Somebody who knows what was revoked."""

    def find_revocation(self, signature: Signature) -> Revocation | None:
        """Answer what revokes a signature, or None if nothing known does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedJob:
    """A revoked signature."""

    arn: str
    revoked_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedProfileVersion:
    """A revoked profile version; `effective_from` is the moment after which its signatures are revoked."""

    arn: str
    effective_from: datetime
    revoked_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """All that one authority revoked.

    Attributes:
        jobs: The revoked jobs.
        profile_versions: The revoked profile versions.
        issued_at: When the list was made, in UTC and whole seconds.
        next_update: When a newer one should be had, in UTC and whole seconds.
    """

    jobs: tuple[RevokedJob, ...]
    profile_versions: tuple[RevokedProfileVersion, ...]
    issued_at: datetime
    next_update: datetime

    def find_revocation(self, signature: Signature) -> Revocation | None:
        """Answer what revokes a signature of the authority that the list is from, or None."""
        for job in self.jobs:
            if job.arn == signature.job_arn:
                return Revocation(
                    subject="job", arn=job.arn, revoked_at=job.revoked_at, effective_from=None, reason=job.reason
                )
        for version in self.profile_versions:
            if version.arn == signature.profile_version_arn and is_after(version.effective_from, signature):
                return Revocation(
                    subject="profile version",
                    arn=version.arn,
                    revoked_at=version.revoked_at,
                    effective_from=version.effective_from,
                    reason=version.reason,
                )
        return None


def is_after(effective_from: datetime, signature: Signature) -> bool:
    """Say whether a signature was made strictly after a profile version's revocation took effect."""
    return effective_from < signature.signing_time


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedRevocations:
    """A revocation list whose signature was verified.

    Attributes:
        revocations: The list.
        root_sha256: The fingerprint of the root that its signer's path ends at.
        is_stale: A newer list should have been had.
    """

    revocations: RevocationList
    root_sha256: str
    is_stale: bool

    def covers(self, signature: Signature) -> bool:
        """Say whether the list speaks of this signature: both are from the same authority."""
        return signature.chain[-1].sha256 == self.root_sha256

    def find_revocation(self, signature: Signature) -> Revocation | None:
        """Answer what revokes a signature, or None if nothing known does; an authority revokes only its own."""
        return self.revocations.find_revocation(signature) if self.covers(signature) else None
