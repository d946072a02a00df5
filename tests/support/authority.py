"""A world of signers in memory: fixed keys, a clock that stands still, and signature blocks of which a test changes one
thing.

`sealed_signer()` is one of ours: root, issuing CA with the seal's policy, leaf with its profile version. `aws_signer()`
has the shape of AWS Signer's. A `Recipe` says all that goes into a block; `dataclasses.replace` spoils one part of it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sealgate.cms import oids
from sealgate.cms.attributes import encode_attribute, encode_certificate_hashes
from sealgate.cms.ber import (
    CONTEXT_0,
    CONTEXT_1,
    GENERALIZED_TIME,
    OCTET_STRING,
    SEQUENCE,
    SET,
    UTF8_STRING,
    encode,
    encode_integer,
)
from sealgate.cms.signed_data import ECDSA_SHA384_ALGORITHM, SHA384_ALGORITHM, identify_certificate
from sealgate.package.seal import ArchiveSeal, encode_seal
from sealgate.trust.ecdsa import lower_s
from sealgate.trust.roots import RootKind, TrustRoot, TrustRoots
from sealgate.x509.profile import SEALED_POLICY

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
ARN = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/my_profile/AbCdEf0123"
JOB_ARN = "arn:aws:signer:us-east-1:000000000000:/signing-jobs/11111111-2222-3333-4444-555555555555"

Extension = tuple[x509.ExtensionType, bool]


class FixedClock:
    """A clock that a test sets."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@cache
def fixed_key(name: str) -> ec.EllipticCurvePrivateKey:
    """The P-384 key of this name: always the same."""
    return ec.derive_private_key(int.from_bytes(hashlib.sha384(name.encode()).digest()) >> 1, ec.SECP384R1())


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True, kw_only=True)
class Party:
    """Somebody with a certificate and its key."""

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True, kw_only=True)
class CertificateRecipe:
    """All that goes into a certificate."""

    name: str
    issuer: Party | None = None
    extensions: tuple[Extension, ...]
    key: CertificateIssuerPrivateKeyTypes | None = None
    not_before: datetime = NOW - timedelta(hours=1)
    not_after: datetime = NOW + timedelta(days=1)
    serial: int | None = None
    algorithm: SHA256 | SHA384 = field(default_factory=SHA384)

    def make(self) -> Party:
        key = self.key or fixed_key(self.name)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.issuer.certificate.subject if self.issuer else name)
            .public_key(key.public_key())
            .serial_number(self.serial or int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:8]))
            .not_valid_before(self.not_before)
            .not_valid_after(self.not_after)
        )
        for extension, critical in self.extensions:
            builder = builder.add_extension(extension, critical=critical)
        certificate = builder.sign(self.issuer.key if self.issuer else key, self.algorithm)
        return Party(certificate=certificate, key=key)


def key_usage(*names: str) -> x509.KeyUsage:
    known = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name in names for name in known})


def ca_extensions(path_length: int | None, *, is_sealed: bool = False) -> tuple[Extension, ...]:
    policy = x509.CertificatePolicies([x509.PolicyInformation(SEALED_POLICY, None)])
    return (
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (key_usage("digital_signature", "key_cert_sign", "crl_sign"), True),
        *(((policy, False),) if is_sealed else ()),
    )


def leaf_extensions(*purposes: x509.ObjectIdentifier, usage: str = "digital_signature") -> tuple[Extension, ...]:
    return (
        (x509.BasicConstraints(ca=False, path_length=None), False),
        (key_usage(usage), True),
        (x509.ExtendedKeyUsage(list(purposes or [ExtendedKeyUsageOID.CODE_SIGNING])), True),
    )


def uri(text: str) -> Extension:
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(text)]), False


YEARS: dict[str, Any] = {"not_before": NOW - timedelta(days=300), "not_after": NOW + timedelta(days=3000)}


@cache
def make_root(name: str, *, is_sealed: bool = False) -> Party:
    return CertificateRecipe(name=name, extensions=ca_extensions(None, is_sealed=is_sealed), **YEARS).make()


@cache
def make_issuing(name: str, root: str, *, is_sealed: bool = False) -> Party:
    extensions = ca_extensions(0, is_sealed=is_sealed)
    return CertificateRecipe(
        name=name, issuer=make_root(root, is_sealed=is_sealed), extensions=extensions, **YEARS
    ).make()


@cache
def aws_root() -> Party:
    return make_root("Foreign Root")


@cache
def aws_issuing() -> Party:
    return make_issuing("Foreign CA", "Foreign Root")


def aws_leaf(**change: Any) -> Party:
    """A leaf in the shape of AWS's."""
    recipe = CertificateRecipe(name="Foreign Signer", issuer=aws_issuing(), extensions=leaf_extensions())
    return replace(recipe, **change).make()


@cache
def sealed_root() -> Party:
    return make_root("Our Root", is_sealed=True)


@cache
def sealed_issuing() -> Party:
    return make_issuing("Our CA", "Our Root", is_sealed=True)


def sealed_leaf(arn: str = ARN, **change: Any) -> Party:
    """A leaf in the shape of ours."""
    extensions = (*leaf_extensions(), uri(arn))
    return replace(
        CertificateRecipe(name="Our Signer", issuer=sealed_issuing(), extensions=extensions), **change
    ).make()


def trust(*parties: Party, kind: RootKind = RootKind.IMPORTED) -> TrustRoots:
    return TrustRoots(
        roots=tuple(TrustRoot(name="test root", kind=kind, certificate=party.certificate) for party in parties)
    )


def text_time(moment: datetime, fraction: str = "") -> bytes:
    return encode(GENERALIZED_TIME, (moment.strftime("%Y%m%d%H%M%S") + fraction + "Z").encode())


