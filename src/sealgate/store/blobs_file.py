"""Blobs as files: `FOLDER/ab/abcdef...` for kept ones, `FOLDER/staging/...` for those being written.

Trust: whoever can write here can replace a package's bytes; every package is verified again when it is used, so that
an altered one is refused, but objects that carry no signature have no such protection. Durability: file, then
folder, are fsynced before `keep` returns. Ownership: one server at a time sweeps; any thread stages and keeps.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from sealgate.errors import NotFound
from sealgate.package.source import FileSource
from sealgate.store.blobs import Staging

_NAME = re.compile(r"[0-9a-f]{64}")


class FileStaging:
    """One staged file."""

    def __init__(self, folder: Path) -> None:
        self._fd, name = tempfile.mkstemp(dir=folder, prefix="")
        self.path = Path(name)
        self._open = True

    def fileno(self) -> int:
        """Answer the open descriptor."""
        return self._fd

    def write(self, data: bytes) -> None:
        """Append bytes, all of them."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def discard(self) -> None:
        """Remove the file unless it was kept."""
        if self._open:
            self.path.unlink(missing_ok=True)
            self.close()

    def close(self) -> None:
        """Let go of the descriptor; the file is not removed any more."""
        if self._open:
            self._open = False
            os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


class FileBlobs:
    """The blob store of one data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staging = folder / "staging"
        self._staging.mkdir(parents=True, exist_ok=True, mode=0o700)

    def stage(self) -> FileStaging:
        """Begin a new file."""
        return FileStaging(self._staging)

    def keep(self, staging: Staging, sha256: str) -> None:
        """Make a staged file durable under its name.

        A blob that is there already is kept as it is, and marked as used now, so that no sweep takes it.
        """
        target = self.path(sha256)
        if not target.parent.exists():
            target.parent.mkdir(exist_ok=True, mode=0o700)
            _sync_folder(self._folder)
        if target.exists():
            os.utime(target)
            staging.discard()
            return
        os.fsync(staging.fileno())
        staging.path.rename(target)
        _sync_folder(target.parent)
        staging.discard()

    def open(self, sha256: str) -> FileSource:
        """Open a blob for random access."""
        try:
            return FileSource(self.path(sha256))
        except FileNotFoundError as error:
            raise NotFound(f"blob {sha256} is missing from {self._folder}", reason="BlobMissing") from error

    def path(self, sha256: str) -> Path:
        """Answer where the blob is."""
        if not _NAME.fullmatch(sha256):
            raise NotFound(f"{sha256!r} is not a blob name")
        return self._folder / sha256[:2] / sha256

    def sweep(self, referenced: set[str], *, older_than_seconds: float, now: float) -> int:
        """Remove what no row refers to and nobody has touched for a while."""
        gone = 0
        for path in self._folder.glob("*/*"):
            if path.name not in referenced and path.stat().st_mtime < now - older_than_seconds:
                path.unlink()
                gone += 1
        return gone


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
