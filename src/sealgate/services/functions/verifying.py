"""What a package that shall be deployed says of itself: the first half of admission, which needs no database.

The server's gate asks here, and so does `sealgate gate` before a deployment, so that both find the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sealgate.errors import IntegrityError, PackageError
from sealgate.package.source import Source
from sealgate.services.functions.package_contents import carries_signature
from sealgate.trust.assessment import Assessment, Signature
from sealgate.trust.roots import RootKind, TrustRoots
from sealgate.trust.verify import verify_package

Subject = Assessment | IntegrityError | PackageError
"""What was found, or why a signature that is there is not one of these bytes."""


class SigningRecords(Protocol):
    """Who knows what an authority's signing jobs have made."""

    def has_profile_version(self, arn: str) -> bool:
        """Tell whether a profile version is one of the authority's own."""
        ...

    def is_vouched(self, signature: Signature) -> bool:
        """Tell whether a Succeeded job made exactly this signature."""
        ...


def verify_deployable(source: Source, *, roots: TrustRoots, at: datetime, records: SigningRecords | None) -> Subject:
    """Verify a package that shall be deployed; nothing is refused yet.

    Args:
        source: The package.
        roots: Whose signatures count.
        at: The moment to judge at.
        records: Of the authority among the roots. None: out of reach, and nobody has to vouch for a signature.
    """
    try:
        assessment = verify_package(source, roots=roots, at=at)
        if assessment.signature is not None and records is not None:
            _verify_vouched(assessment.signature, records)
    except IntegrityError as error:
        return error
    except PackageError as error:
        # The strict reader of signatures refuses more than must be refused of packages that carry none.
        return error if carries_signature(source) else Assessment(signature=None)
    return assessment


def _verify_vouched(signature: Signature, records: SigningRecords) -> None:
    """Accept a signature in the name of an authority only when a signing job of it made it.

    A stolen leaf or issuing key signs whatever it likes, with any time: only the record of the job tells. And an
    imported root speaks for its own profiles, never for one of the authority's.
    """
    is_own = signature.root_kind == RootKind.AUTHORITY
    if not is_own and not records.has_profile_version(signature.profile_version_arn):
        return
    if not is_own or not records.is_vouched(signature):
        raise IntegrityError("no signing job of this server made this signature", reason="NotVouchedFor")
