"""The one way in which this package reads bytes."""

from typing import Protocol

from sealgate.package.files import BytesSource, FileSource

__all__ = ["BytesSource", "FileSource", "Source"]


class Source(Protocol):
    """Random access to bytes whose number never changes. Several threads may read at the same time.

    The bytes are not trusted, and may change between two reads of the same place: whoever needs them to be the same
    must read them once.
    """

    @property
    def size(self) -> int:
        """The number of bytes."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Read exactly `length` bytes from `offset` on.

        Raises:
            PackageError: There are not that many.
        """
        ...
