"""Everything that a signature block says, judged by nobody.

For people who want to see why a signature is refused: whatever can be read is shown, trusted or not. Nothing here may
decide anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sealgate.cms import oids
from sealgate.cms.attributes import parse_content, parse_digest
from sealgate.cms.ber import GENERALIZED_TIME, OBJECT_IDENTIFIER, SEQUENCE, UTF8_STRING, EnvelopeError, Reader
from sealgate.cms.envelope import parse_envelope
from sealgate.cms.pem import parse_pem
from sealgate.cms.signed_data import SignedData, SignerInfo, parse_signed_data
from sealgate.cms.times import parse_time
from sealgate.errors import IntegrityError
from sealgate.package.seal import ArchiveSeal, parse_seal
from sealgate.trust.assessment import CertificateFacts
from sealgate.trust.chain import certificate_facts
from sealgate.x509.certificates import load_certificate

_ALGORITHM_NAMES = {
    oids.SHA384: "SHA-384",
    oids.ECDSA_WITH_SHA384: "ECDSA with SHA-384",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedAttribute:
    """One signed attribute as it stands there.

    Attributes:
        oid: Its type, dotted; in hexadecimal where it is no object identifier.
        name: What people call it, or None.
        values: Its encoded values in hexadecimal.
    """

    oid: str
    name: str | None
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a signature block says. None means: not there, or not readable.

    Attributes:
        signers: How many signers there are; what follows is about the first.
        digest_algorithm: The signer's digest algorithm.
        signature_algorithm: The signer's signature algorithm.
        signing_time: When, by the signer's own word.
        expires_at: Until when the signer vouches.
        job_arn: The signing job.
        profile_version_arn: The profile version.
        message_digest: The signed digest.
        seal: The archive seal.
        attributes: All signed attributes, in the order found.
        has_unsigned_attributes: There are unsigned attributes.
        certificates: The certificates in the order found, those that can be read; none of them is verified.
        problems: What keeps the block from being an acceptable signature whatever the roots; empty if nothing does.
    """

    signers: int
    digest_algorithm: str | None
    signature_algorithm: str | None
    signing_time: datetime | None
    expires_at: datetime | None
    job_arn: str | None
    profile_version_arn: str | None
    message_digest: bytes | None
    seal: ArchiveSeal | None
    attributes: tuple[InspectedAttribute, ...]
    has_unsigned_attributes: bool
    certificates: tuple[CertificateFacts, ...]
    problems: tuple[str, ...]


def inspect_signature(block: bytes) -> Inspection:
    """Say what a signature block says.

    Raises:
        EnvelopeError: It is not one PEM block with SignedData inside.
    """
    signed_data = parse_signed_data(parse_pem(block))
    signer = signed_data.signers[0] if signed_data.signers else None
    values = {} if signer is None else {attribute.oid: attribute.values for attribute in signer.attributes}
    first = {oid: encoded[0] for oid, encoded in values.items() if encoded}
    certificates, problems = _inspect_certificates(signed_data)
    return Inspection(
        signers=len(signed_data.signers),
        digest_algorithm=None if signer is None else _algorithm(signer.digest_algorithm),
        signature_algorithm=None if signer is None else _algorithm(signer.signature_algorithm),
        signing_time=_find_time(first.get(oids.SIGNING_TIME)),
        expires_at=_find_time(first.get(oids.EXPIRY)),
        job_arn=_find_text(first.get(oids.JOB_ARN)),
        profile_version_arn=_find_text(first.get(oids.PROFILE_VERSION_ARN)),
        message_digest=_find_digest(first.get(oids.MESSAGE_DIGEST)),
        seal=_find_seal(first.get(oids.ARCHIVE_SEAL)),
        attributes=() if signer is None else _inspect_attributes(signer),
        has_unsigned_attributes=signer is not None and signer.unsigned != b"",
        certificates=certificates,
        problems=(*_find_problems(block, first), *problems),
    )


def _inspect_attributes(signer: SignerInfo) -> tuple[InspectedAttribute, ...]:
    return tuple(
        InspectedAttribute(
            oid=_show_oid(attribute.oid),
            name=oids.NAMES.get(attribute.oid),
            values=tuple(value.hex() for value in attribute.values),
        )
        for attribute in signer.attributes
    )


def _inspect_certificates(signed_data: SignedData) -> tuple[tuple[CertificateFacts, ...], list[str]]:
    facts, problems = [], []
    for der in signed_data.certificates:
        try:
            facts.append(certificate_facts(load_certificate(der)))
        except IntegrityError as error:
            problems.append(error.message)
    return tuple(facts), problems


def _find_problems(block: bytes, first: dict[bytes, bytes]) -> list[str]:
    seal = first.get(oids.ARCHIVE_SEAL)
    try:
        parse_envelope(block, strict=seal is not None)
        if seal is not None:
            parse_seal(seal)
    except IntegrityError as error:
        return [error.message]
    return []


def _show_oid(encoded: bytes) -> str:
    try:
        return oids.format_oid(encoded)
    except EnvelopeError:
        return encoded.hex()


def _algorithm(encoded: bytes) -> str | None:
    try:
        oid = Reader(Reader(encoded).read(SEQUENCE)).read_raw(OBJECT_IDENTIFIER)
        return _ALGORITHM_NAMES.get(oid) or oids.format_oid(oid)
    except EnvelopeError:
        return None


def _find_time(encoded: bytes | None) -> datetime | None:
    try:
        return None if encoded is None else parse_time(parse_content(encoded, GENERALIZED_TIME))
    except EnvelopeError:
        return None


def _find_text(encoded: bytes | None) -> str | None:
    try:
        return None if encoded is None else parse_content(encoded, UTF8_STRING).decode()
    except (EnvelopeError, UnicodeDecodeError):
        return None


def _find_digest(encoded: bytes | None) -> bytes | None:
    try:
        return None if encoded is None else parse_digest(encoded)
    except EnvelopeError:
        return None


def _find_seal(encoded: bytes | None) -> ArchiveSeal | None:
    try:
        return None if encoded is None else parse_seal(encoded)
    except IntegrityError:
        return None
