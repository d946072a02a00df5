"""What was revoked, and who knows of it. `sealgate.trust.revocation_list` carries it to where no server is.

A revoked job's signature is not trusted any more; a revoked profile version's signatures are not trusted if they were
made strictly after the revocation's effective time, and stay good if made before or at it: AWS Signer's rules.

Under a revoked issuing CA only the signatures stand that a job's record vouches for: whoever stole its key signs what
they like, at any time that they claim, and has no record of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sealgate.package.seal import encode_seal
from sealgate.trust.assessment import Signature

_TBS_DIGITS = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Why a signature is not trusted any more.

    Attributes:
        subject: `job`, `profile version` or `issuing CA`.
        arn: Which; an issuing CA's name.
        revoked_at: When it was revoked.
        effective_from: For a profile version: signatures made after this moment are revoked. For an issuing CA: those
            made after it are, even if a job's record vouches for them; None: no record is doubted.
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
class RevokedAuthority:
    """A revoked issuing CA.

    Attributes:
        identity: Its certificate: 96 hexadecimal digits, as `issuers_of` names it.
        name: Its subject.
        effective_from: Until when jobs' records are believed; None: always.
        standing: The vouchers of its signatures that stand all the same.
    """

    identity: str
    name: str
    effective_from: datetime | None
    revoked_at: datetime
    reason: str
    standing: AbstractSet[str]

    def find_revocation(self, signature: Signature) -> Revocation | None:
        """Answer that it is what revokes a signature, or None."""
        if self.identity not in issuers_of(signature) or find_voucher(signature) in self.standing:
            return None
        return Revocation(
            subject="issuing CA",
            arn=self.name,
            revoked_at=self.revoked_at,
            effective_from=self.effective_from,
            reason=self.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """All that one authority revoked.

    Attributes:
        jobs: The revoked jobs.
        profile_versions: The revoked profile versions.
        authorities: The revoked issuing CAs.
        issued_at: When the list was made, in UTC and whole seconds.
        next_update: When a newer one should be had, in UTC and whole seconds.
    """

    jobs: tuple[RevokedJob, ...]
    profile_versions: tuple[RevokedProfileVersion, ...]
    authorities: tuple[RevokedAuthority, ...] = ()
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
        found = (authority.find_revocation(signature) for authority in self.authorities)
        return next((revocation for revocation in found if revocation is not None), None)


def is_after(effective_from: datetime, signature: Signature) -> bool:
    """Say whether a signature was made strictly after a profile version's revocation took effect."""
    return effective_from < signature.signing_time


def issuers_of(signature: Signature) -> frozenset[str]:
    """Name the issuing CAs that a signature depends on, as the first halves of their names in GetRevocationStatus.

    That is the SHA-384 of a certificate's to-be-signed part: the whole certificate has a mirror, whose own ECDSA
    signature verifies as well, and so a second fingerprint under which it would escape.
    """
    return frozenset(name[:_TBS_DIGITS] for name in signature.certificate_hashes[1:-1])


def make_voucher(
    *, job_arn: str, profile_version_arn: str, seal: bytes, signing_time: datetime, expires_at: datetime
) -> str:
    """Name one signature for good: what a job's record and the signature have to agree on, hashed.

    Args:
        job_arn: The signing job.
        profile_version_arn: The profile version.
        seal: The DER of the archive seal.
        signing_time: In UTC and whole seconds, as the next.
        expires_at: Until when the signer vouches.
    """
    times = (f"{moment:%Y%m%d%H%M%SZ}" for moment in (signing_time, expires_at))
    lines = (job_arn, profile_version_arn, seal.hex(), *times)
    return hashlib.sha384("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def find_voucher(signature: Signature) -> str | None:
    """Answer the voucher that would let a signature stand; None without a seal: nobody vouches for such a one."""
    if signature.seal is None:
        return None
    return make_voucher(
        job_arn=signature.job_arn,
        profile_version_arn=signature.profile_version_arn,
        seal=encode_seal(signature.seal),
        signing_time=signature.signing_time,
        expires_at=signature.expires_at,
    )


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
