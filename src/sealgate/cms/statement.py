"""A signed text that is no package: the signature block of a revocation list, for example.

The attributes are contentType, signingTime, messageDigest, CMSAlgorithmProtection and signingCertificateV2; nothing
else, in the one encoding there is. A package signature can never be taken for one of these, nor the reverse: each
carries attributes that the other refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sealgate.cms import oids
from sealgate.cms.attributes import (
    encode_attribute,
    encode_certificate_hashes,
    encode_fixed_attributes,
    get_only_signer,
    get_value,
    parse_certificate_hashes,
    parse_content,
    parse_digest,
    parse_values,
)
from sealgate.cms.ber import GENERALIZED_TIME, OCTET_STRING, EnvelopeError, encode, encode_set_of
from sealgate.cms.ecdsa import encode_ecdsa_signature, parse_ecdsa_signature
from sealgate.cms.envelope import encode_envelope
from sealgate.cms.pem import parse_pem
from sealgate.cms.signed_data import parse_signed_data
from sealgate.cms.times import encode_time, parse_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The signature block of a text. Nothing in it is verified yet.

    Attributes:
        certificates: The certificates, the signer's first, each in DER.
        signing_time: When, by the signer's own word.
        message_digest: SHA-384 of the text.
        certificate_hashes: SHA-384 of each certificate, the signer's first.
        signed_bytes: What the signature covers.
        r: The first half of the ECDSA signature, whatever its range.
        s: The second half.
    """

    certificates: tuple[bytes, ...]
    signing_time: datetime
    message_digest: bytes
    certificate_hashes: tuple[bytes, ...]
    signed_bytes: bytes
    r: int
    s: int


def parse_statement(block: bytes) -> Statement:
    """Read the signature block of a text.

    Raises:
        EnvelopeError: It is none, or is not in its one canonical form.
    """
    signed_data = parse_signed_data(parse_pem(block))
    signer = get_only_signer(signed_data)
    values = parse_values(signer)
    r, s = parse_ecdsa_signature(signer.signature)
    statement = Statement(
        certificates=signed_data.certificates,
        signing_time=parse_time(parse_content(get_value(values, oids.SIGNING_TIME), GENERALIZED_TIME)),
        message_digest=parse_digest(get_value(values, oids.MESSAGE_DIGEST)),
        certificate_hashes=parse_certificate_hashes(get_value(values, oids.SIGNING_CERTIFICATE_V2)),
        signed_bytes=signer.signed_bytes,
        r=r,
        s=s,
    )
    _verify_canonical(statement, block)
    return statement


def _verify_canonical(statement: Statement, block: bytes) -> None:
    signed_bytes = encode_statement_attributes(
        signing_time=statement.signing_time,
        message_digest=statement.message_digest,
        certificate_hashes=statement.certificate_hashes,
    )
    signature = encode_ecdsa_signature(statement.r, statement.s)
    if encode_envelope(certificates=statement.certificates, signed_bytes=signed_bytes, signature=signature) != block:
        raise EnvelopeError("what it says has another encoding, the only one allowed", reason="NotCanonical")


def encode_statement_attributes(
    *, signing_time: datetime, message_digest: bytes, certificate_hashes: tuple[bytes, ...]
) -> bytes:
    """Encode attributes as the SET OF that the signature covers; the time in whole seconds."""
    return encode_set_of(
        (
            *encode_fixed_attributes(),
            encode_attribute(oids.SIGNING_TIME, encode_time(signing_time)),
            encode_attribute(oids.MESSAGE_DIGEST, encode(OCTET_STRING, message_digest)),
            encode_attribute(oids.SIGNING_CERTIFICATE_V2, encode_certificate_hashes(certificate_hashes)),
        )
    )
