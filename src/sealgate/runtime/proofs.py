"""How a stored package's contents are proved to be its own, once they were read.

What can be verified without the contents is verified when a proof is begun: the signer, what was recorded, and where
there is a seal the place of every byte.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Protocol

from sealgate.errors import IntegrityError, PackageError
from sealgate.package.archive import Archive, parse_archive
from sealgate.package.inflate import Bytes
from sealgate.package.rules import DEPLOYABLE
from sealgate.package.seal import hash_range, place_sealed, verify_roots
from sealgate.package.signature_entry import read_signature
from sealgate.runtime.reading import HeldSource
from sealgate.runtime.stored import StoredPackage, verify_recorded
from sealgate.trust.assessment import Signature
from sealgate.trust.contents import Proof
from sealgate.trust.roots import TrustRoots
from sealgate.trust.verify import (
    VerifiedEnvelope,
    describe_signature,
    parse_digested,
    verify_content_digest,
    verify_envelope,
)


class ContentsProof(Protocol):
    """What must hold of a package's contents.

    Attributes:
        kind: How it is proved.
        archive: The package's entries, parsed from bytes that are held.
    """

    kind: Proof
    archive: Archive

    def note(self, data: Bytes) -> None:
        """Take the next bytes of what AWS's digest covers: names and bodies, in archive order."""
        ...

    def conclude(self, contents_root: bytes) -> Signature | None:
        """Answer the signature that the contents, which have this root, were proved by; None if none was recorded.

        Raises:
            IntegrityError: They are not what was signed.
        """
        ...


def begin_proof(held: HeldSource, package: StoredPackage, *, roots: TrustRoots, at: datetime) -> ContentsProof:
    """Verify what can be verified without the contents.

    Args:
        held: The package.
        package: What was recorded of it.
        roots: Whose signatures count.
        at: The present.

    Raises:
        IntegrityError: It is not the package that was recorded, or altered, or its signature is none any more.
        PackageError: It cannot be unpacked.
    """
    proof = _begin(held, package, roots, at)
    if proof.archive.directory_offset < held.contents_length:
        raise PackageError("the file changed while it was read")
    return proof


def _begin(held: HeldSource, package: StoredPackage, roots: TrustRoots, at: datetime) -> ContentsProof:
    if not package.is_signed:
        return _ByName(parse_archive(held, rules=DEPLOYABLE))
    block = read_signature(held)
    verified = None if block is None else verify_envelope(block, roots=roots, at=at)
    signature = verify_recorded(package, None if verified is None else describe_signature(verified, None))
    assert block is not None
    assert verified is not None
    if verified.seal is None:
        return _ByDigest(parse_digested(held, block), verified)
    if verified.seal.contents_length != held.contents_length:
        raise IntegrityError("the signature does not stand where the archive seal requires", reason="EndRecordsAltered")
    _, directory = place_sealed(held, verified.seal, block)
    return _BySeal(parse_archive(held, rules=DEPLOYABLE), signature, hash_range(held, *directory))


class _ByName:
    """The SHA-256 that the package is named by says all."""

    kind = Proof.NAME

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def note(self, data: Bytes) -> None:
        """Ignore what only AWS's digest wants."""

    def conclude(self, contents_root: bytes) -> None:
        """Answer that there is no signature."""


class _BySeal:
    """The seal's root over the contents; the directory was held, and its root made before."""

    kind = Proof.SEAL

    def __init__(self, archive: Archive, signature: Signature, directory_root: bytes) -> None:
        self.archive = archive
        self._signature = signature
        self._directory_root = directory_root

    def note(self, data: Bytes) -> None:
        """Ignore what only AWS's digest wants."""

    def conclude(self, contents_root: bytes) -> Signature:
        """Compare the roots."""
        assert self._signature.seal is not None
        verify_roots(self._signature.seal, contents_root, self._directory_root)
        return self._signature


class _ByDigest:
    """AWS's digest of names and bodies."""

    kind = Proof.DIGEST

    def __init__(self, archive: Archive, verified: VerifiedEnvelope) -> None:
        self.archive = archive
        self._verified = verified
        self._state = hashlib.sha384()

    def note(self, data: Bytes) -> None:
        """Hash the next bytes."""
        self._state.update(data)

    def conclude(self, contents_root: bytes) -> Signature:  # noqa: ARG002
        """Compare the digest."""
        content_digest = self._state.digest()
        verify_content_digest(self._verified.envelope, content_digest)
        return describe_signature(self._verified, content_digest)
