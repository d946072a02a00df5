"""The central directory: where it is, and what its records say."""

from __future__ import annotations

import stat
from array import array
from collections.abc import Iterator
from typing import Any, NamedTuple

from sealgate.errors import PackageError
from sealgate.package.attributes import UNIX_HOSTS
from sealgate.package.extras import ZIP64, parse_extras, resolve_zip64
from sealgate.package.names import show_name
from sealgate.package.records import (
    CENTRAL,
    END,
    END_MARK,
    FULL_16,
    FULL_32,
    ZIP64_END,
    ZIP64_END_LENGTH,
    ZIP64_END_MARK,
    ZIP64_LOCATOR,
    ZIP64_LOCATOR_MARK,
)
from sealgate.package.rules import DEPLOYABLE, EmptyPackage, PackageTooLarge, Rules
from sealgate.package.source import Source

_MAX_COMMENT = FULL_16


class Entry(NamedTuple):
    """One entry of a checked archive. A tuple, since a package may have a hundred thousand.

    Attributes:
        name: The header's raw bytes; a directory's end with a slash.
        offset: Where its local header begins.
        data_offset: Where its data begins.
        compressed_size: Bytes of its data.
        size: Bytes of its body.
        crc32: What the body's CRC-32 must be.
        method: 0 (stored) or 8 (deflated).
        flags: General purpose flags.
        mode: The Unix mode with its type bits; None if the archive says none.
    """

    name: bytes
    offset: int
    data_offset: int
    compressed_size: int
    size: int
    crc32: int
    method: int
    flags: int
    mode: int | None

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.name.endswith(b"/")

    @property
    def is_symlink(self) -> bool:
        """Whether its body is the target of a symbolic link."""
        return self.mode is not None and stat.S_ISLNK(self.mode)

    def refusal(self, rule: str) -> PackageError:
        """Make the error that names this entry."""
        return PackageError(rule, entry=show_name(self.name))


class Directory:
    """The entries of a checked archive, in archive order.

    Kept as the directory's own bytes and decoded one at a time, so that a hundred thousand entries cost little memory.
    Use `len` for their number.

    Attributes:
        records: The central directory's bytes.
    """

    __slots__ = ("_data_offsets", "records")

    def __init__(self, records: bytes, data_offsets: array[int]) -> None:
        self.records = records
        self._data_offsets = data_offsets

    def __len__(self) -> int:
        return len(self._data_offsets)

    def __iter__(self) -> Iterator[Entry]:
        at = 0
        for data_offset in self._data_offsets:
            fields = CENTRAL.unpack_from(self.records, at)
            yield decode_entry(self.records, at, fields, data_offset)
            at += CENTRAL.size + fields[10] + fields[11] + fields[12]


def decode_entry(records: bytes, at: int, fields: tuple[Any, ...], data_offset: int) -> Entry:
    """Make an entry of the record at `at`, whose fixed fields are unpacked already.

    Raises:
        PackageError: A size or offset refers to a ZIP64 field, and that is not as it should be.
    """
    _, made_by, _, flags, method, _, _, crc32, packed, size, name_size, extra_size, _, _, _, attributes, offset = fields
    at += CENTRAL.size
    end = at + name_size
    if FULL_32 in (size, packed, offset):
        extras = parse_extras(records[end : end + extra_size], DEPLOYABLE)
        size, packed, offset = resolve_zip64(extras.get(ZIP64), size, packed, offset)
    mode = (attributes >> 16 or None) if made_by >> 8 in UNIX_HOSTS else None
    # `Entry(...)` goes through a Python function, which would cost a third of all this.
    return _new_entry(Entry, (records[at:end], offset, data_offset, packed, size, crc32, method, flags, mode))


_new_entry = tuple.__new__


class DirectoryPlace(NamedTuple):
    """What the end records say, after they were found to agree.

    Attributes:
        entries: Number of records.
        size: Bytes of the central directory.
        offset: Where it begins.
        is_zip64: Whether ZIP64 records are there.
    """

    entries: int
    size: int
    offset: int
    is_zip64: bool


