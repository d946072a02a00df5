"""Local headers: each must repeat its central record, and stand right behind the entry before it.

A streaming reader sees local headers, others the central directory; what they disagree about, an attacker chooses.
"""

from __future__ import annotations

from struct import Struct

from sealgate.errors import PackageError
from sealgate.package.directory import Entry
from sealgate.package.extras import ZIP64, check_unicode, parse_extras, resolve_zip64
from sealgate.package.records import DESCRIPTOR_MARK, FLAG_DESCRIPTOR, LOCAL, LOCAL_MARK
from sealgate.package.rules import Rules
from sealgate.package.source import Source
from sealgate.package.window import Window

_WINDOW = 32 << 10

MAX_VERSION = 45
"""ZIP64 (APPNOTE 4.4.3.2); what needs a newer reader is encrypted or compressed in ways that are refused."""

_BEYOND = "the entry reaches into the central directory"

_DESCRIPTOR = Struct("<3L")
_WIDE_DESCRIPTOR = Struct("<L2Q")


class LocalHeaders:
    """Walks over the local entries of one archive from its first byte to the central directory.

    Attributes:
        position: Where the next local header must begin.
        window: What the entries' data is read through, if it is: most headers can be seen there too.
    """

    __slots__ = ("_buffer", "_end", "_rules", "_source", "_start", "position", "window")

    def __init__(self, source: Source, end: int, rules: Rules) -> None:
        self._source = source
        self._end = end
        self._rules = rules
        self._start = 0
        self._buffer = b""
        self.position = 0
        self.window: Window | None = None

    def check(self, entry: Entry, record: bytes) -> int:
        """Check one entry's local header and data descriptor, and go past it.

        Args:
            entry: What the central record says.
            record: The central record's bytes from "version needed" to the length of the name: the local header has
                the same fields in the same order (APPNOTE 4.3.7, 4.3.12).

        Returns:
            Where the entry's data begins.

        Raises:
            PackageError: The header is not there, or does not agree.
        """
        if entry.offset != self.position:
            raise PackageError(
                "the local header does not stand right behind the entry before it (a gap, an overlap, another order, "
                "or bytes before the archive)"
            )
        name, offset, _, packed, _, _, _, flags, _ = entry
        # The most usual header, recognised in one comparison: all fields equal, no extra field, no descriptor.
        plain = b"".join((LOCAL_MARK, record, b"\0\0", name))
        if flags & FLAG_DESCRIPTOR or not self._shows(plain, offset):
            return self._check_fully(entry, record)
        data_offset = offset + len(plain)
        self.position = data_offset + packed
        if self.position > self._end:
            raise PackageError(_BEYOND)
        return data_offset

    def _shows(self, expected: bytes, offset: int) -> bool:
        if self.window is not None:
            return self.window.shows(expected, offset)
        return self._buffer.startswith(expected, offset - self._start)

    def _check_fully(self, entry: Entry, record: bytes) -> int:
        header = self._read(entry.offset, LOCAL.size)
        name_size, extra_size = header[26] | header[27] << 8, header[28] | header[29] << 8
        rest = self._read(entry.offset + LOCAL.size, name_size + extra_size)
        if not header.startswith(LOCAL_MARK):
            raise PackageError("there is no local header where the central directory says")
        if not rest.startswith(entry.name) or name_size != len(entry.name):
            raise PackageError("the local header has another name than the central directory")
        extras = parse_extras(rest[name_size:], self._rules) if extra_size else {}
        if extras:
            check_unicode(extras, entry.name, b"")
        if header[4:28] != record or ZIP64 in extras:
            self._compare(entry, header, record, extras)
        data_offset = entry.offset + LOCAL.size + name_size + extra_size
        self.position = data_offset + entry.compressed_size
        if entry.flags & FLAG_DESCRIPTOR:
            self._skip_descriptor(entry, wide=ZIP64 in extras)
        if self.position > self._end:
            raise PackageError(_BEYOND)
        return data_offset

    def _compare(self, entry: Entry, header: bytes, record: bytes, extras: dict[int, bytes]) -> None:
        """Compare what is not equal as bytes: ZIP64 sizes, sizes left to the descriptor, another version needed."""
        _, needed, _, _, _, _, crc32, packed, size, _, _ = LOCAL.unpack(header)
        size, packed = resolve_zip64(extras.get(ZIP64), size, packed)
        if needed > MAX_VERSION:
            raise PackageError("the local header asks for a reader of a newer ZIP version")
        if header[6:10] != record[2:6]:
            raise PackageError("the local header has other flags or another method than the central directory")
        if header[10:14] != record[6:10]:
            raise PackageError("the local header has another time than the central directory")
        # With a descriptor, what the packager did not know yet is 0 (APPNOTE 4.4.4).
        unknown = 0 if entry.flags & FLAG_DESCRIPTOR else None
        pairs = ((crc32, entry.crc32), (packed, entry.compressed_size), (size, entry.size))
        if any(found not in (stated, unknown) for found, stated in pairs):
            raise PackageError("the local header has another size or checksum than the central directory")

    def _skip_descriptor(self, entry: Entry, *, wide: bool) -> None:
        """Go past the data descriptor (APPNOTE 4.3.9): its mark is optional, its sizes are wide where ZIP64 is used."""
        layout = _WIDE_DESCRIPTOR if wide else _DESCRIPTOR
        expected = layout.pack(entry.crc32, entry.compressed_size, entry.size)
        marked = DESCRIPTOR_MARK + expected
        found = self._read(self.position, min(len(marked), max(0, self._end - self.position)))
        if found == marked:
            self.position += len(marked)
        elif found.startswith(expected):
            self.position += len(expected)
        else:
            raise PackageError("the data descriptor is missing, or disagrees with the central directory")

    def _read(self, offset: int, length: int) -> bytes:
        at = offset - self._start
        if at < 0 or at + length > len(self._buffer):
            available = self._end - offset
            if length > available:
                raise PackageError(_BEYOND)
            self._buffer = self._source.read_at(offset, min(max(length, _WINDOW), available))
            self._start, at = offset, 0
        return self._buffer[at : at + length]
