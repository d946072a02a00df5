"""Making our certificates: root, issuing CA, leaf.

All: X.509 v3, P-384, ECDSA with SHA-384, 159 random bits of serial number, key identifiers. The CA certificates
carry the policy that makes the seal mandatory. A leaf has one purpose and one name, a URI: the ARN of the one profile
version that it signs for, or what marks a signer of texts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509.oid import NameOID

from sealgate.x509.profile import SEALED_POLICY

DigestSigner = Callable[[bytes], bytes]
"""Signs a SHA-384 digest: answers an ECDSA-Sig-Value. The private key stays where it is."""

_ORGANIZATION = "Sealgate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who signs a certificate.

    Attributes:
        name: The issuer's subject.
        public_key: The issuer's key.
        sign: Signs with the private half.
    """

    name: x509.Name
    public_key: ec.EllipticCurvePublicKey
    sign: DigestSigner


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """From when until when, both inclusive, in whole seconds."""

    not_before: datetime
    not_after: datetime


def make_root(public_key: ec.EllipticCurvePublicKey, sign: DigestSigner, validity: Validity) -> x509.Certificate:
    """Make a self-signed root, which may have one level of issuing CAs below it."""
    name = _name("Sealgate Root CA", public_key)
    builder = _start(name, public_key, name, validity)
    return _sign(_as_authority(builder, path_length=1), Issuer(name=name, public_key=public_key, sign=sign))


def make_issuing(public_key: ec.EllipticCurvePublicKey, issuer: Issuer, validity: Validity) -> x509.Certificate:
    """Make an issuing CA, which may have leaves below it only."""
    builder = _start(_name("Sealgate Issuing CA", public_key), public_key, issuer.name, validity)
    return _sign(_as_authority(builder, path_length=0), issuer)


def make_leaf(
    public_key: ec.EllipticCurvePublicKey,
    issuer: Issuer,
    validity: Validity,
    *,
    uri: str,
    purpose: x509.ObjectIdentifier,
) -> x509.Certificate:
    """Make a signer's certificate.

    Args:
        public_key: The signer's key.
        issuer: The issuing CA.
        validity: Its life, a day or so.
        uri: What it may sign for: a profile version ARN, or the URI of a `StatementKind`.
        purpose: Its only extended key usage.
    """
    builder = (
        _start(_name("Sealgate Signer", public_key), public_key, issuer.name, validity)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), critical=False)
    )
    return _sign(builder, issuer)


def _name(role: str, public_key: ec.EllipticCurvePublicKey) -> x509.Name:
    # Two authorities, or two generations of a CA, must not share a name: path building would have to try both.
    key_identifier = x509.SubjectKeyIdentifier.from_public_key(public_key).digest
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{role} {key_identifier[:4].hex()}"),
        ]
    )


def _start(
    subject: x509.Name, public_key: ec.EllipticCurvePublicKey, issuer: x509.Name, validity: Validity
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _as_authority(builder: x509.CertificateBuilder, *, path_length: int) -> x509.CertificateBuilder:
    sealed = x509.PolicyInformation(SEALED_POLICY, None)
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_key_usage(is_ca=True), critical=True)
        .add_extension(x509.CertificatePolicies([sealed]), critical=False)
    )


def _key_usage(*, is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(builder: x509.CertificateBuilder, issuer: Issuer) -> x509.Certificate:
    identified = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key), critical=False
    )
    return identified.sign(_DistantKey(issuer), hashes.SHA384())


class _DistantKey(ec.EllipticCurvePrivateKey):
    """A private key that is elsewhere: it signs through its store, and can do nothing else."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def sign(
        self, data: bytes | bytearray | memoryview, signature_algorithm: ec.EllipticCurveSignatureAlgorithm
    ) -> bytes:
        """Sign with ECDSA and SHA-384, the only algorithm that `_sign` asks for."""
        assert not isinstance(signature_algorithm.algorithm, Prehashed)
        digest = hashes.Hash(hashes.SHA384())
        digest.update(data)
        return self._issuer.sign(digest.finalize())

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._issuer.public_key

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._issuer.public_key.curve

    @property
    def key_size(self) -> int:
        return self._issuer.public_key.key_size

    def exchange(self, *_: object) -> NoReturn:
        self._refuse()

    def private_numbers(self) -> NoReturn:
        self._refuse()

    def private_bytes(self, *_: object) -> NoReturn:
        self._refuse()

    def __copy__(self) -> NoReturn:
        self._refuse()

    def __deepcopy__(self, memo: dict[int, object]) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise TypeError("this key signs where it is kept, and does not leave it")
