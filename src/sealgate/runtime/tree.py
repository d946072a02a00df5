"""Comparing a folder with the signed list of what was unpacked into it.

Everything is looked at through open descriptors of its folder and without following links, so that nothing outside can
be passed off as a part of it. A folder is like its list if it holds exactly the listed directories, files and links:
names, kinds, modes, sizes, contents and targets equal, files last modified at the one time that unpacking sets (a time
can choose which bytecode runs), all of it the server's own and with no second name.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from blake3 import blake3

from sealgate.errors import IntegrityError
from sealgate.package.names import show_name
from sealgate.trust.contents import Item, sort_key

FILE_MODE = 0o644
PROGRAM_MODE = 0o755
DIRECTORY_MODE = 0o755
MODIFIED_NS = 315_532_800 * 10**9
"""When every file was last modified: 1980-01-01, the first day that a ZIP archive can name."""

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a named pipe would hang the open itself
_SMALL = 128 << 10
"""Files below this many bytes are hashed where they are found: to hand one over costs as much."""

_AHEAD = 8
"""Files that may wait, open, to be hashed."""

_PIECE = 1 << 18
"""Bytes that are read and hashed at once: with more, they have left the core's cache before they are hashed."""
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


class UnpackedCodeAltered(IntegrityError):
    """The unpacked files are not those that were unpacked.

    Attributes:
        entry: The path of the first file that differs (lossily decoded), or None when it is the folder as a whole.
        rule: What is wrong with it.
    """

    def __init__(self, rule: str, *, entry: str | None = None, reason: str | None = None) -> None:
        self.entry = entry
        self.rule = rule
        what = "the unpacked code" if entry is None else f"the unpacked file {entry!r}"
        super().__init__(f"{what} was altered: {rule}", reason=reason)


def verify_tree(folder: Path, items: Iterator[Item], *, threads: int | None = None) -> None:
    """Check that a folder holds exactly what is listed.

    Memory and open files are bounded, whatever is in the folder.

    Args:
        folder: The folder.
        items: What must be in it, in the order of `sort_key`.
        threads: How many threads hash large files beside this one; None takes as many as there are cores.

    Raises:
        UnpackedCodeAltered: It holds something else; the error names the first file that was found to differ.
    """
    with _Comparison(items, len(os.sched_getaffinity(0)) if threads is None else threads) as comparison:
        try:
            descriptor = os.open(folder, _READ | os.O_DIRECTORY)
        except OSError as error:
            require_resources(error)
            rule = f"its folder cannot be opened ({error.strerror})"
            raise UnpackedCodeAltered(rule, reason="FileMissing") from error
        try:
            _verify_status(os.fstat(descriptor), DIRECTORY_MODE, b".")
            comparison.compare(descriptor, b"")
        finally:
            os.close(descriptor)
        comparison.finish()


def require_resources(error: OSError) -> None:
    """Raise an error again if it says only that this server lacks memory or descriptors, and nothing of the file."""
    if error.errno in _EXHAUSTED:
        raise error


class _Comparison:
    """One walk through a folder, beside one through its list."""

    def __init__(self, items: Iterator[Item], threads: int) -> None:
        self._items = items
        self._next = next(items, None)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="code-check") if threads else None
        self._hashing: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def compare(self, folder: int, prefix: bytes) -> None:
        """Compare what is in an open folder, and all below it."""
        for name in sorted(map(os.fsencode, os.listdir(folder))):
            item = self._take(prefix + name)
            if item.is_directory:
                self._enter(folder, name, item)
            elif item.is_link:
                _verify_link(folder, name, item)
            else:
                self._verify_file(folder, name, item)

    def finish(self) -> None:
        """Check that nothing is missing at the end, and wait for all hashes."""
        if self._next is not None:
            raise _missing(self._next)
        while self._hashing:
            self._hashing.popleft().result()

    def _take(self, path: bytes) -> Item:
        item = self._next
        if item is None or item.path != path:
            if item is not None and sort_key(item.path) < sort_key(path):
                raise _missing(item)
            raise UnpackedCodeAltered("it is not one of the package's", entry=show_name(path), reason="FileAdded")
        self._next = next(self._items, None)
        return item

    def _enter(self, folder: int, name: bytes, item: Item) -> None:
        descriptor = _open(folder, name, item, os.O_DIRECTORY)
        try:
            _verify_status(os.fstat(descriptor), item.mode, item.path)
            self.compare(descriptor, item.path + b"/")
        finally:
            os.close(descriptor)

    def _verify_file(self, folder: int, name: bytes, item: Item) -> None:
        descriptor = _open(folder, name, item)
        handed_over = False
        try:
            _verify_file_status(os.fstat(descriptor), item)
            if self._pool is None or item.size < _SMALL:
                _verify_bytes(descriptor, item)
                return
            if len(self._hashing) == _AHEAD:
                self._hashing.popleft().result()
            self._hashing.append(self._pool.submit(_verify_and_close, descriptor, item))
            handed_over = True
        finally:
            if not handed_over:
                os.close(descriptor)


