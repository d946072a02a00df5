"""The manifest: a package's first entry, which says how the package is cut into entries.

AWS's digest covers names and bodies in one stream that nothing divides (`digest`): bytes can be moved between names and
bodies under the same signature. A manifest divides it, and so protects packages that AWS itself signs. Its body begins
with its own length, and lists every entry after it: kind and mode, size, SHA-384, name. Hence a stream that begins with
the manifest's name has one cut only: that name, the stated length, then names and sizes as listed. No other cut can
satisfy `verify_manifest`, and none can pass for a package without a manifest, since the stream decides that too.

    00000381 sealgate-manifest-1
    120777 4 a80e...f3 bin/alias
    100755 9032 77d0...1a bin/tool
    100644 44 1f0b...c9 handler.py

The rest of a package, behind what is listed: `META_INF/` unless it is listed, and the signature.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from sealgate.errors import PackageError
from sealgate.package.archive import Archive, Entry, read_body, stream_body
from sealgate.package.inflate import Bytes
from sealgate.package.layout import MANIFEST_NAME, META_DIRECTORY, SIGNATURE_NAME
from sealgate.package.names import show_name

FILE, PROGRAM, LINK, FOLDER = 0o100644, 0o100755, 0o120777, 0o040755
MODES = (FILE, PROGRAM, LINK, FOLDER)
"""The modes that an entry may have, type bits included."""

MAX_MANIFEST = 64 << 20
"""Bytes of a manifest. Ours: 100,000 entries whose names fill a central directory of 32 MiB stay below."""

_DIGITS = 8
_TYPE = b" sealgate-manifest-1\n"
_HEAD = _DIGITS + len(_TYPE)
_LINE = re.compile(rb"(100644|100755|120777|040755) (0|[1-9][0-9]{0,11}) ([0-9a-f]{96}) ([^\n]+)\n")


class ManifestEntry(NamedTuple):
    """One entry as the manifest lists it. A tuple, since a package may have a hundred thousand.

    Attributes:
        mode: One of `MODES`.
        size: Bytes of its body.
        sha384: The SHA-384 of its body.
        name: The header's raw bytes.
    """

    mode: int
    size: int
    sha384: bytes
    name: bytes


def encode_manifest(entries: Iterable[ManifestEntry]) -> bytes:
    """Write the manifest of these entries, in their order.

    Raises:
        PackageError: An entry cannot be listed, or the manifest would be too long.
    """
    lines = b"".join(map(_encode_line, entries))
    length = _HEAD + len(lines)
    if length > MAX_MANIFEST:
        raise PackageError(f"the manifest has {length} bytes; at most {MAX_MANIFEST} are allowed")
    return b"%0*d%b%b" % (_DIGITS, length, _TYPE, lines)


def _encode_line(entry: ManifestEntry) -> bytes:
    line = b"%06o %d %b %b\n" % (entry.mode, entry.size, entry.sha384.hex().encode(), entry.name)
    if not _LINE.fullmatch(line):
        raise PackageError("the entry cannot stand in a manifest", entry=show_name(entry.name))
    return line


def parse_manifest(body: bytes) -> Iterator[ManifestEntry]:
    """Read a manifest's entries, one after the other.

    Raises:
        PackageError: It is not exactly what `encode_manifest` writes. It may come after some entries were given out.
    """
    if body[:_HEAD] != b"%0*d%b" % (_DIGITS, len(body), _TYPE):
        raise _broken("the manifest does not begin with its own length and type")
    at = _HEAD
    while at < len(body):
        line = _LINE.match(body, at)
        if line is None:
            raise _broken("a line of the manifest is malformed")
        mode, size, digest, name = line.groups()
        yield ManifestEntry(int(mode, 8), int(size), bytes.fromhex(digest.decode()), name)
        at = line.end()


def verify_manifest(archive: Archive) -> int | None:
    """Check that an archive is cut into the entries that its manifest lists, and that they are what it says.

    Expands every entry.

    Returns:
        How many entries the manifest lists; None where the package has none.

    Raises:
        PackageError: An entry is not the one that is listed in its place; or the stream of names and bodies begins as
            one that has a manifest, and the first entry is none.
    """
    entries = iter(archive.entries)
    if not _is_announced(archive):
        return None
    first = next(entries)
    if first.name != MANIFEST_NAME or first.mode != FILE:
        raise _broken("what begins with the manifest's name is not cut as a manifest is")
    listed = parse_manifest(read_body(archive, first, limit=MAX_MANIFEST))
    count, has_meta = 0, False
    for expected in listed:
        _verify_entry(archive, next(entries, None), expected)
        count += 1
        has_meta |= expected.name == META_DIRECTORY
    _verify_rest(entries, has_meta=has_meta, is_signed=archive.signature is not None)
    return count


def _is_announced(archive: Archive) -> bool:
    """Tell whether names and bodies, as one stream, begin with the manifest's name, however they are cut."""
    found = b""
    for piece in _stream(archive):
        found += piece
        if len(found) >= len(MANIFEST_NAME) or not MANIFEST_NAME.startswith(found):
            break
    return found.startswith(MANIFEST_NAME)


def _stream(archive: Archive) -> Iterator[Bytes]:
    for entry in archive.entries:
        if entry.name != SIGNATURE_NAME:
            yield entry.name
            yield from stream_body(archive, entry)


def _verify_entry(archive: Archive, entry: Entry | None, expected: ManifestEntry) -> None:
    if entry is None or entry.name != expected.name:
        raise PackageError("the manifest lists it here, and the archive has another", entry=show_name(expected.name))
    if entry.size != expected.size:
        raise entry.refusal(f"it has {entry.size} bytes; the manifest says {expected.size}")
    if entry.mode != expected.mode or entry.is_directory != stat.S_ISDIR(expected.mode):
        raise entry.refusal(f"its mode is not {expected.mode:06o}, as the manifest says")
    state = hashlib.sha384()
    for piece in stream_body(archive, entry):
        state.update(piece)
    if state.digest() != expected.sha384:
        raise entry.refusal("it does not have the SHA-384 that the manifest says")


def _verify_rest(entries: Iterator[Entry], *, has_meta: bool, is_signed: bool) -> None:
    rest = [entry.name for entry in islice(entries, 3)]
    expected = [] if has_meta or not is_signed else [META_DIRECTORY]
    if rest != expected + [SIGNATURE_NAME] * is_signed:
        raise _broken("behind the entries that the manifest lists stands something else than META_INF/ and a signature")


def _broken(rule: str) -> PackageError:
    return PackageError(rule, entry=show_name(MANIFEST_NAME))
