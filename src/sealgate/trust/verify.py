"""Is this package whole, and who signed it? The one verifier: the server's and the command line's.

The steps, in order; each is repeated at its code:

 1. Read the signature entry. None: the package is unsigned. Two, or an ambiguous archive: refused.
 2. Read the block: exact PEM, strict BER, one signer, each attribute once, algorithms pinned (facts: `cms`).
 3. A block that carries a seal must be the one canonical encoding of what it says, its attributes a closed list.
 4. The signer's certificate: exactly one matches issuer and serial number; its key is on P-384.
 5. Where sealed, the certificates are those that the signer hashed (RFC 5035), so none can be swapped for its mirror.
 6. The signature over the signed attributes verifies; where sealed, in its lower form only.
 7. The times make sense: expiry after signing, signing not in the judge's future (which stands behind step 10, since
    steps 2 to 10 else follow from the block and the roots alone, and need not be taken again for the same ones).
 8. The path from the signer to a trusted root is valid at the signing time (RFC 5280, clause 6).
 9. No downgrade: under an authority's root, or under CA certificates that carry id-sealedPolicy, a seal is mandatory.
10. Where sealed, the block carries exactly that path, and the leaf is that of the signed profile version.
11. Where sealed, every byte of the file is what the seal says. No other way is tried.
12. Else the block is the archive's signature entry to every reader, and AWS's digest of names and bodies is as signed.
13. There, if names and bodies begin as a manifest does, the archive is cut into entries as the manifest says.

Cheap steps stand before dear ones and everything about the signer before the contents; what counts is that all hold.
Expiry against the present, publisher and revocation are policy, and left to `sealgate.policy.admission`.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from sealgate.cms.envelope import Envelope, parse_envelope, verify_canonical
from sealgate.errors import IntegrityError, PackageError
from sealgate.package.layout import MAX_SIGNATURE, begins_with_manifest
from sealgate.package.seal import ArchiveSeal, Measurement, parse_seal, verify_seal
from sealgate.package.signature_entry import read_signature
from sealgate.package.source import Source
from sealgate.trust.assessment import Assessment, Signature
from sealgate.trust.chain import (
    VerifiedPath,
    certificate_facts,
    find_signer,
    verify_bound,
    verify_exact_set,
    verify_not_later,
    verify_trusted,
)
from sealgate.trust.ecdsa import verify_ecdsa
from sealgate.trust.remembering import remembering
from sealgate.trust.roots import RootKind, TrustRoots
from sealgate.values import value
from sealgate.x509.certificates import get_p384_key, revocation_hashes
from sealgate.x509.profile import PACKAGE_SIGNING, find_uri, requires_seal

if TYPE_CHECKING:
    from sealgate.package.archive import Archive, Rules


@value
class VerifiedEnvelope:
    """A signature block that a trusted signer made. Whether it is this package's is another question.

    Attributes:
        envelope: What it says.
        path: Who says it.
        seal: The seal's values where there is one.
    """

    envelope: Envelope
    path: VerifiedPath
    seal: ArchiveSeal | None


def verify_package(
    source: Source, *, roots: TrustRoots, at: datetime, measured: Measurement | None = None
) -> Assessment:
    """Verify the signature of a package.

    Args:
        source: The package.
        roots: What is trusted.
        at: The present, or the moment to judge at: no signature from after it is accepted.
        measured: Hashing of the file that was begun before, so that it went on meanwhile.

    Raises:
        IntegrityError: The package is altered, or its signature forged, foreign or malformed; `reason` names the check.
        PackageError: The archive is malformed or ambiguous, or cannot be read.
    """
    try:
        block = read_signature(source)  # step 1
        if block is None:
            return Assessment(signature=None)
        verified = verify_envelope(block, roots=roots, at=at)
        if verified.seal is None:
            return Assessment(signature=describe_signature(verified, _verify_digest(source, block, verified.envelope)))
        verify_seal(source, verified.seal, block, measured=measured)  # step 11
        return Assessment(signature=describe_signature(verified, None))
    finally:
        if measured is not None:
            measured.cancel()


def verify_envelope(block: bytes, *, roots: TrustRoots, at: datetime) -> VerifiedEnvelope:
    """Verify a signature block alone: all steps but those about the package's contents.

    Args:
        block: The PEM text.
        roots: What is trusted.
        at: The moment to judge at.

    Raises:
        IntegrityError: A step failed; `reason` names it.
    """
    verified = _verify_block(block, roots)
    verify_not_later(verified.envelope.attributes.signing_time, at, what="signature")
    return verified


@remembering
def _verify_block(block: bytes, roots: TrustRoots) -> VerifiedEnvelope:
    envelope = parse_envelope(block, strict=False)  # step 2
    attributes = envelope.attributes
    is_sealed = attributes.seal is not None
    if is_sealed:
        verify_canonical(envelope)  # step 3
    leaf = find_signer(envelope.certificates, envelope.issuer, envelope.serial)  # step 4
    key = get_p384_key(leaf)
    if attributes.certificate_hashes is not None:
        verify_bound(envelope.certificates, attributes.certificate_hashes)  # step 5
    verify_ecdsa(key, envelope.r, envelope.s, envelope.signed_bytes, low_s=is_sealed)  # step 6
    if attributes.expires_at <= attributes.signing_time:  # step 7
        raise IntegrityError("the signature expires before it was made", reason="BadTimes")
    path = verify_trusted(  # step 8
        leaf, envelope.certificates, roots=roots, at=attributes.signing_time, purpose=PACKAGE_SIGNING
    )
    if attributes.seal is None:
        _verify_seal_optional(path)
        return VerifiedEnvelope(envelope=envelope, path=path, seal=None)
    _verify_profile_version(envelope, path)
    return VerifiedEnvelope(envelope=envelope, path=path, seal=parse_seal(attributes.seal))


def _verify_seal_optional(path: VerifiedPath) -> None:
    """Step 9. An attacker who could drop the seal would be left with AWS's digest, which leaves the rest open."""
    authorities = path.certificates[1:]
    if path.root.kind is RootKind.AUTHORITY or any(requires_seal(certificate) for certificate in authorities):
        raise IntegrityError("the signer's authority makes sealed signatures only", reason="SealMissing")


