"""The object identifiers of a signature block, as encoded DER nodes, each with its source.

Comparing encodings is exact and needs no decoding; `format_oid` is for people.
"""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.cms.ber import OBJECT_IDENTIFIER, EnvelopeError, Reader, encode

_CONTINUES = 0x80
_FIRST_ARC_SPAN = 40
_MAX_ARC_BYTES = 10


def encode_oid(dotted: str) -> bytes:
    """Encode an OBJECT IDENTIFIER given as `1.2.840` (X.690 8.19)."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return encode(OBJECT_IDENTIFIER, *(_encode_arc(arc) for arc in (first * _FIRST_ARC_SPAN + second, *rest)))


def _encode_arc(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(arc & 0x7F | _CONTINUES)
    return bytes(reversed(groups))


def format_oid(encoded: bytes) -> str:
    """Write an encoded OBJECT IDENTIFIER as `1.2.840`.

    Raises:
        EnvelopeError: It is none, or an arc is not in its shortest form.
    """
    arcs, arc, length = [], 0, 0
    for byte in Reader(encoded).read(OBJECT_IDENTIFIER):
        if length == 0 and byte == _CONTINUES:
            raise EnvelopeError("an object identifier is not in its shortest form")
        arc, length = arc << 7 | byte & 0x7F, length + 1
        if not byte & _CONTINUES:
            arcs.append(arc)
            arc = length = 0
    if length or not arcs or max(arcs).bit_length() > _MAX_ARC_BYTES * 7:
        raise EnvelopeError("an object identifier is cut short or too large")
    first = min(arcs[0] // _FIRST_ARC_SPAN, 2)
    return ".".join(str(number) for number in (first, arcs[0] - first * _FIRST_ARC_SPAN, *arcs[1:]))


# RFC 5652, clauses 4 and 5
DATA = encode_oid("1.2.840.113549.1.7.1")
SIGNED_DATA = encode_oid("1.2.840.113549.1.7.2")
# RFC 5754, clauses 2.3 and 3.3
SHA384 = encode_oid("2.16.840.1.101.3.4.2.2")
ECDSA_WITH_SHA384 = encode_oid("1.2.840.10045.4.3.3")
# Signed attributes: RFC 5652 clause 11, RFC 6211, RFC 5035
CONTENT_TYPE = encode_oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = encode_oid("1.2.840.113549.1.9.4")
SIGNING_TIME = encode_oid("1.2.840.113549.1.9.5")
ALGORITHM_PROTECTION = encode_oid("1.2.840.113549.1.9.52")
SIGNING_CERTIFICATE_V2 = encode_oid("1.2.840.113549.1.9.16.2.47")
# Signed attributes of AWS Signer, as read from its genuine signatures
JOB_ARN = encode_oid("1.3.187.137.1.2")
EXPIRY = encode_oid("1.3.187.137.1.3")
PROFILE_VERSION_ARN = encode_oid("1.3.187.137.1.4")
# Sealgate's own arc (docs/FORMAT.md)
SEALGATE_ARC = "1.2.840.113556.1.8000.2554.15892.45372.21219.17658.42428.5181505.15915070"
ARCHIVE_SEAL = encode_oid(f"{SEALGATE_ARC}.1")

NAMES: Mapping[bytes, str] = {
    CONTENT_TYPE: "contentType",
    MESSAGE_DIGEST: "messageDigest",
    SIGNING_TIME: "signingTime",
    ALGORITHM_PROTECTION: "CMSAlgorithmProtection",
    SIGNING_CERTIFICATE_V2: "signingCertificateV2",
    JOB_ARN: "AWS Signer job ARN",
    EXPIRY: "AWS Signer signature expiry",
    PROFILE_VERSION_ARN: "AWS Signer profile version ARN",
    ARCHIVE_SEAL: "Sealgate archive seal",
}
"""What people call the known attributes."""
