"""A ZIP writer that lets a test lie in any field.

    write_zip([Member(b"app.py", b"x")])                              an honest archive
    write_zip([Member(b"app.py", b"x", central={"size": 9})])         one whose central record lies about the size
    write_zip([Member(b"a", b"x")], end={"entries": 2})               one whose end record lies

Fields are named as in `sealgate.package.records`; written independently of it, so that the two check each other.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

STORED, DEFLATED = 0, 8
FILE, FOLDER, LINK = 0o100644, 0o040755, 0o120777
UNIX, DOS = 3, 0
UTF8, DESCRIPTOR = 0x800, 0x8

LOCAL = ("mark", "needed", "flags", "method", "time", "date", "crc32", "packed", "size", "name_size", "extra_size")
CENTRAL = (*("mark", "made_by", *LOCAL[1:], "comment_size", "disk", "internal", "attributes", "offset"),)
END = ("mark", "disk", "start_disk", "count", "entries", "size", "offset", "comment_size")
ZIP64_END = ("mark", "length", "made_by", "needed", "disk", "start_disk", "count", "entries", "size", "offset")
LOCATOR = ("mark", "disk", "offset", "disks")
_LAYOUTS = {
    LOCAL: "<4s5H3L2H",
    CENTRAL: "<4s6H3L5H2L",
    END: "<4s4H2LH",
    ZIP64_END: "<4sQ2H2L4Q",
    LOCATOR: "<4sLQL",
}

Value = int | bytes
Lies = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Member:
    """One entry as it is, and what its records say instead.

    Attributes:
        name: The name.
        body: The body.
        method: How the body is stored.
        mode: The Unix mode; None makes it an entry of a DOS archive.
        data: The data in place of what the method makes of the body.
        flags: General purpose flags; None marks the name as UTF-8 where it is not ASCII.
        extra: The extra fields of both headers.
        local_extra: Those of the local header, where they differ.
        comment: The entry's comment.
        descriptor: What follows the data.
        gap: Bytes before the local header.
        local: Fields of the local header that lie; `name` too.
        central: Fields of the central record that lie; `name` too.
    """

    name: bytes
    body: bytes = b""
    method: int = STORED
    mode: int | None = FILE
    data: bytes | None = None
    flags: int | None = None
    extra: bytes = b""
    local_extra: bytes | None = None
    comment: bytes = b""
    descriptor: bytes = b""
    gap: bytes = b""
    local: Lies = field(default_factory=dict)
    central: Lies = field(default_factory=dict)

    def payload(self) -> bytes:
        if self.data is not None:
            return self.data
        return deflate(self.body) if self.method == DEFLATED else self.body


def deflate(body: bytes, level: int = 6) -> bytes:
    """Compress to a raw deflate stream."""
    stream = zlib.compressobj(level, zlib.DEFLATED, -15)
    return stream.compress(body) + stream.flush()


def extra_field(kind: int, data: bytes) -> bytes:
    return struct.pack("<2H", kind, len(data)) + data


def unicode_name(name: bytes, header: bytes) -> bytes:
    """The extra field 0x7075 that gives the entry a name beside its header's."""
    return extra_field(0x7075, struct.pack("<BL", 1, zlib.crc32(header)) + name)


def folder(name: bytes) -> Member:
    return Member(name, mode=FOLDER)


def link(name: bytes, target: bytes) -> Member:
    return Member(name, target, mode=LINK)


def descriptor(member: Member, *, marked: bool = True, wide: bool = False) -> Member:
    """The same entry as a streaming packager writes it: sizes and checksum after the data."""
    data = member.payload()
    values = (zlib.crc32(member.body), len(data), len(member.body))
    record = struct.pack("<L2Q" if wide else "<3L", *values)
    return Member(
        member.name,
        member.body,
        member.method,
        mode=member.mode,
        flags=DESCRIPTOR,
        local_extra=member.local_extra,
        descriptor=(b"PK\x07\x08" if marked else b"") + record,
        local={"crc32": 0, "packed": 0, "size": 0} | dict(member.local),
        central=member.central,
    )


