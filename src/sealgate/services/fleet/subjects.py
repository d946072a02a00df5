"""What signatures stand and fall with: a signing job, a profile version, an issuing CA; and what cannot be revoked.

The rules are those of `sealgate.trust.revocation`, asked before anything is revoked: a job's signature falls with it; a
profile version's fall that were made after a moment; an issuing CA's fall that were made after the moment from which
on the records of jobs are doubted, and all others stand, since their jobs vouch for them.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sealgate.runtime.stored import StoredPackage
from sealgate.store.authorities import RevokedIssuingCa
from sealgate.store.jobs import Job
from sealgate.store.profiles import Profile
from sealgate.trust.revocation import Revocation


class Subject(Protocol):
    """Something that packages carry.

    `job` is the record of a package's signing job: None where it has no signature, or one of another authority, which
    nobody here can revoke.
    """

    @property
    def kind(self) -> str:
        """What it is, in words."""
        ...

    @property
    def name(self) -> str:
        """Its ARN, a certificate's subject or fingerprint, or a package's SHA-256."""
        ...

    @property
    def revocation(self) -> Revocation | None:
        """Its revocation; None while it is not revoked."""
        ...

    @property
    def effective_from(self) -> datetime | None:
        """Signatures made after this moment are looked at as fallen; None: no moment counts."""
        ...

    def carries(self, package: StoredPackage, job: Job | None) -> bool:
        """Tell whether a package carries it."""
        ...

    def falls(self, job: Job | None) -> bool:
        """Tell whether the signature of a package that carries it falls when it is revoked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningJob:
    """A signing job, and the package that it has signed.

    Attributes:
        name: Its ARN.
        job: Its record; None where another authority's signature names it.
        sha256: The signed package, where it was given as a file: it counts wherever it lies, signature or not.
    """

    name: str
    job: Job | None
    sha256: str | None = None
    effective_from: None = None

    @property
    def kind(self) -> str:
        """What it is."""
        return "signing job"

    @property
    def revocation(self) -> Revocation | None:
        """That of the job."""
        if self.job is None or self.job.revoked_at is None:
            return None
        return Revocation(
            subject="job",
            arn=self.name,
            revoked_at=self.job.revoked_at,
            effective_from=None,
            reason=self.job.revocation_reason or "",
        )

    def carries(self, package: StoredPackage, job: Job | None) -> bool:  # noqa: ARG002 - as `Subject` has it
        """Tell whether the job has signed it."""
        return package.job_arn == self.name or package.sha256 == self.sha256

    def falls(self, job: Job | None) -> bool:
        """Tell whether the signature is one of this server."""
        return job is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileVersion:
    """A version of a signing profile.

    Attributes:
        name: Its ARN.
        profile: None where it is another authority's.
        effective_from: Signatures made after this moment fall; None: all of them.
    """

    name: str
    profile: Profile | None
    effective_from: datetime | None

    @property
    def kind(self) -> str:
        """What it is."""
        return "profile version"

    @property
    def revocation(self) -> Revocation | None:
        """That of the profile."""
        profile = self.profile
        if profile is None or profile.revoked_at is None:
            return None
        return Revocation(
            subject=self.kind,
            arn=self.name,
            revoked_at=profile.revoked_at,
            effective_from=profile.revocation_effective_from,
            reason=profile.revocation_reason or "",
        )

    def carries(self, package: StoredPackage, job: Job | None) -> bool:  # noqa: ARG002 - as `Subject` has it
        """Tell whether it was signed in this name."""
        return package.profile_version_arn == self.name

    def falls(self, job: Job | None) -> bool:
        """Tell whether the signature was made after the moment."""
        return self.profile is not None and job is not None and _is_late(job, self.effective_from, otherwise=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingCa:
    """An issuing CA of this server's authority.

    Attributes:
        identity: Its certificate, as `sealgate.store.authorities` names it.
        name: Its subject.
        revoked: None while it is not revoked.
        effective_from: The records of signatures made after this moment are doubted; None: none are.
    """

    identity: str
    name: str
    revoked: RevokedIssuingCa | None
    effective_from: datetime | None

    @property
    def kind(self) -> str:
        """What it is."""
        return "issuing CA"

    @property
    def revocation(self) -> Revocation | None:
        """That of the certificate."""
        if self.revoked is None:
            return None
        return Revocation(
            subject=self.kind,
            arn=self.name,
            revoked_at=self.revoked.revoked_at,
            effective_from=self.revoked.effective_from,
            reason=self.revoked.reason,
        )

    def carries(self, package: StoredPackage, job: Job | None) -> bool:  # noqa: ARG002 - as `Subject` has it
        """Tell whether the signature depends on it; one from before that was recorded may."""
        return job is not None and job.issuing_ca in (self.identity, None)

    def falls(self, job: Job | None) -> bool:
        """Tell whether the record of the signature is doubted."""
        return job is not None and _is_late(job, self.effective_from, otherwise=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerCertificate:
    """A certificate that signatures bring along and nobody revokes by itself: a leaf, or another authority's.

    Its signatures fall when each one's job is revoked, or the profile version.

    Attributes:
        packages: Those whose signature brings it along.
    """

    name: str
    packages: AbstractSet[StoredPackage]
    revocation: None = None
    effective_from: None = None

    @property
    def kind(self) -> str:
        """What it is."""
        return "certificate"

    def carries(self, package: StoredPackage, job: Job | None) -> bool:  # noqa: ARG002 - as `Subject` has it
        """Tell whether its signature brings it along."""
        return package in self.packages

    def falls(self, job: Job | None) -> bool:
        """Tell whether the signature is one of this server."""
        return job is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedPackage:
    """A package without a signature that counts: nothing of it can be revoked.

    Attributes:
        name: Its SHA-256: 64 hexadecimal digits.
    """

    name: str
    revocation: None = None
    effective_from: None = None

    @property
    def kind(self) -> str:
        """What it is."""
        return "package"

    def carries(self, package: StoredPackage, job: Job | None) -> bool:  # noqa: ARG002 - as `Subject` has it
        """Tell whether it is the same."""
        return package.sha256 == self.name

    def falls(self, job: Job | None) -> bool:  # noqa: ARG002 - as `Subject` has it
        """Answer that it does not."""
        return False


def _is_late(job: Job, effective_from: datetime | None, *, otherwise: bool) -> bool:
    assert job.signing_time is not None
    return otherwise if effective_from is None else effective_from < job.signing_time
