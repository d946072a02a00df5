"""The folder of unpacked code: its layout, its locks, and how an entry appears and goes.

    DATA/code/                    mode 0700
      SHA-256 of the package/     an entry: complete, or not there
        files/                    what is mounted
        contents                  the list of what is in it (`sealgate.trust.contents`)
        contents.pem              the list's signature
      staging/                    what is being unpacked, or was set aside; nothing in it is used
      locks/                      who unpacks or removes an entry holds its lock here

Durability: an entry is on the disk before it has its name. Ownership: several threads and servers may share the folder.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from sealgate.errors import NotFound
from sealgate.trust.contents import SignedContents
from sealgate.trust.durable import make_private_folder, sync_folder

_NAME = re.compile(r"[0-9a-f]{64}")
_STAGED = re.compile(r"[0-9a-f]{64}\.[0-9a-f]{16}")
_PRIVATE = 0o700


class CodeEntry:
    """One package's place.

    Attributes:
        path: The entry's folder.
        files: What is mounted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = path / "files"
        self.list = path / "contents"
        self.signature = path / "contents.pem"

    def exists(self) -> bool:
        """Tell whether there is an entry, in whatever state."""
        return os.path.lexists(self.path)


class CodeFolder:
    """The entries, by the SHA-256 of their packages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staging = folder / "staging"
        self._locks = folder / "locks"
        for each in (folder, self._staging, self._locks):
            make_private_folder(each)

    def entry(self, sha256: str) -> CodeEntry:
        """Answer a package's place.

        Raises:
            NotFound: That is no SHA-256.
        """
        if not _NAME.fullmatch(sha256):
            raise NotFound(f"{sha256!r} is not the name of a package")
        return CodeEntry(self._folder / sha256)

    def add(self, sha256: str, fill: Callable[[Path], SignedContents]) -> None:
        """Make an entry, whole or not at all. Who calls holds its lock, and has seen that there is none.

        Args:
            sha256: The package.
            fill: Fills a folder that is not used yet, and answers the list of what is in it.

        Raises:
            OSError: It could not be written.
        """
        staged = CodeEntry(self._new_staging(sha256))
        try:
            staged.path.mkdir(mode=_PRIVATE)
            staged.files.mkdir(mode=_PRIVATE)
            contents = fill(staged.files)
            staged.list.write_bytes(contents.text)
            staged.signature.write_bytes(contents.block)
            _sync_file_system(staged.path)
            staged.path.rename(self.entry(sha256).path)
        except BaseException:
            shutil.rmtree(staged.path, ignore_errors=True)
            raise
        sync_folder(self._folder)

    def set_aside(self, sha256: str) -> Path:
        """Take an entry out of use; who runs from it still can, until the next sweep. Who calls holds its lock."""
        aside = self._new_staging(sha256)
        self.entry(sha256).path.rename(aside)
        return aside

    def sweep(self, referenced: Collection[str]) -> int:
        """Remove what is staged, and the entries of other packages than these; answer how many entries went.

        What somebody works on is left.
        """
        for staged in self._staging.iterdir():
            if _STAGED.fullmatch(staged.name):
                with self._lock(staged.name, fcntl.LOCK_NB) as is_free:
                    if is_free:
                        shutil.rmtree(staged)
        unused = [each.name for each in self._folder.iterdir() if _NAME.fullmatch(each.name)]
        return sum(self._remove(name) for name in unused if name not in referenced)

    @contextmanager
    def locked(self, sha256: str) -> Iterator[None]:
        """Hold a package's entry: nobody else, in whatever process, makes or removes it meanwhile."""
        with self._lock(sha256):
            yield

    def _remove(self, sha256: str) -> bool:
        with self._lock(sha256, fcntl.LOCK_NB) as is_free:
            if is_free:
                shutil.rmtree(self.set_aside(sha256))  # never half an entry under its own name
        return is_free

    def _new_staging(self, sha256: str) -> Path:
        return self._staging / f"{sha256}.{secrets.token_hex(8)}"

    @contextmanager
    def _lock(self, name: str, how: int = 0) -> Iterator[bool]:
        # One file for many entries, so that there are not more and more of them. A lock belongs to the open file, so
        # that it holds between threads too.
        descriptor = os.open(self._locks / name[:2], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | how)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(descriptor)


def _sync_file_system(path: Path) -> None:
    """Make all that was written to a file system durable, in one go: a package may have a hundred thousand files."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if libc.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)
