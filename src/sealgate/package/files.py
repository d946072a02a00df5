"""Where package bytes come from: memory, or an open file.

Nothing is imported that costs start-up time: the command line hashes before it loads anything else.
"""

from __future__ import annotations

import os
import stat

from sealgate.errors import PackageError

TYPE_CHECKING = False  # type checkers read True; `typing` itself would cost the command line milliseconds
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_CHANGED = "the file ends early: it was cut short, or changed while it was read"


class BytesSource:
    """A package in memory."""

    __slots__ = ("_data", "size")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Read exactly `length` bytes from `offset` on.

        Raises:
            PackageError: There are not that many.
        """
        if offset < 0 or length < 0 or offset + length > self.size:
            raise PackageError(_CHANGED)
        return self._data[offset : offset + length]


class FileSource:
    """A package in a regular file. Threads may read at the same time; the position of the descriptor is never used.

    Its size is taken once, when it is opened. Opened by path it owns the descriptor and closes it; opened by
    descriptor it leaves it to the caller.
    """

    __slots__ = ("_descriptor", "_owned", "size")

    def __init__(self, file: str | os.PathLike[str] | int) -> None:
        """Open a path for reading, or take a descriptor.

        Raises:
            PackageError: It is not a regular file.
            OSError: The path cannot be opened.
        """
        self._owned = not isinstance(file, int)
        # Without O_NONBLOCK a named pipe would hang the open itself.
        self._descriptor = file if isinstance(file, int) else os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise PackageError("not a regular file")
        self.size = status.st_size

    def fileno(self) -> int:
        """Answer the descriptor."""
        return self._descriptor

    def read_at(self, offset: int, length: int) -> bytes:
        """Read exactly `length` bytes from `offset` on.

        Raises:
            PackageError: There are not that many, or the file cannot be read.
        """
        if offset < 0 or length < 0 or offset + length > self.size:
            raise PackageError(_CHANGED)
        data = self._pread(length, offset)
        while len(data) < length:  # a signal, or more than the kernel gives at once
            more = self._pread(length - len(data), offset + len(data))
            if not more:
                raise PackageError(_CHANGED)
            data += more
        return data

    def _pread(self, length: int, offset: int) -> bytes:
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError as error:
            raise PackageError(f"the file cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """Close the descriptor if it is this object's own."""
        if self._owned and self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
