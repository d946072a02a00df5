"""Single certificates: loading hostile ones, their P-384 key, what to call them."""

from __future__ import annotations

import hashlib
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey

from sealgate.cms.signed_data import identify_certificate
from sealgate.errors import IntegrityError

HOSTILE_CERTIFICATE_ERRORS = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UserWarning,  # raised where warnings are errors: a country of three letters, for example
)
"""What the library raises, late or early, for certificates that somebody made to break it."""


class CertificateError(IntegrityError):
    """A certificate is not what it must be."""

    def __init__(self, message: str, *, reason: str = "BadCertificate") -> None:
        super().__init__(f"certificate: {message}", reason=reason)


def load_certificate(der: bytes) -> x509.Certificate:
    """Load one certificate.

    Raises:
        CertificateError: The bytes are no certificate, its serial number is not positive (RFC 5280, 4.1.2.2), or its
            signature is no whole number of bytes.
        EnvelopeError: They do not even start like one.
    """
    _, serial = identify_certificate(der)
    if serial <= 0:
        raise CertificateError("the serial number is not positive")
    try:
        certificate = x509.load_der_x509_certificate(der)
        # A bit string begins with the number of bits that its last byte does not use; the library takes any that fits.
        if not der.endswith(b"\0" + certificate.signature):
            raise CertificateError("its signature is no whole number of bytes")
    except HOSTILE_CERTIFICATE_ERRORS as error:
        raise CertificateError(f"cannot be read ({error})") from error
    return certificate


def get_p384_key(certificate: x509.Certificate) -> EllipticCurvePublicKey:
    """Answer a certificate's public key, which must be on P-384.

    Raises:
        CertificateError: It is another kind of key, or no point of the curve.
    """
    try:
        key = certificate.public_key()
    except HOSTILE_CERTIFICATE_ERRORS as error:
        raise CertificateError(f"its key cannot be read ({error})") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP384R1):
        raise CertificateError("its key is not on the curve P-384", reason="ForbiddenAlgorithm")
    return key


def fingerprint(certificate: x509.Certificate) -> str:
    """Name a certificate: the lower-case hexadecimal SHA-256 of its DER."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def digest_of(certificate: x509.Certificate) -> bytes:
    """Answer the SHA-384 of a certificate's DER: 48 bytes."""
    return certificate.fingerprint(hashes.SHA384())


def name_by_content(certificate: x509.Certificate) -> str:
    """Name a certificate whatever its own signature's form: the hexadecimal SHA-384 of its to-be-signed part."""
    return hashlib.sha384(certificate.tbs_certificate_bytes).hexdigest()


def revocation_hashes(path: tuple[x509.Certificate, ...]) -> tuple[str, ...]:
    """Name each certificate as Signer's GetRevocationStatus does.

    Per certificate, leaf first: hexadecimal SHA-384 of its to-be-signed part, then that of its issuer's; the root is
    its own issuer. (AWS Signer API reference, GetRevocationStatus, certificateHashes.)
    """
    digests = [name_by_content(certificate) for certificate in path]
    return tuple(child + issuer for child, issuer in pairwise([*digests, digests[-1]]))
