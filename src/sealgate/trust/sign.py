"""Signing a package: measure, claim, sign, append. Nothing of the original is rewritten.

Who signs must verify what was written (`sealgate.trust.verify.verify_package`) before saying that it is signed; here
nothing is verified.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from sealgate.cms.envelope import SignedAttributes, encode_envelope, encode_signed_attributes, is_representable
from sealgate.errors import Invalid
from sealgate.package.embed import PreparedPackage, embed_signature, prepare_package
from sealgate.package.seal import ArchiveSeal, encode_seal
from sealgate.package.source import Source
from sealgate.trust.chain import hash_certificates
from sealgate.trust.identity import SigningIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureClaims:
    """What a signature shall assert.

    Attributes:
        signing_time: The present, in UTC and whole seconds.
        expires_at: Until when the signature is good, in UTC and whole seconds; after the signing time.
        job_arn: The signing job.
        profile_version_arn: The profile version.
    """

    signing_time: datetime
    expires_at: datetime
    job_arn: str
    profile_version_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPackage:
    """What was written.

    Attributes:
        size: Bytes of the signed package.
        content_digest: AWS's digest of names and bodies, 48 bytes.
        seal: What the archive seal says.
        block: The signature block.
    """

    size: int
    content_digest: bytes
    seal: ArchiveSeal
    block: bytes


def sign_package(
    source: Source, *, identity: SigningIdentity, claims: SignatureClaims, target_fd: int
) -> SignedPackage:
    """Write the signed form of a package.

    Args:
        source: The package, unsigned.
        identity: The signer: its leaf must be that of the profile version claimed, and valid at the signing time.
        claims: What to assert.
        target_fd: Where to write, from the descriptor's position on; neither synced nor closed here.

    Raises:
        Invalid: The claims cannot be represented, or are not this identity's to make.
        PackageError: The package cannot be signed; the message names entry and rule.
    """
    _verify_claims(claims, identity)
    prepared = prepare_package(source)
    block = make_block(prepared, identity=identity, claims=claims)
    size = embed_signature(prepared, block, target_fd)
    return SignedPackage(size=size, content_digest=prepared.content_digest, seal=prepared.seal, block=block)


def make_block(prepared: PreparedPackage, *, identity: SigningIdentity, claims: SignatureClaims) -> bytes:
    """Make the signature block for a package that was measured.

    Raises:
        Invalid: The claims cannot be represented, or are not this identity's to make.
    """
    _verify_claims(claims, identity)
    signed_bytes = encode_signed_attributes(
        SignedAttributes(
            signing_time=claims.signing_time,
            expires_at=claims.expires_at,
            job_arn=claims.job_arn,
            profile_version_arn=claims.profile_version_arn,
            message_digest=hashlib.sha384(prepared.content_digest).digest(),
            seal=encode_seal(prepared.seal),
            certificate_hashes=hash_certificates(identity.certificates),
        )
    )
    signature = identity.sign(hashlib.sha384(signed_bytes).digest())
    return encode_envelope(certificates=identity.certificates, signed_bytes=signed_bytes, signature=signature)


def _verify_claims(claims: SignatureClaims, identity: SigningIdentity) -> None:
    for moment in (claims.signing_time, claims.expires_at):
        if moment.tzinfo is not UTC or moment.microsecond:
            raise Invalid(f"{moment.isoformat()} is not a time in UTC and whole seconds")
    if claims.expires_at <= claims.signing_time:
        raise Invalid("the signature would expire before it is made")
    for arn in (claims.job_arn, claims.profile_version_arn):
        if not is_representable(arn):
            raise Invalid(f"{arn!r} cannot stand in a signature")
    if claims.profile_version_arn != identity.uri:
        raise Invalid(f"the signing identity is for {identity.uri!r}, not {claims.profile_version_arn!r}")
    if not identity.validity.not_before <= claims.signing_time <= identity.validity.not_after:
        raise Invalid("the signing time is outside the life of the signing identity")