def write_zip(
    members: Iterable[Member],
    *,
    comment: bytes = b"",
    zip64: bool | None = None,
    order: Sequence[int] | None = None,
    end: Lies | None = None,
    zip64_end: Lies | None = None,
    locator: Lies | None = None,
    before_directory: bytes = b"",
    after_directory: bytes = b"",
    prefix: bytes = b"",
) -> bytes:
    """Write an archive.

    Args:
        members: Its entries, in local order.
        comment: The archive's comment.
        zip64: Whether ZIP64 end records are there; None writes them from 65,535 entries on.
        order: The central directory's order, where it differs.
        end: Fields of the end record that lie.
        zip64_end: Fields of the ZIP64 end record that lie.
        locator: Fields of the ZIP64 locator that lie.
        before_directory: Bytes between the entries and the directory.
        after_directory: Bytes between the directory and the end records.
        prefix: Bytes before the archive, which the offsets count.
    """
    body, records = bytearray(prefix), []
    for member in members:
        body += member.gap
        records.append(_central(member, len(body)))
        body += _local(member) + member.payload() + member.descriptor
    body += before_directory
    directory = b"".join(records if order is None else [records[index] for index in order])
    place: dict[str, Value] = {
        "count": len(records),
        "entries": len(records),
        "size": len(directory),
        "offset": len(body),
    }
    body += directory + after_directory
    wide = len(records) >= 0xFFFF if zip64 is None else zip64
    body += _zip64_ends(place, len(body), zip64_end, locator) if wide else b""
    return bytes(body) + _end(place, len(comment), end) + comment


def many(count: int) -> bytes:
    """Write an archive of that many empty files, quickly."""
    name = b"f%06d"
    local = _local(Member(name % 0))
    record = _central(Member(name % 0), 0)
    step = len(local)
    body = b"".join(local[:30] + name % index for index in range(count))
    directory = b"".join(record[:42] + struct.pack("<L", index * step) + name % index for index in range(count))
    place: dict[str, Value] = {"count": count, "entries": count, "size": len(directory), "offset": len(body)}
    ends = _zip64_ends(place, len(body) + len(directory)) if count >= 0xFFFF else b""
    return body + directory + ends + _end(place)


def _end(place: Lies, comment_size: int = 0, lies: Lies | None = None) -> bytes:
    counts = {key: min(int(place[key]), 0xFFFF) for key in ("count", "entries")}
    return _pack(END, {"mark": b"PK\5\6", "comment_size": comment_size, **place, **counts}, lies)


def _zip64_ends(place: Lies, at: int, lies: Lies | None = None, locator: Lies | None = None) -> bytes:
    record = _pack(ZIP64_END, {"mark": b"PK\6\6", "length": 44, "made_by": 45, "needed": 45, **place}, lies)
    return record + _pack(LOCATOR, {"mark": b"PK\6\7", "offset": at, "disks": 1}, locator)


def _fields(member: Member, extra: bytes) -> dict[str, Value]:
    flags = member.flags if member.flags is not None else (0 if member.name.isascii() else UTF8)
    return {
        "needed": 20,
        "flags": flags,
        "method": member.method,
        "time": 0x6000,
        "date": 0x5A21,
        "crc32": zlib.crc32(member.body),
        "packed": len(member.payload()),
        "size": len(member.body),
        "name_size": len(member.name),
        "extra_size": len(extra),
    }


def _local(member: Member) -> bytes:
    extra = member.extra if member.local_extra is None else member.local_extra
    name, lies = _name(member, member.local)
    fields = {"mark": b"PK\3\4"} | _fields(member, extra) | {"name_size": len(name)}
    return _pack(LOCAL, fields, lies) + name + extra


def _central(member: Member, offset: int) -> bytes:
    host, attributes = (DOS, 0) if member.mode is None else (UNIX, member.mode << 16)
    name, lies = _name(member, member.central)
    fields: dict[str, Value] = {
        "mark": b"PK\1\2",
        "made_by": host << 8 | 20,
        "comment_size": len(member.comment),
        "attributes": attributes,
        "offset": offset,
    }
    fields |= _fields(member, member.extra) | {"name_size": len(name)}
    return _pack(CENTRAL, fields, lies) + name + member.extra + member.comment


def _name(member: Member, lies: Lies) -> tuple[bytes, Lies]:
    name = lies.get("name", member.name)
    assert isinstance(name, bytes)
    return name, {key: value for key, value in lies.items() if key != "name"}


def _pack(layout: tuple[str, ...], truth: Mapping[str, Value], lies: Lies | None) -> bytes:
    values = dict.fromkeys(layout, 0) | dict(truth) | dict(lies or {})
    return struct.pack(_LAYOUTS[layout], *(values[key] for key in layout))
