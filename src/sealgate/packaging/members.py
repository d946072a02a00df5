"""What a template names as code, as the members of a package: a folder, an archive, or one file.

Of a folder everything is packed but what is made by running or fetching it, and would make other bytes on another
machine: `__pycache__`, bytecode beside its source, `.git`, `.aws-sam`. Directories have no entries of their own. Links
are kept as links, and have to stay inside. Of an archive everything is packed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from sealgate.errors import Invalid
from sealgate.package.archive import SIGNING, Archive, Entry, parse_archive, stream_body
from sealgate.package.canonical import Member
from sealgate.package.files import FileSource
from sealgate.package.inflate import Bytes
from sealgate.package.layout import MANIFEST_NAME
from sealgate.package.manifest import FILE, FOLDER, verify_manifest
from sealgate.package.records import END_MARK, LOCAL_MARK

LEFT_OUT = frozenset({b"__pycache__", b".git", b".aws-sam"})
"""Names of files and folders that are not packed, wherever in a folder they are."""

_PIECE = 1 << 20


def read_members(path: Path, opened: ExitStack) -> list[Member]:
    """Find what is to be packed.

    Args:
        path: A folder, an archive, or one file.
        opened: What is closed when the members were packed.

    Raises:
        Invalid: It is not there, or none of these.
        AlreadySigned: It is a signed archive.
        PackageError: It is an archive that may not be signed; the error names entry and rule.
        OSError: It cannot be read.
    """
    if path.is_dir():
        return list(_read_folder(os.fsencode(path), b""))
    if not path.is_file():
        raise Invalid(f"{path}: is neither a folder nor a file")
    source = opened.enter_context(FileSource(path))
    if source.read_at(0, min(len(END_MARK), source.size)) in (LOCAL_MARK, END_MARK):
        return list(_read_archive(parse_archive(source, rules=SIGNING)))
    return [_read_file(os.fsencode(path), os.fsencode(path.name), path.stat())]


def _read_folder(folder: bytes, prefix: bytes) -> Iterator[Member]:
    with os.scandir(folder) as scan:
        found = list(scan)
    names = {each.name for each in found}
    for each in found:
        if each.name in LEFT_OUT or (each.name.endswith(b".pyc") and each.name[:-1] in names):
            continue
        status = each.stat(follow_symlinks=False)
        name = prefix + each.name
        if stat.S_ISDIR(status.st_mode):
            yield from _read_folder(each.path, name + b"/")
        elif stat.S_ISLNK(status.st_mode):
            target = os.readlink(each.path)  # noqa: PTH115 - a Path would normalise it
            yield Member(name, status.st_mode, _given(target))
        else:
            yield _read_file(each.path, name, status)


def _read_file(path: bytes, name: bytes, status: os.stat_result) -> Member:
    return Member(name, status.st_mode, lambda: _file_pieces(path))


def _given(body: bytes) -> Callable[[], tuple[Bytes]]:
    return lambda: (body,)


def _file_pieces(path: bytes) -> Iterator[Bytes]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            yield piece


def _read_archive(archive: Archive) -> Iterator[Member]:
    verify_manifest(archive)
    entries = [entry for entry in archive.entries if entry.name != MANIFEST_NAME]
    parents = {entry.name[: at + 1] for entry in entries for at in _slashes(entry.name.rstrip(b"/"))}
    for entry in entries:
        if entry.name not in parents:
            yield Member(entry.name, _mode(entry), _entry_pieces(archive, entry))


def _slashes(name: bytes) -> Iterator[int]:
    return (at for at, byte in enumerate(name) if byte == ord("/"))


def _mode(entry: Entry) -> int:
    if entry.is_directory:
        return FOLDER
    return FILE if entry.mode is None else entry.mode


def _entry_pieces(archive: Archive, entry: Entry) -> Callable[[], Iterator[Bytes]]:
    return lambda: stream_body(archive, entry)