def _open(folder: int, name: bytes, item: Item, flags: int = 0) -> int:
    try:
        return os.open(name, _READ | flags, dir_fd=folder)
    except OSError as error:
        require_resources(error)
        kind = "directory" if item.is_directory else "file"
        rule = f"it cannot be opened as a {kind} ({error.strerror})"
        raise UnpackedCodeAltered(rule, entry=show_name(item.path), reason="FileReplaced") from error


def _verify_status(status: os.stat_result, mode: int, path: bytes) -> None:
    if stat.S_IMODE(status.st_mode) != mode:
        found = f"{stat.S_IMODE(status.st_mode):04o}"
        raise UnpackedCodeAltered(f"its mode is {found}, not {mode:04o}", entry=show_name(path), reason="ModeAltered")
    if status.st_uid != os.geteuid():
        raise UnpackedCodeAltered("it belongs to another user", entry=show_name(path), reason="OwnerAltered")


def _verify_file_status(status: os.stat_result, item: Item) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnpackedCodeAltered("it is no regular file", entry=show_name(item.path), reason="FileReplaced")
    _verify_status(status, item.mode, item.path)
    if status.st_size != item.size:
        rule = f"it has {status.st_size} bytes, not {item.size}"
        raise UnpackedCodeAltered(rule, entry=show_name(item.path), reason="ContentsAltered")
    if status.st_mtime_ns != MODIFIED_NS:
        raise UnpackedCodeAltered(
            "its time of last modification is another", entry=show_name(item.path), reason="TimeAltered"
        )
    if status.st_nlink != 1:
        raise UnpackedCodeAltered("it has a second name outside", entry=show_name(item.path), reason="FileLinked")


def _verify_link(folder: int, name: bytes, item: Item) -> None:
    try:
        target = os.readlink(name, dir_fd=folder)
    except OSError as error:
        raise UnpackedCodeAltered(
            "it is no symbolic link", entry=show_name(item.path), reason="FileReplaced"
        ) from error
    if target != item.content:
        rule = f"it is a link to {show_name(target)!r}, not to {show_name(item.content)!r}"
        raise UnpackedCodeAltered(rule, entry=show_name(item.path), reason="LinkAltered")


def _verify_and_close(descriptor: int, item: Item) -> None:
    try:
        _verify_bytes(descriptor, item)
    finally:
        os.close(descriptor)


def _verify_bytes(descriptor: int, item: Item) -> None:
    state, left = blake3(), item.size + 1  # one more, so that a file that has grown shows it
    buffer = memoryview(bytearray(min(_PIECE, left)))
    try:
        while left > 0 and (length := os.readv(descriptor, (buffer,))):
            state.update(buffer[:length])
            left -= length
    except OSError as error:
        rule = f"it cannot be read ({error.strerror})"
        raise UnpackedCodeAltered(rule, entry=show_name(item.path), reason="ContentsAltered") from error
    if state.digest() != item.content:
        raise UnpackedCodeAltered("its contents are others", entry=show_name(item.path), reason="ContentsAltered")


def _missing(item: Item) -> UnpackedCodeAltered:
    return UnpackedCodeAltered("it is missing", entry=show_name(item.path), reason="FileMissing")
