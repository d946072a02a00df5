"""Who signed a block: its certificates, the signer's key, the path to a trusted root, how ours are bound."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from cryptography import x509

from sealgate.cms.signed_data import identify_certificate, is_self_issued
from sealgate.errors import IntegrityError
from sealgate.trust.algorithms import MAX_CLOCK_SKEW
from sealgate.trust.assessment import CertificateFacts
from sealgate.trust.roots import TrustRoot, TrustRoots
from sealgate.values import value
from sealgate.x509.certificates import (
    HOSTILE_CERTIFICATE_ERRORS,
    CertificateError,
    digest_of,
    fingerprint,
    load_certificate,
)
from sealgate.x509.path import verify_path


@value
class VerifiedPath:
    """A path from a signer's certificate to a trusted root.

    Attributes:
        certificates: Leaf first, root last.
        root: The trusted root at its end.
    """

    certificates: tuple[x509.Certificate, ...]
    root: TrustRoot


def hash_certificates(certificates: Iterable[bytes]) -> tuple[bytes, ...]:
    """Answer the SHA-384 of each certificate's DER."""
    return tuple(hashlib.sha384(der).digest() for der in certificates)


def find_signer(certificates: Iterable[bytes], issuer: bytes, serial: int) -> x509.Certificate:
    """Answer the certificate that a signer is named by.

    Raises:
        IntegrityError: There is none, or two different certificates, the signer's or others, have one issuer and serial
            number (reason `AmbiguousSigner`).
    """
    different = set(certificates)
    named = {identify_certificate(der): der for der in different}
    if len(named) != len(different):
        raise IntegrityError("two certificates have one issuer and serial number", reason="AmbiguousSigner")
    if (issuer, serial) not in named:
        raise IntegrityError("the signer's certificate is not in the signature block", reason="AmbiguousSigner")
    return load_certificate(named[issuer, serial])


def verify_trusted(
    leaf: x509.Certificate,
    certificates: Iterable[bytes],
    *,
    roots: TrustRoots,
    at: datetime,
    purpose: x509.ObjectIdentifier,
) -> VerifiedPath:
    """Answer the path from a signer to a trusted root at a moment.

    Args:
        leaf: The signer's certificate.
        certificates: The block's certificates; they may help to build the path and are not trusted.
        roots: What is trusted.
        at: The moment, which is the signing time: old signatures outlive their leaf.
        purpose: What the leaf must be for.

    Raises:
        CertificateError: There is no valid path.
    """
    # A root that comes with the package leads nowhere: building must not even wander through it.
    own = digest_of(leaf)
    others = [der for der in dict.fromkeys(certificates) if hashlib.sha384(der).digest() != own]
    helpful = [der for der in others if not is_self_issued(der)]
    issuers = [load_certificate(der) for der in helpful]
    path = verify_path(leaf, issuers, roots=roots.certificates, at=at, purpose=purpose)
    return VerifiedPath(certificates=path, root=roots.get(path[-1]))


def verify_bound(certificates: tuple[bytes, ...], hashes: tuple[bytes, ...]) -> None:
    """Check that the signer signed exactly these certificates, in this order (RFC 5035, clause 3).

    A certificate's own signature could else be swapped for its mirror, which is as valid.

    Raises:
        IntegrityError: It did not; reason `CertificatesAltered`.
    """
    if hash_certificates(certificates) != hashes:
        raise IntegrityError("the certificates are not those that were signed", reason="CertificatesAltered")


def verify_not_later(signing_time: datetime, at: datetime, *, what: str) -> None:
    """Check that nothing was signed in the judge's future.

    The signing time is the signer's own word: it can lie about the past, and must not about the future.

    Raises:
        IntegrityError: It was; reason `SignedInFuture`.
    """
    if signing_time - at > MAX_CLOCK_SKEW:  # as a difference, which no moment can overflow
        raise IntegrityError(f"the {what} was made in the future", reason="SignedInFuture")


def verify_exact_set(certificates: tuple[bytes, ...], path: VerifiedPath) -> None:
    """Check that a block carries exactly the path without its root, leaf first.

    Raises:
        IntegrityError: It carries others; reason `CertificatesAltered`.
    """
    if hash_certificates(certificates) != tuple(digest_of(certificate) for certificate in path.certificates[:-1]):
        raise IntegrityError("the certificates are not exactly the validated path", reason="CertificatesAltered")


def certificate_facts(certificate: x509.Certificate) -> CertificateFacts:
    """Describe a certificate.

    Raises:
        CertificateError: Its name or dates cannot be read.
    """
    try:
        return CertificateFacts(
            subject=certificate.subject.rfc4514_string(),
            serial=f"{certificate.serial_number:x}",
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            sha256=fingerprint(certificate),
        )
    except HOSTILE_CERTIFICATE_ERRORS as error:
        raise CertificateError(f"cannot be described ({error})") from error
