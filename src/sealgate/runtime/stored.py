"""A stored package, verified again before it is started.

What was recorded when it was deployed says what it must be:

- A signature that was whole then must be whole now, of the same signing job and profile version. A sealed package is
  hashed as its seal wants it, one in AWS's format by AWS's digest and by the SHA-256 that it is stored under.
- Without such a signature, the package is what its SHA-256 says, and nothing else is known of it.

Whether the signature is still good (expiry, revocation) is policy, and judged elsewhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sealgate.errors import IntegrityError, PackageError
from sealgate.package.measure import CHUNK_SIZE
from sealgate.package.seal import begin_measuring
from sealgate.package.source import Source
from sealgate.trust.assessment import Signature
from sealgate.trust.roots import TrustRoots
from sealgate.trust.verify import verify_package


class StoredPackageAltered(IntegrityError):
    """The stored bytes are not those of the package that was deployed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPackage:
    """What was recorded of a package when it was deployed.

    Attributes:
        sha256: The whole file, and so the name of its blob: 64 lower-case hexadecimal digits.
        job_arn: The signing job, where a signature was verified; else None.
        profile_version_arn: Who signed it; None likewise.
    """

    sha256: str
    job_arn: str | None = None
    profile_version_arn: str | None = None

    @property
    def is_signed(self) -> bool:
        """Whether a signature was verified when it was deployed."""
        return self.job_arn is not None


def verify_stored(
    source: Source,
    package: StoredPackage,
    *,
    roots: TrustRoots,
    at: datetime,
    threads: int | None = None,
) -> Signature | None:
    """Verify a stored package against what was recorded of it; answer its signature, or None if none was recorded.

    Args:
        source: The stored bytes.
        package: What was recorded.
        roots: Whose signatures count.
        at: The present.
        threads: How many threads hash beside this one, if it is sealed; None takes as many as there are cores.

    Raises:
        IntegrityError: It is another package than was recorded, or altered, or its signature is none any more.
    """
    if not package.is_signed:
        verify_name(package, hash_whole(source))
        return None
    try:
        measured = begin_measuring(source, threads=threads)
        if measured is not None:
            measured.roots()  # first, since it leaves the interpreter to who starts the process meanwhile
        assessment = verify_package(source, roots=roots, at=at, measured=measured)
    except PackageError as error:
        raise StoredPackageAltered(f"the stored package is damaged: {error.message}") from error
    signature = verify_recorded(package, assessment.signature)
    if not signature.sealed:
        verify_name(package, hash_whole(source))
    return signature


def verify_recorded(package: StoredPackage, signature: Signature | None) -> Signature:
    """Check that a package's signature is the one that was recorded.

    Raises:
        StoredPackageAltered: There is none (reason SignatureMissing), or that of another signing job or profile
            version (SignatureReplaced).
    """
    if signature is None:
        raise StoredPackageAltered("the stored package carries no signature any more", reason="SignatureMissing")
    found = (signature.job_arn, signature.profile_version_arn)
    if found != (package.job_arn, package.profile_version_arn):
        raise StoredPackageAltered(
            f"the stored package is another one: it was signed by {signature.job_arn} for "
            f"{signature.profile_version_arn}, and what was deployed by {package.job_arn} for "
            f"{package.profile_version_arn}",
            reason="SignatureReplaced",
        )
    return signature


def verify_name(package: StoredPackage, sha256: str) -> None:
    """Check that the bytes are those that a package is named by.

    Raises:
        StoredPackageAltered: They are others.
    """
    if sha256 != package.sha256:
        raise StoredPackageAltered(
            f"the stored package was altered: its SHA-256 is {sha256}, not {package.sha256}", reason="ContentsAltered"
        )


def hash_whole(source: Source) -> str:
    """Answer the SHA-256 of all bytes, in lower-case hexadecimal.

    Raises:
        StoredPackageAltered: The bytes cannot be read, or end early.
    """
    state = hashlib.sha256()
    try:
        for offset in range(0, source.size, CHUNK_SIZE):
            state.update(source.read_at(offset, min(CHUNK_SIZE, source.size - offset)))
    except PackageError as error:
        raise StoredPackageAltered(f"the stored package cannot be read: {error.message}") from error
    return state.hexdigest()
