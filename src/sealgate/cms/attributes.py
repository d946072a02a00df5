"""Signed attributes and the one signer: the rules that every signature block here obeys.

Each rule answers an envelope that ordinary verifiers accept: two signers of which only the first is checked, no signed
attributes at all, an attribute twice, a set signed in another order than DER's, algorithms that contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.cms import oids
from sealgate.cms.ber import (
    CONTEXT_1,
    OCTET_STRING,
    SEQUENCE,
    SET,
    EnvelopeError,
    Reader,
    encode,
    verify_der,
)
from sealgate.cms.signed_data import (
    ECDSA_SHA384_ALGORITHM,
    SHA384_ALGORITHM,
    SHA384_ALGORITHM_BARE,
    SignedData,
    SignerInfo,
)

MAX_CERTIFICATES = 10
"""AWS Signer sends five, its root twice; more than ten serve only to make path building work hard."""
DIGEST_SIZE = 48

_DIGEST_ALGORITHMS = frozenset((SHA384_ALGORITHM, SHA384_ALGORITHM_BARE))
_ALGORITHM_PROTECTIONS = frozenset(
    encode(SEQUENCE, digest, encode(CONTEXT_1, oids.ECDSA_WITH_SHA384)) for digest in _DIGEST_ALGORITHMS
)
_ALGORITHM_PROTECTION = encode(SEQUENCE, SHA384_ALGORITHM, encode(CONTEXT_1, oids.ECDSA_WITH_SHA384))


def get_only_signer(signed_data: SignedData) -> SignerInfo:
    """Answer the signer of a detached signature with pinned algorithms.

    Raises:
        EnvelopeError: There is not exactly one, or content, algorithms, certificates or unsigned attributes are not
            what they must be.
    """
    if len(signed_data.signers) != 1:
        raise EnvelopeError(f"{len(signed_data.signers)} signers; there must be exactly one")
    signer = signed_data.signers[0]
    if signed_data.is_attached or signed_data.content_type != oids.DATA:
        raise EnvelopeError("the content must be detached and of type data")
    if not 0 < len(signed_data.certificates) <= MAX_CERTIFICATES:
        raise EnvelopeError(f"{len(signed_data.certificates)} certificates; there must be 1 to {MAX_CERTIFICATES}")
    if signer.unsigned:
        # None is known, and whoever holds the package could write one.
        raise EnvelopeError("there are unsigned attributes")
    _verify_algorithms(signed_data, signer)
    return signer


def _verify_algorithms(signed_data: SignedData, signer: SignerInfo) -> None:
    """Pin SHA-384 and ECDSA with SHA-384 wherever the structure names an algorithm."""
    if len(signed_data.digest_algorithms) != 1 or not _DIGEST_ALGORITHMS.issuperset(signed_data.digest_algorithms):
        raise EnvelopeError("the digest algorithm is not SHA-384 alone", reason="ForbiddenAlgorithm")
    if signer.digest_algorithm not in _DIGEST_ALGORITHMS:
        raise EnvelopeError("the signer's digest algorithm is not SHA-384", reason="ForbiddenAlgorithm")
    if signer.signature_algorithm != ECDSA_SHA384_ALGORITHM:
        raise EnvelopeError("the signature algorithm is not ECDSA with SHA-384", reason="ForbiddenAlgorithm")


def parse_values(signer: SignerInfo) -> Mapping[bytes, bytes]:
    """Answer the signed attributes: encoded type to encoded value, each type once with one value, in DER order.

    Checks here what is the same for all: contentType is data (RFC 5652, clause 11.1), CMSAlgorithmProtection, where
    present, names the algorithms in use (RFC 6211).

    Raises:
        EnvelopeError: A rule is broken.
    """
    # The signature covers these bytes as a DER SET OF: any other encoding is refused before it is hashed.
    verify_der(signer.signed_bytes)
    encodings = _split(Reader(signer.signed_bytes).read(SET))
    if encodings != sorted(encodings):
        raise EnvelopeError("the signed attributes are not in DER order")
    values: dict[bytes, bytes] = {}
    for attribute in signer.attributes:
        name = oids.format_oid(attribute.oid)
        if attribute.oid in values or len(attribute.values) != 1:
            raise EnvelopeError(f"signed attribute {name} must be there once, with one value")
        values[attribute.oid] = attribute.values[0]
    if get_value(values, oids.CONTENT_TYPE) != oids.DATA:
        raise EnvelopeError("the signed content type is not data")
    if values.get(oids.ALGORITHM_PROTECTION, _ALGORITHM_PROTECTION) not in _ALGORITHM_PROTECTIONS:
        raise EnvelopeError("CMSAlgorithmProtection names other algorithms", reason="ForbiddenAlgorithm")
    return values


def _split(content: bytes) -> list[bytes]:
    reader, nodes = Reader(content), []
    while not reader.is_at_end():
        nodes.append(reader.read_raw())
    return nodes


def get_value(values: Mapping[bytes, bytes], oid: bytes) -> bytes:
    """Answer the encoded value of a signed attribute.

    Raises:
        EnvelopeError: It is missing.
    """
    if oid not in values:
        raise EnvelopeError(f"the signed attribute {oids.NAMES[oid]} ({oids.format_oid(oid)}) is missing")
    return values[oid]


def parse_content(encoded: bytes, tag: int) -> bytes:
    """Answer the content of an encoded value that is one node with this tag."""
    reader = Reader(encoded)
    content = reader.read(tag)
    reader.finish()
    return content


def parse_digest(encoded: bytes) -> bytes:
    """Answer the 48 bytes of an encoded OCTET STRING."""
    digest = parse_content(encoded, OCTET_STRING)
    if len(digest) != DIGEST_SIZE:
        raise EnvelopeError(f"a digest of {len(digest)} bytes; SHA-384 has {DIGEST_SIZE}")
    return digest


def parse_certificate_hashes(encoded: bytes) -> tuple[bytes, ...]:
    """Answer the SHA-384 hashes of a SigningCertificateV2 (RFC 5035, clause 3) without serial numbers or policies."""
    reader, hashes = Reader(encoded), []
    with reader.enter(SEQUENCE) as value, value.enter(SEQUENCE) as certificates:
        while not certificates.is_at_end():
            with certificates.enter(SEQUENCE) as identifier:
                if identifier.read_raw(SEQUENCE) != SHA384_ALGORITHM:
                    raise EnvelopeError("signingCertificateV2 does not use SHA-384", reason="ForbiddenAlgorithm")
                hashes.append(parse_digest(identifier.read_raw(OCTET_STRING)))
    reader.finish()
    return tuple(hashes)


def encode_certificate_hashes(hashes: tuple[bytes, ...]) -> bytes:
    """Encode SHA-384 hashes of certificates, the signer's first, as a SigningCertificateV2 (RFC 5035, clause 3)."""
    identifiers = (encode(SEQUENCE, SHA384_ALGORITHM, encode(OCTET_STRING, value)) for value in hashes)
    return encode(SEQUENCE, encode(SEQUENCE, *identifiers))


def encode_attribute(oid: bytes, value: bytes) -> bytes:
    """Encode an attribute with one encoded value."""
    return encode(SEQUENCE, oid, encode(SET, value))


def encode_fixed_attributes() -> tuple[bytes, bytes]:
    """Encode what is the same in every block of ours: contentType data, CMSAlgorithmProtection."""
    return (
        encode_attribute(oids.CONTENT_TYPE, oids.DATA),
        encode_attribute(oids.ALGORITHM_PROTECTION, _ALGORITHM_PROTECTION),
    )
