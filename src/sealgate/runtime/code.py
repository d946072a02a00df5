"""The unpacked code of functions and layers: a cache that is verified whenever code is started from it.

Trust: none. Whoever can write to the folder can keep a function from starting, and cannot make it run other code: at
every start the stored package is verified against its signature, and the files against a list that was signed while
the verified bytes were unpacked. What is written between that check and the moment when an interpreter reads it is not
seen: the folder is the server's own, mode 0700.

An entry that is not like its list was altered after it was complete. It is kept as it is, for whoever has to find out,
and used no more until the operator removes it. While no function runs all of the cache may be removed: it is made again
from the stored packages.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection
from pathlib import Path

from sealgate.clock import Clock
from sealgate.errors import IntegrityError, NotFound, PackageError
from sealgate.package.files import FileSource
from sealgate.runtime.code_folder import CodeEntry, CodeFolder
from sealgate.runtime.stored import StoredPackage, StoredPackageAltered, hash_whole, verify_name, verify_stored
from sealgate.runtime.tree import UnpackedCodeAltered, require_resources, verify_tree
from sealgate.runtime.unpacking import UnpackedPackage, unpack_package
from sealgate.trust.assessment import Signature
from sealgate.trust.authority import Authority
from sealgate.trust.contents import SignedContents, Unpacked, VerifiedContents, sign_contents, verify_contents
from sealgate.trust.roots import TrustRoots, authority_root

log = logging.getLogger("sealgate.code")

_OTHERS = 2
"""Cores that are not for further threads of a check: the caller's, and that of the process that starts meanwhile."""
_OUTDATED = frozenset({"IssuerRevoked", "FormerContents"})
"""Reasons to refuse a list that are nobody's fault."""
_MAX_LIST = 256 << 20
"""Bytes of a list; one of a package with the longest names that are allowed stays below."""


