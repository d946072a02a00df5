"""Canonical archives: the same files make the same bytes, on any machine.

A canonical archive begins with a manifest (`manifest`) and has its other entries in the order of their names, compared
as bytes. Entries are stored, not compressed: what a compressor makes of a file depends on its version, its build and
the processor (docs/adr/0011). Every file was last modified on 1980-01-01, and is executable or not (0755, 0644), by its
owner's bit. There are no extra fields, descriptors or comments, and no directories but empty ones.

    plan = plan_package(members)          hashes every body; `plan.identity` names the archive that comes of it
    write_package(plan, descriptor)       reads every body again, and fails if one has changed
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

from sealgate.errors import PackageError
from sealgate.package.archive import Archive, read_body
from sealgate.package.inflate import Bytes
from sealgate.package.layout import MANIFEST_NAME, central_record, end_records, local_header
from sealgate.package.links import check_link
from sealgate.package.manifest import (
    FILE,
    FOLDER,
    LINK,
    MAX_MANIFEST,
    PROGRAM,
    ManifestEntry,
    encode_manifest,
    verify_manifest,
)
from sealgate.package.names import NameRegistry, show_name
from sealgate.package.rules import (
    MAX_ARCHIVE,
    MAX_ENTRIES,
    MAX_EXPANDED,
    MAX_LINK,
    SIGNING,
    EmptyPackage,
    ExpandsTooFar,
    PackageTooLarge,
)

_DOS_DIRECTORY = 0x10


class Member(NamedTuple):
    """One file, link or empty directory that shall be packed.

    Attributes:
        name: Its path in the package, as raw UTF-8; a directory's ends with a slash.
        mode: Its Unix mode with its type bits; all but the type and the owner's execute bit is ignored.
        pieces: Answers its body piece by piece (a link's is its target), each time anew.
    """

    name: bytes
    mode: int
    pieces: Callable[[], Iterable[Bytes]]


class _Planned(NamedTuple):
    entry: ManifestEntry
    crc32: int
    pieces: Callable[[], Iterable[Bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePlan:
    """A canonical archive that can be written.

    Attributes:
        identity: The SHA-256 of its manifest, in lower-case hexadecimal. Two plans have the same if and only if the
            archives that they write are the same.
        size: Bytes of the archive.
        entries: How many entries the manifest lists.
    """

    identity: str
    size: int
    manifest: bytes
    planned: tuple[_Planned, ...]

    @property
    def entries(self) -> int:
        """How many entries the manifest lists."""
        return len(self.planned)


def plan_package(members: Iterable[Member]) -> PackagePlan:
    """Read every member, and say which archive comes of them.

    Raises:
        EmptyPackage: There are none.
        PackageTooLarge: They exceed a limit.
        PackageError: A name or a link breaks a rule for what is signed; the error names it and the rule.
        OSError: One cannot be read.
    """
    ordered = sorted(members, key=lambda member: member.name)
    if not ordered:
        raise EmptyPackage("there is nothing to pack")
    if len(ordered) > MAX_ENTRIES - 1:
        raise PackageTooLarge(f"there are {len(ordered)} files to pack; at most {MAX_ENTRIES - 1} are allowed")
    names = NameRegistry(SIGNING)
    names.add(MANIFEST_NAME, utf8=True)
    planned, total = [], 0
    for member in ordered:
        names.add(member.name, utf8=True)
        planned.append(_measure(member))
        total += planned[-1].entry.size
        if total > MAX_EXPANDED:
            raise ExpandsTooFar(f"what is to be packed has more than {MAX_EXPANDED} bytes")
    manifest = encode_manifest(each.entry for each in planned)
    return _make_plan(manifest, tuple(planned))


def find_identity(archive: Archive) -> str | None:
    """Answer the identity of the canonical archive that a package was made of; None where it has no manifest.

    Raises:
        PackageError: The package is not as its manifest says.
    """
    if verify_manifest(archive) is None:
        return None
    manifest = read_body(archive, next(iter(archive.entries)), limit=MAX_MANIFEST)
    return hashlib.sha256(manifest).hexdigest()


def _make_plan(manifest: bytes, planned: tuple[_Planned, ...]) -> PackagePlan:
    described = [(MANIFEST_NAME, len(manifest)), *((each.entry.name, each.entry.size) for each in planned)]
    contents = sum(len(local_header(name, 0, size)) + size for name, size in described)
    directory = sum(len(central_record(name, 0, size, 0, 0)) for name, size in described)
    size = contents + directory + len(end_records(len(described), directory, contents))
    if size > MAX_ARCHIVE:
        raise PackageTooLarge(f"the package would have {size} bytes; at most {MAX_ARCHIVE} are allowed")
    identity = hashlib.sha256(manifest).hexdigest()
    return PackagePlan(identity=identity, size=size, manifest=manifest, planned=planned)


def write_package(plan: PackagePlan, target_fd: int) -> None:
    """Write a planned archive, from the descriptor's position on.

    Raises:
        PackageError: A member is not what it was when it was planned.
        OSError: A member cannot be read, or the target not written.
    """
    offset = 0
    records = []
    for name, mode, checksum, size, pieces in _parts(plan):
        header = local_header(name, checksum, size)
        attributes = mode << 16 | (_DOS_DIRECTORY if stat.S_ISDIR(mode) else 0)
        records.append(central_record(name, checksum, size, attributes, offset))
        _write(header, target_fd)
        for piece in pieces:
            _write(piece, target_fd)
        offset += len(header) + size
    directory = b"".join(records)
    _write(directory + end_records(len(records), len(directory), offset), target_fd)


def _parts(plan: PackagePlan) -> Iterator[tuple[bytes, int, int, int, Iterable[Bytes]]]:
    manifest = plan.manifest
    yield MANIFEST_NAME, FILE, crc32(manifest), len(manifest), (manifest,)
    for each in plan.planned:
        yield each.entry.name, each.entry.mode, each.crc32, each.entry.size, _same_pieces(each)


def _same_pieces(planned: _Planned) -> Iterator[Bytes]:
    """Give out a body again, and fail if it is another than was planned."""
    state, size = hashlib.sha384(), 0
    for piece in planned.pieces():
        state.update(piece)
        size += len(piece)
        if size > planned.entry.size:
            break
        yield piece
    if (state.digest(), size) != (planned.entry.sha384, planned.entry.size):
        raise PackageError("the file changed while it was packed", entry=show_name(planned.entry.name))


def _measure(member: Member) -> _Planned:
    state, checksum, size = hashlib.sha384(), 0, 0
    mode = _canonical_mode(member)
    for piece in member.pieces():
        state.update(piece)
        checksum = crc32(piece, checksum)
        size += len(piece)
        if size > MAX_EXPANDED:
            raise ExpandsTooFar(f"has more than {MAX_EXPANDED} bytes", entry=show_name(member.name))
    if mode == LINK:
        _check_target(member, size)
    entry = ManifestEntry(mode=mode, size=size, sha384=state.digest(), name=member.name)
    return _Planned(entry=entry, crc32=checksum, pieces=member.pieces)


def _canonical_mode(member: Member) -> int:
    kind = stat.S_IFMT(member.mode)
    if kind in (stat.S_IFLNK, stat.S_IFDIR):
        return LINK if kind == stat.S_IFLNK else FOLDER
    if kind not in (0, stat.S_IFREG):
        raise PackageError("neither a file, nor a directory, nor a link", entry=show_name(member.name))
    return PROGRAM if member.mode & stat.S_IXUSR else FILE


def _check_target(member: Member, size: int) -> None:
    if size > MAX_LINK:
        raise PackageTooLarge(f"the symbolic link's target has {size} bytes", entry=show_name(member.name))
    try:
        check_link(member.name, b"".join(member.pieces()))
    except PackageError as error:
        raise PackageError(error.rule, entry=show_name(member.name)) from None


def _write(data: Bytes, target_fd: int) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target_fd, view) :]
