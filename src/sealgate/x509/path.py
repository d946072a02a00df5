"""From a signer's certificate to a trusted root, at a moment: chain building and validation.

The building and the validation of RFC 5280, clause 6 are those of `cryptography.x509.verification`, under our extension
rules; here are only the pinned algorithms, which the library's wider allow-list leaves open.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import SignatureAlgorithmOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from sealgate.x509.certificates import HOSTILE_CERTIFICATE_ERRORS, CertificateError, get_p384_key
from sealgate.x509.profile import ca_extensions, leaf_extensions

_NO_ISSUER = "candidates exhausted with no interior errors"


def verify_path(
    leaf: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    *,
    roots: Sequence[x509.Certificate],
    at: datetime,
    purpose: x509.ObjectIdentifier,
) -> tuple[x509.Certificate, ...]:
    """Answer the path from a leaf, first, to one of the roots, last.

    Args:
        leaf: The signer's certificate.
        issuers: Certificates that may help, in any order. None of them is trusted.
        roots: What the caller trusts.
        at: The moment at which every certificate of the path must be valid.
        purpose: The one extended key usage that the leaf must have.

    Raises:
        CertificateError: There is no such path; reason `UntrustedSigner`, or `ForbiddenAlgorithm` where a key or
            signature of the path is not P-384 with SHA-384.
    """
    if not roots:
        raise CertificateError("no root is trusted", reason="UntrustedSigner")
    verifier = (
        PolicyBuilder()
        .store(Store(list(roots)))
        .time(at)
        .extension_policies(ca_policy=ca_extensions(), ee_policy=leaf_extensions(purpose))
        .build_client_verifier()
    )
    try:
        path = tuple(verifier.verify(leaf, list(issuers)).chain)
        _verify_algorithms(path)
    except (VerificationError, *HOSTILE_CERTIFICATE_ERRORS) as error:
        # Where no root is the issuer's at all, the library's words say no more than ours.
        why = "" if _NO_ISSUER in str(error) else f" ({error})"
        raise CertificateError(f"no valid path to a trusted root{why}", reason="UntrustedSigner") from error
    return path


def _verify_algorithms(path: tuple[x509.Certificate, ...]) -> None:
    for certificate in path:
        get_p384_key(certificate)
    # A root's signature of itself proves nothing and is not looked at.
    for certificate in path[:-1]:
        if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA384:
            raise CertificateError("not signed with ECDSA and SHA-384", reason="ForbiddenAlgorithm")