def locate_directory(source: Source, rules: Rules) -> DirectoryPlace:
    """Read the end records: the directory must reach up to them, and they to the end of the file.

    A reader that looks for the directory by the end record's position, and one that looks by the stated offset, must
    find the same (the attack archives of Go 1.19 and 1.23). The ZIP64 records must be adjacent (CVE-2025-8291).

    Raises:
        EmptyPackage: There is nothing in the file, or no entry in the archive.
        PackageTooLarge: The file, the number of entries or the directory exceeds its limit.
        PackageError: The file does not end as a plain archive does.
    """
    if source.size == 0:
        raise EmptyPackage("the file is empty")
    if source.size > rules.max_archive:
        raise PackageTooLarge(f"the archive has {source.size} bytes; at most {rules.max_archive} are allowed")
    position, end = _find_end(source, rules)
    fields = END.unpack(end)
    disks, counts, size, offset = fields[1:3], fields[3:5], fields[5], fields[6]
    place = DirectoryPlace(entries=counts[1], size=size, offset=offset, is_zip64=False)
    boundary = position
    zip64 = _find_zip64(source, position)
    if zip64 is not None:
        boundary, place = zip64
        _compare_zip64(place, counts[1], size, offset)
    if disks != (0, 0) or counts[0] != counts[1]:
        raise PackageError("the archive is one part of several")
    if place.offset + place.size != boundary:
        raise PackageError("the central directory does not reach up to the end records")
    _check_limits(place, rules)
    return place


def _find_end(source: Source, rules: Rules) -> tuple[int, bytes]:
    """Find the end record: the last bytes, or before a comment in which no other can hide."""
    tail = source.read_at(max(0, source.size - END.size), min(END.size, source.size))
    if len(tail) == END.size and tail.startswith(END_MARK) and tail.endswith(b"\0\0"):
        return source.size - END.size, tail
    begin = max(0, source.size - END.size - _MAX_COMMENT)
    tail = source.read_at(begin, source.size - begin)
    at = tail.rfind(END_MARK)
    if at < 0 or len(tail) - at < END.size:
        raise PackageError("not a ZIP archive, or cut short: it has no end record")
    comment = int.from_bytes(tail[at + END.size - 2 : at + END.size], "little")
    if at + END.size + comment != len(tail):
        raise PackageError("bytes follow the archive's end record")
    if not rules.comments:
        raise PackageError("the archive has a comment: remove it (zip -z package.zip < /dev/null)")
    if tail.find(END_MARK) != at:
        raise PackageError("the archive has more than one end record")
    return begin + at, tail[at : at + END.size]


def _find_zip64(source: Source, position: int) -> tuple[int, DirectoryPlace] | None:
    """Read the ZIP64 records right before the end record: where they begin, and what they say."""
    locator_at = position - ZIP64_LOCATOR.size
    begin = locator_at - ZIP64_END.size
    if locator_at < 0:
        return None
    locator = ZIP64_LOCATOR.unpack(source.read_at(locator_at, ZIP64_LOCATOR.size))
    if locator[0] != ZIP64_LOCATOR_MARK:
        return None
    if begin < 0 or locator[1:] != (0, begin, 1):
        raise PackageError("the ZIP64 locator does not point to the record before it")
    mark, length, _, _, disk, start_disk, count, entries, size, offset = ZIP64_END.unpack(
        source.read_at(begin, ZIP64_END.size)
    )
    if mark != ZIP64_END_MARK or length != ZIP64_END_LENGTH:
        raise PackageError("the ZIP64 end record is malformed or extended")
    if (disk, start_disk) != (0, 0) or count != entries:
        raise PackageError("the archive is one part of several")
    return begin, DirectoryPlace(entries=entries, size=size, offset=offset, is_zip64=True)


def _compare_zip64(place: DirectoryPlace, entries: int, size: int, offset: int) -> None:
    """A field of the end record either refers to the ZIP64 record or agrees with it."""
    pairs = ((entries, FULL_16, place.entries), (size, FULL_32, place.size), (offset, FULL_32, place.offset))
    if any(classic not in (full, zip64) for classic, full, zip64 in pairs):
        raise PackageError("the end record and the ZIP64 end record disagree")


def _check_limits(place: DirectoryPlace, rules: Rules) -> None:
    if place.entries == 0 and place.size == 0:
        raise EmptyPackage("the archive has no entries")
    if place.entries > rules.max_entries:
        raise PackageTooLarge(f"the archive has {place.entries} entries; at most {rules.max_entries} are allowed")
    limit = rules.max_directory
    if place.size > limit:
        raise PackageTooLarge(f"the central directory has {place.size} bytes; at most {limit} are allowed")
    if place.entries * CENTRAL.size > place.size:
        raise PackageError("the archive has fewer entries than its end record says")