def _verify_profile_version(envelope: Envelope, path: VerifiedPath) -> None:
    """Step 10. No profile's key signs for another profile, and no certificate rides along."""
    verify_exact_set(envelope.certificates, path)
    if find_uri(path.certificates[0]) != envelope.attributes.profile_version_arn:
        raise IntegrityError("the signer's certificate is for another profile version", reason="WrongProfileVersion")


def _verify_digest(source: Source, block: bytes, envelope: Envelope) -> bytes:
    """Step 12: messageDigest = SHA-384(SHA-384(names and bodies in archive order)), as AWS Signer has it."""
    # Loaded here, since a sealed package needs no decompressor and the command line is waited for.
    from sealgate.package.digest import digest_package  # noqa: PLC0415

    archive, content_digest = digest_package(source, rules=_choose_rules(source))
    _verify_signature_entry(archive, block)
    verify_content_digest(envelope, content_digest)
    _verify_cut(archive)
    return content_digest


def _choose_rules(source: Source) -> Rules:
    """Links may be there where modes are signed: in a package with a manifest."""
    from sealgate.package.archive import AWS_FORMAT, AWS_FRAMED  # noqa: PLC0415 (as above)

    return AWS_FRAMED if begins_with_manifest(source) else AWS_FORMAT


def _verify_cut(archive: Archive) -> None:
    """Step 13. The digest is that of all archives whose names and bodies make the same stream (docs/FORMAT.md §10)."""
    from sealgate.package.manifest import verify_manifest  # noqa: PLC0415 (as above)

    try:
        verify_manifest(archive)
    except PackageError as error:
        raise IntegrityError(
            f"the package is not what its manifest says: {error.message}", reason="ManifestBroken"
        ) from error


def parse_digested(source: Source, block: bytes) -> Archive:
    """Read the archive of a package in AWS's format.

    Raises:
        IntegrityError: The block is not the archive's signature entry.
        PackageError: The archive is not strictly plain.
    """
    from sealgate.package.archive import parse_archive  # noqa: PLC0415 (as above)

    archive = parse_archive(source, rules=_choose_rules(source))
    _verify_signature_entry(archive, block)
    return archive


def _verify_signature_entry(archive: Archive, block: bytes) -> None:
    """The block was found by the layout of the file's end, and must be what the archive has under its name.

    What has that layout can yet lie within the extra fields of another entry: then other readers see an unsigned
    package, and so it is none of ours to call signed.
    """
    from sealgate.package.archive import read_body  # noqa: PLC0415 (as above)

    if archive.signature is None or read_body(archive, archive.signature, limit=MAX_SIGNATURE) != block:
        raise IntegrityError("the signature is not an entry of the archive", reason="SignatureEntryAltered")


def verify_content_digest(envelope: Envelope, content_digest: bytes) -> None:
    """Compare AWS's digest of names and bodies with what was signed.

    Raises:
        IntegrityError: It is another.
    """
    if hashlib.sha384(content_digest).digest() != envelope.attributes.message_digest:
        raise IntegrityError("the package's contents are not those that were signed", reason="ContentsAltered")


def describe_signature(verified: VerifiedEnvelope, content_digest: bytes | None) -> Signature:
    """Say what a signature says, once it is known to be this package's.

    Args:
        verified: The signature block.
        content_digest: AWS's digest, where it was computed.
    """
    attributes = verified.envelope.attributes
    return Signature(
        job_arn=attributes.job_arn,
        profile_version_arn=attributes.profile_version_arn,
        signing_time=attributes.signing_time,
        expires_at=attributes.expires_at,
        sealed=verified.seal is not None,
        seal=verified.seal,
        content_digest=content_digest,
        message_digest=attributes.message_digest,
        chain=tuple(certificate_facts(certificate) for certificate in verified.path.certificates),
        root_name=verified.path.root.name,
        root_kind=verified.path.root.kind.value,
        certificate_hashes=revocation_hashes(verified.path.certificates),
    )