class CodeStore:
    """The unpacked code in one folder. Several threads may use it, and several servers the folder.

    Args:
        folder: Where it is; made if it is not there.
        open_blob: Opens a stored package by its SHA-256; raises NotFound where it is missing.
        authority: Signs the lists.
        roots: Whose signatures on packages count.
        clock: The present.
        revoked_issuers: Which issuing CAs are revoked (`sealgate.x509.certificates.name_by_content`): what was listed
            under one of them is unpacked again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        open_blob: Callable[[str], FileSource],
        authority: Authority,
        roots: TrustRoots,
        clock: Clock,
        revoked_issuers: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        self._folder = CodeFolder(folder)
        self._open_blob = open_blob
        self._authority = authority
        self._own_roots = TrustRoots(roots=(authority_root(authority.root_certificate),))
        self._roots = roots
        self._clock = clock
        self._revoked_issuers = revoked_issuers
        self._threads = max(0, len(os.sched_getaffinity(0)) - _OTHERS)

    def prepare(self, package: StoredPackage) -> Path:
        """Answer the folder with a package's files; unpack it first where that has not been done.

        Of what is there already only the list is looked at, for whether it is outdated: `check` does the rest, at every
        start.

        Args:
            package: What was recorded of the package when it was deployed.

        Raises:
            IntegrityError: The stored package is not the one that was recorded.
            PackageError: It cannot be unpacked.
            OSError: The files cannot be written.
        """
        entry = self._folder.entry(package.sha256)
        if not entry.exists() or self._is_outdated(entry):
            with self._folder.locked(package.sha256):
                if entry.exists() and self._is_outdated(entry):
                    log.warning("the list of code %s is outdated: it is unpacked again", package.sha256)
                    self._folder.set_aside(package.sha256)
                if not entry.exists():
                    self._folder.add(package.sha256, lambda files: self._fill(files, package))
                    log.info("unpacked code %s", package.sha256)
        return entry.files

    def check(self, package: StoredPackage) -> Signature | None:
        """Verify a package and its files; answer the package's signature, or None if none was recorded.

        1. The stored package is the one that was recorded, and its signature whole.
        2. The list of the files is signed by this authority, and is that of this package.
        3. The files are those of the list.

        What takes longest and lets other threads run stands first: the process is being started meanwhile.

        Args:
            package: What was recorded of the package when it was deployed.

        Raises:
            UnpackedCodeAltered: The files or their list are not those that were unpacked.
            StoredPackageAltered: The stored package is not the one that was recorded.
            IntegrityError: Its signature is none any more, for instance since a root is not trusted any more.
        """
        with self._open(package) as source:
            signature = verify_stored(source, package, roots=self._roots, at=self._clock(), threads=self._threads)
        self._check_files(package)
        return signature

    def sweep(self, referenced: Collection[str]) -> int:
        """Remove the unpacked code of packages that nothing refers to, and what was left half made or set aside.

        To be called while no function runs.

        Args:
            referenced: The SHA-256 of each package that is deployed.

        Returns:
            Of how many packages code was removed.
        """
        return self._folder.sweep(referenced)

    def _check_files(self, package: StoredPackage) -> None:
        entry = self._folder.entry(package.sha256)
        try:
            contents = self._verify_list(entry)
            if contents.unpacked.package_sha256 != package.sha256:
                raise UnpackedCodeAltered("its list is that of another package", reason="ListReplaced")
            verify_tree(entry.files, contents.items(), threads=self._threads)
        except IntegrityError as error:
            raise _explain(error, package.sha256) from error

    def _fill(self, files: Path, package: StoredPackage) -> SignedContents:
        done = self._unpack(files, package)
        unpacked = Unpacked(
            package_sha256=package.sha256, proof=done.proof, unpacked_at=self._clock().replace(microsecond=0)
        )
        return sign_contents(unpacked, done.items, self._authority)

    def _unpack(self, files: Path, package: StoredPackage) -> UnpackedPackage:
        with self._open(package) as source:
            try:
                return unpack_package(source, files, package=package, roots=self._roots, at=self._clock())
            except PackageError:
                verify_name(package, hash_whole(source))  # is the package at fault, or who altered it?
                raise

    def _open(self, package: StoredPackage) -> FileSource:
        try:
            return self._open_blob(package.sha256)
        except (NotFound, PackageError) as error:
            raise StoredPackageAltered(
                f"the stored package is gone: {error.message}", reason="PackageMissing"
            ) from error

    def _verify_list(self, entry: CodeEntry) -> VerifiedContents:
        contents = SignedContents(text=_read(entry.list), block=_read(entry.signature))
        verified = verify_contents(contents, roots=self._own_roots, at=self._clock())
        if not verified.statement.issuers.isdisjoint(self._revoked_issuers()):
            raise UnpackedCodeAltered("its list was signed under an issuing CA that is revoked", reason="IssuerRevoked")
        return verified

    def _is_outdated(self, entry: CodeEntry) -> bool:
        """Tell whether an entry says nothing any more: its issuing CA was revoked, or the form of lists changed."""
        try:
            self._verify_list(entry)
        except IntegrityError as error:
            return error.reason in _OUTDATED
        return False


def _read(path: Path) -> bytes:
    try:
        with FileSource(path) as source:
            if source.size > _MAX_LIST:
                raise UnpackedCodeAltered("its list is too long to be one", reason="ListReplaced")
            return source.read_at(0, source.size)
    except OSError as error:
        require_resources(error)
        raise UnpackedCodeAltered(f"its list cannot be read ({error.strerror})", reason="ListMissing") from error
    except PackageError as error:
        raise UnpackedCodeAltered(f"its list cannot be read ({error.message})", reason="ListMissing") from error


def _explain(error: IntegrityError, sha256: str) -> UnpackedCodeAltered:
    """Say which folder is altered, and how it is repaired."""
    rule, entry = (error.rule, error.entry) if isinstance(error, UnpackedCodeAltered) else (error.message, None)
    remedy = f"it is kept in code/{sha256} of the data folder: remove that, and the verified package is unpacked again"
    return UnpackedCodeAltered(f"{rule}; {remedy}", entry=entry, reason=error.reason)
