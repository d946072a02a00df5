"""SignedData as a structure (RFC 5652, clauses 3 to 5): what is there, judged by nobody.

Read as far as package signatures need it: version 1, certificates but no revocation lists, signers named by issuer and
serial number. Which values are acceptable is decided in `attributes`, `envelope` and `statement`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sealgate.cms import oids
from sealgate.cms.ber import (
    CONTEXT_0,
    CONTEXT_1,
    INTEGER,
    NULL,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    EnvelopeError,
    Reader,
    encode,
    encode_integer,
    encode_set_of,
    parse_integer,
)
from sealgate.values import value

SHA384_ALGORITHM = encode(SEQUENCE, oids.SHA384, encode(NULL))
"""The digest algorithm as AWS Signer and we write it; RFC 5754 clause 2 wants it read without the NULL too."""
SHA384_ALGORITHM_BARE = encode(SEQUENCE, oids.SHA384)
ECDSA_SHA384_ALGORITHM = encode(SEQUENCE, oids.ECDSA_WITH_SHA384)
"""The signature algorithm; RFC 5754 clause 3.3 has the parameters absent."""

_VERSION = 1  # RFC 5652 clauses 5.1 and 5.3: content id-data, signers named by issuer and serial number


@value
class Attribute:
    """One attribute: its encoded type and encoded values."""

    oid: bytes
    values: tuple[bytes, ...]


@value
class SignerInfo:
    """One signer.

    Attributes:
        issuer: The encoded name of who issued the signer's certificate.
        serial: That certificate's serial number.
        digest_algorithm: The encoded AlgorithmIdentifier.
        attributes: The signed attributes in the order found; empty where there are none.
        signed_bytes: What the signature covers: the attributes as a SET OF (RFC 5652, clause 5.4).
        signature_algorithm: The encoded AlgorithmIdentifier.
        signature: The signature value.
        unsigned: The encoded unsigned attributes; empty where there are none.
    """

    issuer: bytes
    serial: int
    digest_algorithm: bytes
    attributes: tuple[Attribute, ...]
    signed_bytes: bytes
    signature_algorithm: bytes
    signature: bytes
    unsigned: bytes


@value
class SignedData:
    """One SignedData.

    Attributes:
        digest_algorithms: The encoded AlgorithmIdentifiers of the set.
        content_type: The encoded type of what is signed.
        is_attached: The content itself is inside.
        certificates: The certificates in the order found, each in DER.
        signers: The signers in the order found.
    """

    digest_algorithms: tuple[bytes, ...]
    content_type: bytes
    is_attached: bool
    certificates: tuple[bytes, ...]
    signers: tuple[SignerInfo, ...]


def parse_signed_data(data: bytes) -> SignedData:
    """Read a ContentInfo that holds SignedData.

    Indefinite lengths are taken where AWS Signer writes them: ContentInfo, its content, SignedData, encapContentInfo
    and certificates.

    Raises:
        EnvelopeError: The bytes are something else.
    """
    reader = Reader(data)
    with reader.enter(SEQUENCE, indefinite=True) as info:
        if info.read_raw(OBJECT_IDENTIFIER) != oids.SIGNED_DATA:
            raise EnvelopeError("the content is not SignedData")
        with info.enter(CONTEXT_0, indefinite=True) as content, content.enter(SEQUENCE, indefinite=True) as body:
            signed_data = _read_body(body)
    reader.finish()
    return signed_data


def _read_body(body: Reader) -> SignedData:
    _read_version(body)
    digest_algorithms = _read_members(body, SET, SEQUENCE)
    with body.enter(SEQUENCE, indefinite=True) as content:
        content_type = content.read_raw(OBJECT_IDENTIFIER)
        is_attached = not content.is_at_end()
        if is_attached:
            content.read_raw()
    certificates = _read_members(body, CONTEXT_0, SEQUENCE) if body.is_next(CONTEXT_0) else ()
    with body.enter(SET) as signers:
        infos = []
        while not signers.is_at_end():
            infos.append(_read_signer(signers))
    return SignedData(
        digest_algorithms=digest_algorithms,
        content_type=content_type,
        is_attached=is_attached,
        certificates=certificates,
        signers=tuple(infos),
    )


def _read_version(reader: Reader) -> None:
    if parse_integer(reader.read(INTEGER)) != _VERSION:
        raise EnvelopeError(f"the version is not {_VERSION}")


def _read_members(reader: Reader, tag: int, member: int | None) -> tuple[bytes, ...]:
    members = []
    with reader.enter(tag, indefinite=tag == CONTEXT_0) as inside:
        while not inside.is_at_end():
            members.append(inside.read_raw(member))
    return tuple(members)


def _read_signer(reader: Reader) -> SignerInfo:
    with reader.enter(SEQUENCE) as info:
        _read_version(info)
        with info.enter(SEQUENCE) as identifier:
            issuer, serial = identifier.read_raw(SEQUENCE), parse_integer(identifier.read(INTEGER))
        digest_algorithm = info.read_raw(SEQUENCE)
        attributes = info.read(CONTEXT_0) if info.is_next(CONTEXT_0) else b""
        return SignerInfo(
            issuer=issuer,
            serial=serial,
            digest_algorithm=digest_algorithm,
            attributes=_parse_attributes(attributes),
            signed_bytes=encode(SET, attributes),
            signature_algorithm=info.read_raw(SEQUENCE),
            signature=info.read(OCTET_STRING),
            unsigned=info.read(CONTEXT_1) if info.is_next(CONTEXT_1) else b"",
        )


def _parse_attributes(content: bytes) -> tuple[Attribute, ...]:
    reader, attributes = Reader(content), []
    while not reader.is_at_end():
        with reader.enter(SEQUENCE) as attribute:
            oid = attribute.read_raw(OBJECT_IDENTIFIER)
            attributes.append(Attribute(oid=oid, values=_read_members(attribute, SET, None)))
    return tuple(attributes)


def identify_certificate(der: bytes) -> tuple[bytes, int]:
    """Answer a certificate's encoded issuer name and its serial number (RFC 5280, clause 4.1).

    Raises:
        EnvelopeError: The bytes do not start like a certificate.
    """
    issuer, serial, _ = _read_names(der)
    return issuer, serial


def is_self_issued(der: bytes) -> bool:
    """Say whether a certificate's subject is its issuer, as a root's is.

    Raises:
        EnvelopeError: The bytes do not start like a certificate.
    """
    issuer, _, subject = _read_names(der)
    return issuer == subject


def _read_names(der: bytes) -> tuple[bytes, int, bytes]:
    tbs = Reader(Reader(Reader(der).read(SEQUENCE)).read(SEQUENCE))
    if tbs.is_next(CONTEXT_0):
        tbs.read(CONTEXT_0)
    serial = parse_integer(tbs.read(INTEGER))
    tbs.read(SEQUENCE)
    issuer = tbs.read_raw(SEQUENCE)
    tbs.read(SEQUENCE)
    return issuer, serial, tbs.read_raw(SEQUENCE)


def encode_signed_data(*, certificates: Sequence[bytes], signed_bytes: bytes, signature: bytes) -> bytes:
    """Encode a detached SignedData in DER, signed by the first certificate.

    The certificates keep their order, leaf first, as AWS Signer has it: which certificate is whose issuer is known
    without searching, and the order is part of the one canonical form.

    Args:
        certificates: The leaf and its issuers without the root, each in DER.
        signed_bytes: The signed attributes as an encoded SET OF.
        signature: The signature value over them.
    """
    issuer, serial = identify_certificate(certificates[0])
    signer = encode(
        SEQUENCE,
        encode_integer(_VERSION),
        encode(SEQUENCE, issuer, encode_integer(serial)),
        SHA384_ALGORITHM,
        encode(CONTEXT_0, Reader(signed_bytes).read(SET)),
        ECDSA_SHA384_ALGORITHM,
        encode(OCTET_STRING, signature),
    )
    body = encode(
        SEQUENCE,
        encode_integer(_VERSION),
        encode_set_of([SHA384_ALGORITHM]),
        encode(SEQUENCE, oids.DATA),
        encode(CONTEXT_0, *certificates),
        encode_set_of([signer]),
    )
    return encode(SEQUENCE, oids.SIGNED_DATA, encode(CONTEXT_0, body))
