"""Reading a ZIP archive strictly: either it has one meaning for every reader, or it is refused.

What holds for every archive, whatever the rules:

1. It begins with a local header and ends with the end records; entries, central directory and end records follow one
   another without gap or overlap, the entries in the directory's order.
2. A local header says what the central record says: name, flags, method, time, checksum, sizes.
3. Methods are stored and deflated; nothing is encrypted, split, or of a newer version than 4.5.
4. Extra fields are well-formed and change nothing; ZIP64 values stand only where a field refers to them.
5. Names are UTF-8, relative, without `..`, backslash or NUL; no two mean the same file; none lies below a file.
6. Entries are regular files, directories, or links that stay inside the package.
7. Counts and sizes are within the limits of `rules`, and no entry states more than its data can expand to.

`parse_archive` checks all of that from directory and headers. That each entry's data is what its size and CRC-32 say
is checked where the data is expanded: `digest`, `read_body`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from stat import S_IFLNK

from sealgate.errors import PackageError
from sealgate.package.attributes import check_attributes
from sealgate.package.directory import Directory, Entry, decode_entry, locate_directory
from sealgate.package.extras import ZIP64, check_unicode, parse_extras, resolve_zip64
from sealgate.package.inflate import Bytes, expand_pieces
from sealgate.package.layout import MAX_SIGNATURE, META_DIRECTORY, SIGNATURE_NAME
from sealgate.package.links import check_link
from sealgate.package.local import MAX_VERSION, LocalHeaders
from sealgate.package.names import NameRegistry, show_name
from sealgate.package.records import CENTRAL, CENTRAL_MARK, DEFLATED, FLAG_DESCRIPTOR, FLAG_UTF8, LOCAL, STORED
from sealgate.package.rules import (
    AWS_FORMAT,
    AWS_FRAMED,
    DEPLOYABLE,
    MAX_EXPANDED,
    MAX_LINK,
    MAX_RATIO,
    SIGNING,
    AlreadySigned,
    EmptyPackage,
    ExpandsTooFar,
    PackageTooLarge,
    Rules,
)
from sealgate.package.source import Source
from sealgate.package.window import Window

__all__ = [
    "AWS_FORMAT",
    "AWS_FRAMED",
    "DEPLOYABLE",
    "META_DIRECTORY",
    "SIGNATURE_NAME",
    "SIGNING",
    "AlreadySigned",
    "Archive",
    "ArchiveReader",
    "Directory",
    "EmptyPackage",
    "Entry",
    "ExpandsTooFar",
    "PackageTooLarge",
    "Rules",
    "parse_archive",
    "read_body",
    "stream_body",
]

_METHODS = (STORED, DEFLATED)
_FLAGS = 0b110 | FLAG_DESCRIPTOR | FLAG_UTF8  # bits 1 and 2 tell the compressor's effort (APPNOTE 4.4.4)
_NO_REST = (0, 0, 0)  # bytes of extra fields, bytes of a comment, number of the disk
_NOTED = frozenset({SIGNATURE_NAME, META_DIRECTORY})
_READ = 256 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A checked archive.

    Attributes:
        source: Where its bytes are.
        entries: Its entries in archive order; decoded while iterating.
        directory_offset: Where the central directory begins, and the local entries end.
        directory_size: Bytes of the central directory.
        is_zip64: Whether it has ZIP64 end records.
        total_size: Bytes of all bodies together, the signature's left out.
        signature: The signature entry, if there is one.
        has_meta_directory: Whether there is an entry `META_INF/`.
    """

    source: Source
    entries: Directory
    directory_offset: int
    directory_size: int
    is_zip64: bool
    total_size: int
    signature: Entry | None
    has_meta_directory: bool


def parse_archive(source: Source, *, rules: Rules = SIGNING) -> Archive:
    """Read and check an archive's structure.

    ZIP64 end records are accepted for any number of entries if they agree with the end record: they belong to no
    entry, and signing writes its own. Memory is the central directory and some 100 bytes an entry.

    Raises:
        EmptyPackage: It has no entries.
        AlreadySigned: It has a signature entry and `rules` want none.
        PackageTooLarge: It exceeds a limit.
        PackageError: It breaks a rule; the error names rule and entry.
    """
    reader = ArchiveReader(source, rules)
    for _ in reader.entries:
        pass
    return reader.finish()


