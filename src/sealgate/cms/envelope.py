"""The signature block of a package: who signed what, when, until when, under which profile version and job.

Two dialects, one reader. AWS Signer's: BER in the outer layers, fractions of seconds, six attributes that must be
there, others that nobody knows. Ours: the same, with the archive seal and the hashes of all certificates, and of every
block there is exactly one encoding: what re-encodes to other bytes is refused, since each second spelling would be a
change to the file that goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from sealgate.cms.ber import (
    GENERALIZED_TIME,
    OCTET_STRING,
    UTF8_STRING,
    EnvelopeError,
    encode,
    encode_set_of,
)
from sealgate.cms.ecdsa import encode_ecdsa_signature, parse_ecdsa_signature
from sealgate.cms.pem import encode_pem, parse_pem
from sealgate.cms.signed_data import encode_signed_data, parse_signed_data
from sealgate.cms.times import encode_time, parse_time
from sealgate.values import value

MAX_TEXT = 2048
"""Characters of an ARN at most; AWS's models stop there too."""


@value
class SignedAttributes:
    """What a package signature asserts.

    Attributes:
        signing_time: When, by the signer's own word.
        expires_at: Until when the signer vouches.
        job_arn: The signing job.
        profile_version_arn: The profile version: the publisher.
        message_digest: SHA-384 of the 48-byte digest of the contents.
        seal: The encoded ArchiveSeal (docs/FORMAT.md), or None in AWS's dialect.
        certificate_hashes: SHA-384 of each certificate of the block, the signer's first; None in AWS's dialect.
    """

    signing_time: datetime
    expires_at: datetime
    job_arn: str
    profile_version_arn: str
    message_digest: bytes
    seal: bytes | None
    certificate_hashes: tuple[bytes, ...] | None


@value
class Envelope:
    """One signature block with exactly one signer and pinned algorithms. Nothing in it is verified yet.

    Attributes:
        certificates: The certificates in the order found, each in DER; unverified.
        issuer: The encoded name of who issued the signer's certificate.
        serial: That certificate's serial number.
        attributes: What the signer asserts.
        signed_bytes: What the signature covers.
        r: The first half of the ECDSA signature, whatever its range.
        s: The second half.
        der: The block's bytes without the PEM armour.
    """

    certificates: tuple[bytes, ...]
    issuer: bytes
    serial: int
    attributes: SignedAttributes
    signed_bytes: bytes
    r: int
    s: int
    der: bytes


def parse_envelope(block: bytes, *, strict: bool) -> Envelope:
    """Read the signature block of a package.

    Args:
        block: The PEM text.
        strict: Take our own dialect only: all nine attributes and no other, in the one encoding there is.

    Raises:
        EnvelopeError: The block breaks a rule of the dialect.
    """
    der = parse_pem(block)
    signed_data = parse_signed_data(der)
    signer = get_only_signer(signed_data)
    r, s = parse_ecdsa_signature(signer.signature)
    envelope = Envelope(
        certificates=signed_data.certificates,
        issuer=signer.issuer,
        serial=signer.serial,
        attributes=_parse_attributes(parse_values(signer)),
        signed_bytes=signer.signed_bytes,
        r=r,
        s=s,
        der=der,
    )
    if strict:
        verify_canonical(envelope)
    return envelope


def verify_canonical(envelope: Envelope) -> None:
    """Check that a block is the one encoding of what it says, in our own dialect; of the armour there is one anyway.

    Raises:
        EnvelopeError: It is not; reason `NotCanonical`.
    """
    attributes = envelope.attributes
    if attributes.seal is None or attributes.certificate_hashes is None:
        raise EnvelopeError("the seal or the certificate hashes are missing", reason="NotCanonical")
    again = encode_signed_data(
        certificates=envelope.certificates,
        signed_bytes=encode_signed_attributes(attributes),
        signature=encode_ecdsa_signature(envelope.r, envelope.s),
    )
    if again != envelope.der:
        raise EnvelopeError("what it says has another encoding, the only one allowed", reason="NotCanonical")


def _parse_attributes(values: Mapping[bytes, bytes]) -> SignedAttributes:
    seal, hashes = values.get(oids.ARCHIVE_SEAL), values.get(oids.SIGNING_CERTIFICATE_V2)
    return SignedAttributes(
        signing_time=parse_time(parse_content(get_value(values, oids.SIGNING_TIME), GENERALIZED_TIME)),
        expires_at=parse_time(parse_content(get_value(values, oids.EXPIRY), GENERALIZED_TIME)),
        job_arn=_parse_text(get_value(values, oids.JOB_ARN)),
        profile_version_arn=_parse_text(get_value(values, oids.PROFILE_VERSION_ARN)),
        message_digest=parse_digest(get_value(values, oids.MESSAGE_DIGEST)),
        seal=seal,
        # In AWS's dialect this attribute is one more that nobody knows.
        certificate_hashes=None if seal is None or hashes is None else parse_certificate_hashes(hashes),
    )


def _parse_text(encoded: bytes) -> str:
    try:
        text = parse_content(encoded, UTF8_STRING).decode()
    except UnicodeDecodeError as error:
        raise EnvelopeError("an ARN is not UTF-8") from error
    if not is_representable(text):
        raise EnvelopeError("an ARN is empty, too long or has characters that do not print")
    return text


def is_representable(arn: str) -> bool:
    """Say whether an ARN can stand in a signature."""
    return 0 < len(arn) <= MAX_TEXT and arn.isprintable()


def encode_signed_attributes(attributes: SignedAttributes) -> bytes:
    """Encode attributes as the SET OF that the signature covers; times in whole seconds."""
    optional = (
        (oids.ARCHIVE_SEAL, attributes.seal),
        (oids.SIGNING_CERTIFICATE_V2, _encode_hashes(attributes.certificate_hashes)),
    )
    return encode_set_of(
        (
            *encode_fixed_attributes(),
            encode_attribute(oids.SIGNING_TIME, encode_time(attributes.signing_time)),
            encode_attribute(oids.EXPIRY, encode_time(attributes.expires_at)),
            encode_attribute(oids.MESSAGE_DIGEST, encode(OCTET_STRING, attributes.message_digest)),
            encode_attribute(oids.JOB_ARN, encode(UTF8_STRING, attributes.job_arn.encode())),
            encode_attribute(oids.PROFILE_VERSION_ARN, encode(UTF8_STRING, attributes.profile_version_arn.encode())),
            *(encode_attribute(oid, value) for oid, value in optional if value is not None),
        )
    )


def _encode_hashes(hashes: tuple[bytes, ...] | None) -> bytes | None:
    return None if hashes is None else encode_certificate_hashes(hashes)


def encode_envelope(*, certificates: Sequence[bytes], signed_bytes: bytes, signature: bytes) -> bytes:
    """Encode a signature block as the PEM text that goes into the package.

    Args:
        certificates: The leaf and its issuers without the root, each in DER.
        signed_bytes: What `encode_signed_attributes` made.
        signature: The ECDSA-Sig-Value over it.
    """
    return encode_pem(
        encode_signed_data(certificates=certificates, signed_bytes=signed_bytes, signature=signature),
    )
