"""Writing files, directories and links below one folder, and noting what they are."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from blake3 import blake3

from sealgate.errors import PackageError
from sealgate.package.inflate import Bytes
from sealgate.package.names import show_name
from sealgate.runtime.tree import DIRECTORY_MODE, MODIFIED_NS
from sealgate.trust.contents import Item, directory_item, file_item, link_item

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE = 0o600
_RULES = {
    errno.EEXIST: "the name means a file that is there already: this server's file system does not tell the two apart",
    errno.ENAMETOOLONG: "the name is too long for this server's file system",
    errno.EILSEQ: "the name is not possible on this server's file system",
}
"""What a file system may refuse though the archive is sound: it folds letter case, or Unicode forms, or has limits."""


class TreeWriter:
    """Writes below a folder that is empty and private; paths are checked names of an archive.

    Attributes:
        items: What was written so far, in no order.
    """

    def __init__(self, folder: Path) -> None:
        self.items: list[Item] = []
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        self._directories = {b""}
        os.fchmod(self._folder, DIRECTORY_MODE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._folder)

    def add_directory(self, path: bytes) -> None:
        """Make a directory, and those above it; one that is there is left as it is.

        Raises:
            PackageError: The file system does not take the name.
        """
        if path in self._directories:
            return
        self.add_directory(_parent(path))
        try:
            os.mkdir(path, DIRECTORY_MODE, dir_fd=self._folder)
            os.chmod(path, DIRECTORY_MODE, dir_fd=self._folder)  # whatever the umask
        except OSError as error:
            raise _refusal(path, error) from error
        self._directories.add(path)
        self.items.append(directory_item(path, mode=DIRECTORY_MODE))

    def add_link(self, path: bytes, target: bytes) -> None:
        """Make a symbolic link to a target that was checked.

        Raises:
            PackageError: The file system does not take the name.
        """
        self.add_directory(_parent(path))
        try:
            os.symlink(target, path, dir_fd=self._folder)
        except OSError as error:
            raise _refusal(path, error) from error
        self.items.append(link_item(path, target))

    def add_file(self, path: bytes, pieces: Iterable[Bytes], *, mode: int) -> None:
        """Write a file, piece by piece.

        Raises:
            PackageError: The file system does not take the name; or what the pieces raise.
        """
        self.add_directory(_parent(path))
        try:
            descriptor = os.open(path, _CREATE, _PRIVATE, dir_fd=self._folder)
        except OSError as error:
            raise _refusal(path, error) from error
        try:
            size, state = 0, blake3()
            for piece in pieces:
                state.update(piece)
                size += len(piece)
                _write(descriptor, piece)
            os.fchmod(descriptor, mode)
            os.utime(descriptor, ns=(MODIFIED_NS, MODIFIED_NS))
        finally:
            os.close(descriptor)
        self.items.append(file_item(path, mode=mode, size=size, blake3=state.digest()))


def _parent(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _write(descriptor: int, piece: Bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


def _refusal(path: bytes, error: OSError) -> Exception:
    rule = _RULES.get(error.errno or 0)
    return error if rule is None else PackageError(rule, entry=show_name(path))