def stream_body(archive: Archive, entry: Entry) -> Iterator[Bytes]:
    """Expand one entry piece by piece; whoever uses the pieces must discard them if this raises.

    Raises:
        PackageError: The data is not exactly what the entry states. It may come after all pieces were given out.
    """
    end = entry.data_offset + entry.compressed_size
    starts = range(entry.data_offset, end, _READ)
    pieces = (archive.source.read_at(start, min(_READ, end - start)) for start in starts)
    return expand_pieces(entry, pieces)


def read_body(archive: Archive, entry: Entry, *, limit: int) -> bytes:
    """Expand one entry of at most `limit` bytes.

    Raises:
        PackageTooLarge: It states more.
        PackageError: The data is not exactly what the entry states.
    """
    if entry.size > limit:
        raise PackageTooLarge(f"has {entry.size} bytes; at most {limit} are allowed", entry=show_name(entry.name))
    return b"".join(stream_body(archive, entry))


class ArchiveReader:
    """One pass over directory and local headers, which gives out each entry as soon as it is checked.

    So contents can be expanded while the rest is still being checked. Nothing that comes of them may be used before
    `finish` has answered: only then is the archive known to be one.

    Attributes:
        source: Where the archive's bytes are.
        rules: What is asked of it.
        directory_offset: Where the central directory begins; no entry reaches beyond.
        has_meta_directory: Whether an entry `META_INF/` was given out.
    """

    def __init__(self, source: Source, rules: Rules) -> None:
        """Find the central directory.

        Raises:
            EmptyPackage, PackageTooLarge, PackageError: As `parse_archive`.
        """
        self.source = source
        self.rules = rules
        self._place = locate_directory(source, rules)
        self.directory_offset = self._place.offset
        self.has_meta_directory = False
        self._records = source.read_at(self._place.offset, self._place.size)
        self._names = NameRegistry(rules)
        self._headers = LocalHeaders(source, self._place.offset, rules)
        self._at = 0
        self._data_offsets = array("Q")
        self._links: list[Entry] = []
        self._signature: Entry | None = None
        self._total = 0
        self._checked_attributes: tuple[int, int] | None = None

    def open_window(self, on_chunk: Callable[[bytes], None] | None = None) -> Window:
        """Make a window to read the entries' data through. Local headers that it shows are not read again.

        Args:
            on_chunk: As `Window`.
        """
        self._headers.window = Window(self.source, self.directory_offset, on_chunk)
        return self._headers.window

    @property
    def entries(self) -> Iterator[Entry]:
        """The entries in archive order, each checked when it is asked for. They can be had once.

        Raises:
            AlreadySigned, PackageTooLarge, PackageError: As `parse_archive`.
        """
        for _ in range(self._place.entries):
            yield self._take()

    def finish(self) -> Archive:
        """Check what can be checked only when all entries were given out, and answer the archive.

        Raises:
            PackageError: There is more in the file than these entries, or a link leaves the package.
        """
        if self._at != len(self._records):
            raise PackageError("the central directory has more records than the end record says")
        if self._headers.position != self.directory_offset:
            raise PackageError("there are bytes between the last entry and the central directory")
        archive = Archive(
            source=self.source,
            entries=Directory(self._records, self._data_offsets),
            directory_offset=self.directory_offset,
            directory_size=self._place.size,
            is_zip64=self._place.is_zip64,
            total_size=self._total,
            signature=self._signature,
            has_meta_directory=self.has_meta_directory,
        )
        for entry in self._links:
            _check_target(archive, entry)
        return archive

    def _take(self) -> Entry:
        """Check the next record, and the local entry that it stands for."""
        records, at = self._records, self._at
        if at + CENTRAL.size > len(records):
            raise PackageError("the central directory is cut short")
        fields = CENTRAL.unpack_from(records, at)
        end: int = at + CENTRAL.size + fields[10] + fields[11] + fields[12]
        if fields[0] != CENTRAL_MARK or end > len(records):
            raise PackageError("the central directory is malformed")
        try:
            # Where the data of most entries begins; whether this one's does, its local header tells.
            entry = decode_entry(records, at, fields, fields[16] + LOCAL.size + fields[10])
            if fields[2] > MAX_VERSION or fields[3] & ~_FLAGS or fields[4] not in _METHODS or fields[11:14] != _NO_REST:
                self._check_unusual(entry, fields, records[at + CENTRAL.size + fields[10] : end])
            else:
                self._names.add(entry.name, utf8=bool(fields[3] & FLAG_UTF8))
            self._check_entry(entry, fields[1], fields[15])
            data_offset = self._headers.check(entry, records[at + 6 : at + 30])
            if data_offset != entry.data_offset:
                entry = entry._replace(data_offset=data_offset)
            if entry.name in _NOTED or fields[15] >> 16 >= S_IFLNK:
                self._note(entry)
        except PackageError as error:
            if error.entry is not None:
                raise
            name = records[at + CENTRAL.size :][: fields[10]]
            raise type(error)(error.rule, entry=show_name(name)) from None
        self._data_offsets.append(data_offset)
        self._at = end
        return entry

    def _check_unusual(self, entry: Entry, fields: tuple[int, ...], tail: bytes) -> None:
        """Check a record that has more than most; `tail` is its extra fields and comment."""
        _, _, needed, flags, method, _, _, _, packed, size, _, extra_size, comment_size, disk = fields[:14]
        if needed > MAX_VERSION:
            raise PackageError("the entry asks for a reader of a newer ZIP version")
        if flags & ~_FLAGS:
            raise PackageError("the entry is encrypted, or has flags that are not allowed")
        if method not in _METHODS:
            raise PackageError(f"compression method {method} is not allowed: use deflate, or store")
        if disk:
            raise PackageError("the entry is on another part of a split archive")
        if comment_size and not self.rules.comments:
            raise PackageError("the entry has a comment: remove it")
        extras = parse_extras(tail[:extra_size], self.rules)
        marked = check_unicode(extras, entry.name, tail[extra_size:])
        resolve_zip64(extras.get(ZIP64), size, packed, fields[16])
        self._names.add(entry.name, utf8=marked or bool(flags & FLAG_UTF8))

    def _check_entry(self, entry: Entry, made_by: int, attributes: int) -> None:
        """Check kind, mode and sizes before the entry is expanded."""
        name, _, _, packed, size, _, method, _, _ = entry
        is_directory = name.endswith(b"/")
        if is_directory or (made_by, attributes) != self._checked_attributes:
            check_attributes(made_by, attributes, self.rules, directory=is_directory)
            self._checked_attributes = None if is_directory else (made_by, attributes)
        if method == STORED and size != packed:
            raise PackageError("the entry is stored and has two sizes")
        if size > packed * MAX_RATIO:
            raise PackageError("the entry states a size that its data cannot expand to")
        if is_directory and size:
            raise PackageError("the entry is a directory and has a body")
        if name != SIGNATURE_NAME:
            self._total += size
            if self._total > MAX_EXPANDED:
                raise ExpandsTooFar(f"the entries expand to more than {MAX_EXPANDED} bytes")

    def _note(self, entry: Entry) -> None:
        """Remember a checked entry that the archive will be asked for."""
        if entry.name == SIGNATURE_NAME:
            self._note_signature(entry)
        elif entry.name == META_DIRECTORY:
            self.has_meta_directory = True
        elif entry.is_symlink:
            self._links.append(entry)

    def _note_signature(self, entry: Entry) -> None:
        if not self.rules.signature:
            raise AlreadySigned("the package is signed already: sign the unsigned package instead")
        if entry.is_symlink:
            raise PackageError("the signature is a symbolic link")
        if entry.size > MAX_SIGNATURE:
            raise PackageTooLarge(f"has more than {MAX_SIGNATURE} bytes")
        self._signature = entry


def _check_target(archive: Archive, entry: Entry) -> None:
    target = read_body(archive, entry, limit=MAX_LINK)
    try:
        check_link(entry.name, target)
    except PackageError as error:
        raise entry.refusal(error.rule) from None
