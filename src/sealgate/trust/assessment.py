"""What a verification found, as values."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from sealgate.package.seal import ArchiveSeal
from sealgate.values import value


@value
class CertificateFacts:
    """One certificate of a validated path.

    Attributes:
        subject: The name (RFC 4514).
        serial: The serial number in lower-case hexadecimal.
        not_before: Valid from.
        not_after: Valid until, inclusive.
        sha256: The fingerprint of its DER in lower-case hexadecimal.
    """

    subject: str
    serial: str
    not_before: datetime
    not_after: datetime
    sha256: str


@value
class Signature:
    """A signature that is whole: made with the key that a trusted root vouches for, over these very bytes.

    Nothing here says that it is still good: expiry, publisher and revocation are policy (`sealgate.policy.admission`).

    Attributes:
        job_arn: The signing job.
        profile_version_arn: The profile version: the publisher.
        signing_time: When, by the signer's own word.
        expires_at: Until when the signer vouches.
        sealed: The archive seal covers every byte of the file; else AWS's digest covers names and bodies only.
        seal: The seal's values where sealed.
        content_digest: AWS's digest, 48 bytes, where it was computed: not where sealed.
        message_digest: The signed message digest; with the job ARN it names the signature.
        chain: The validated path, leaf first, root last.
        root_name: What the trusted root is called.
        root_kind: `authority`, `aws` or `imported`.
        certificate_hashes: The path's names in Signer's GetRevocationStatus, leaf first.
    """

    job_arn: str
    profile_version_arn: str
    signing_time: datetime
    expires_at: datetime
    sealed: bool
    seal: ArchiveSeal | None
    content_digest: bytes | None
    message_digest: bytes
    chain: tuple[CertificateFacts, ...]
    root_name: str
    root_kind: str
    certificate_hashes: tuple[str, ...]


@value
class Assessment:
    """A package that is not broken: unsigned, or with a whole signature. It is no verdict, and no truth value.

    Attributes:
        signature: The signature, or None where the package carries none.
    """

    signature: Signature | None

    def __bool__(self) -> NoReturn:
        """Refuse to be mistaken for a verdict.

        Raises:
            TypeError: Always.
        """
        raise TypeError("an assessment is no verdict; ask sealgate.policy.admission.decide")