def protection(digest: bytes = SHA384_ALGORITHM, signature: bytes = oids.ECDSA_WITH_SHA384) -> bytes:
    return encode(SEQUENCE, digest, encode(CONTEXT_1, signature))


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that goes into a signature block; every field may be spoilt."""

    signer: Party
    certificates: tuple[bytes, ...]
    attributes: tuple[tuple[bytes, bytes], ...]
    raw_attributes: tuple[bytes, ...] | None = None
    named: bytes | None = None
    version: int = 1
    digest_algorithms: tuple[bytes, ...] = (SHA384_ALGORITHM,)
    content: tuple[bytes, ...] = (oids.DATA,)
    digest_algorithm: bytes = SHA384_ALGORITHM
    signature_algorithm: bytes = ECDSA_SHA384_ALGORITHM
    hash: SHA256 | SHA384 = field(default_factory=SHA384)
    spoil_signature: Callable[[bytes], bytes] = bytes
    spoil_signers: Callable[[bytes], bytes] = bytes
    unsigned: bytes = b""
    is_indefinite: bool = False
    spoil_der: Callable[[bytes], bytes] = bytes
    spoil_pem: Callable[[bytes], bytes] = bytes

    def without(self, oid: bytes) -> Self:
        return replace(self, attributes=tuple(pair for pair in self.attributes if pair[0] != oid))

    def having(self, oid: bytes, value: bytes) -> Self:
        return replace(self, attributes=(*self.without(oid).attributes, (oid, value)))

    def adding(self, oid: bytes, value: bytes) -> Self:
        return replace(self, attributes=(*self.attributes, (oid, value)))

    def build(self) -> bytes:
        """The block as PEM."""
        body = base64.b64encode(self.spoil_der(self._content_info()))
        lines = b"\n".join(body[start : start + 64] for start in range(0, len(body), 64))
        return self.spoil_pem(b"-----BEGIN PKCS7-----\n" + lines + b"\n-----END PKCS7-----\n")

    def _content_info(self) -> bytes:
        body = self._outer(
            SEQUENCE,
            encode_integer(self.version),
            encode(SET, *self.digest_algorithms),
            self._outer(SEQUENCE, *self.content),
            *((self._outer(CONTEXT_0, *self.certificates),) if self.certificates else ()),
            encode(SET, self.spoil_signers(self._signer_info())),
        )
        return self._outer(SEQUENCE, oids.SIGNED_DATA, self._outer(CONTEXT_0, body))

    def _signer_info(self) -> bytes:
        attributes = self._attributes()
        issuer, serial = identify_certificate(self.named or self.signer.der)
        signed = encode(SET, *attributes)
        if isinstance(self.signer.key, ec.EllipticCurvePrivateKey):
            signature = self.signer.key.sign(signed, ec.ECDSA(self.hash))
            signature = lower_s(signature) if self.signer.key.key_size == 384 else signature
        else:
            signature = b"0\x06\x02\x01\x01\x02\x01\x01"
        return encode(
            SEQUENCE,
            encode_integer(1),
            encode(SEQUENCE, issuer, encode_integer(serial)),
            self.digest_algorithm,
            *((encode(CONTEXT_0, *attributes),) if attributes else ()),
            self.signature_algorithm,
            encode(OCTET_STRING, self.spoil_signature(signature)),
            self.unsigned,
        )

    def _attributes(self) -> Sequence[bytes]:
        if self.raw_attributes is not None:
            return self.raw_attributes
        return sorted(encode_attribute(oid, value) for oid, value in self.attributes)

    def _outer(self, tag: int, *parts: bytes) -> bytes:
        if self.is_indefinite:
            return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"
        return encode(tag, *parts)


def aws_recipe(signer: Party | None = None, content_digest: bytes = bytes(48)) -> Recipe:
    """A good block in AWS's dialect: indefinite lengths, milliseconds, the root inside."""
    signer = signer or aws_leaf()
    return Recipe(
        signer=signer,
        certificates=(signer.der, aws_issuing().der, aws_root().der),
        attributes=_attributes(content_digest, fraction=".338"),
        is_indefinite=True,
    )


def sealed_recipe(signer: Party | None = None, seal: bytes | None = None, content_digest: bytes = bytes(48)) -> Recipe:
    """A good block in our dialect."""
    signer = signer or sealed_leaf()
    certificates = (signer.der, sealed_issuing().der)
    recipe = Recipe(signer=signer, certificates=certificates, attributes=_attributes(content_digest, fraction=""))
    return bind(recipe.having(oids.ARCHIVE_SEAL, seal or any_seal()))


def bind(recipe: Recipe) -> Recipe:
    """Sign the hashes of the certificates that a recipe has."""
    hashes = tuple(hashlib.sha384(der).digest() for der in recipe.certificates)
    return recipe.having(oids.SIGNING_CERTIFICATE_V2, encode_certificate_hashes(hashes))


def any_seal() -> bytes:
    return encode_seal(
        ArchiveSeal(entries=3, contents_length=100, contents_root=b"c" * 48, directory_root=b"d" * 48),
    )


def _attributes(content_digest: bytes, fraction: str) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (oids.CONTENT_TYPE, oids.DATA),
        (oids.SIGNING_TIME, text_time(NOW, fraction)),
        (oids.EXPIRY, text_time(NOW + timedelta(days=100), fraction)),
        (oids.ALGORITHM_PROTECTION, protection()),
        (oids.MESSAGE_DIGEST, encode(OCTET_STRING, hashlib.sha384(content_digest).digest())),
        (oids.JOB_ARN, encode(UTF8_STRING, JOB_ARN.encode())),
        (oids.PROFILE_VERSION_ARN, encode(UTF8_STRING, ARN.encode())),
    )
