"""What a blob store is: immutable bytes, named by their SHA-256."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from sealgate.package.source import FileSource


class Staging(Protocol):
    """A file that is being written and is no blob yet. Nobody else sees it; leaving the `with` block discards it."""

    path: Path

    def fileno(self) -> int:
        """Answer the open descriptor, for reading and writing."""
        ...

    def write(self, data: bytes) -> None:
        """Append bytes."""
        ...

    def discard(self) -> None:
        """Remove the file, unless it was kept; may be called again."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class BlobStore(Protocol):
    """Content-addressed bytes.

    A blob never changes. When `keep` returns, the bytes and their name have reached the disk. Keeping the same
    content twice is one blob. Names are given by the caller, who has hashed the bytes; nothing is hashed again.
    """

    def stage(self) -> Staging:
        """Begin a new file in the store's own folder, so that keeping it is a rename."""
        ...

    def keep(self, staging: Staging, sha256: str) -> None:
        """Make a staged file the blob of this name (64 lower-case hexadecimal digits)."""
        ...

    def open(self, sha256: str) -> FileSource:
        """Open a blob for random access.

        Raises:
            NotFound: There is no such blob: the store was damaged, since rows point only at blobs that were kept.
        """
        ...

    def path(self, sha256: str) -> Path:
        """Answer where a blob's bytes are, for sending them without a copy."""
        ...

    def sweep(self, referenced: set[str], *, older_than_seconds: float, now: float) -> int:
        """Remove staged files, and blobs that no row refers to and that are old enough; answer how many went."""
        ...
