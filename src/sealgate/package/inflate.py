"""Expanding one entry's data, whole or piece by piece.

Either way it is refused unless the deflate stream ends exactly where the data ends, expands to exactly the stated size,
and has the stated CRC-32. No more is ever expanded than the entry states.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from struct import Struct

import deflate
from isal import igzip_lib, isal_zlib

from sealgate.package.directory import Entry
from sealgate.package.records import STORED

Bytes = bytes | bytearray | memoryview

WHOLE_LIMIT = 8 << 20
"""Bytes that an entry which shrinks may expand to and be expanded whole."""

_PIECE = 1 << 20
"""Bytes of a piece, and of data that hardly shrinks and is expanded whole, at most."""

_StreamError: type[Exception] = igzip_lib.error  # type: ignore[assignment]  # the stub says an instance

# A gzip member around raw deflate data (RFC 1952): libdeflate then checks CRC-32 and size in the same call.
_GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_GZIP_TRAILER = Struct("<2L")


def fits_whole(entry: Entry) -> bool:
    """Tell whether to expand an entry whole: if it shrinks, that is faster, but takes memory for all of it at once."""
    return entry.size <= WHOLE_LIMIT if _shrinks(entry) else entry.compressed_size <= _PIECE


def expand_whole(entry: Entry, pieces: Sequence[Bytes]) -> Bytes:
    """Expand an entry that `fits_whole` from all pieces of its data.

    Raises:
        PackageError: The data is not exactly what the entry states.
    """
    if not _shrinks(entry):
        # What hardly shrinks is copied rather than decoded: the search below would take longer than expanding it.
        return b"".join(expand_pieces(entry, pieces))
    size = entry.size
    trailer = _GZIP_TRAILER.pack(entry.crc32, size)
    member = b"".join((_GZIP_HEADER, *pieces, trailer))
    if member.rfind(trailer, 0, len(member) - 1) >= 0:  # in half the time that `find` takes
        # libdeflate stops at the first trailer that fits and ignores what follows: only streaming tells the end.
        return b"".join(expand_pieces(entry, pieces))
    try:
        body: bytearray = deflate.gzip_decompress(member, size)
    except deflate.DeflateError:
        raise entry.refusal("the data is damaged, or is not what size and checksum say") from None
    assert len(body) == size, "the trailer states the size"
    return body


def _shrinks(entry: Entry) -> bool:
    """Tell whether the data is packed, and to less than three quarters."""
    return entry.method != STORED and entry.compressed_size * 4 < entry.size * 3


def expand_pieces(entry: Entry, pieces: Iterable[Bytes]) -> Iterator[Bytes]:
    """Expand an entry of any size from successive pieces of its data, in pieces of at most 1 MiB or of the input's.

    Raises:
        PackageError: The data is not exactly what the entry states. It may come after all pieces were given out.
    """
    size = checksum = 0
    for piece in pieces if entry.method == STORED else _inflate(entry, pieces):
        size += len(piece)
        if size > entry.size:
            raise entry.refusal("the data expands to more than the stated size")
        checksum = isal_zlib.crc32(piece, checksum)
        yield piece
    if size != entry.size:
        raise entry.refusal("the data expands to less than the stated size")
    if checksum != entry.crc32:
        raise entry.refusal("the data does not have the stated checksum")


def _inflate(entry: Entry, pieces: Iterable[Bytes]) -> Iterator[bytes]:
    stream = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_DEFLATE)
    for piece in pieces:
        if stream.eof:
            raise entry.refusal("bytes follow the end of the deflate stream")
        yield _decompress(entry, stream, piece)
        while not (stream.needs_input or stream.eof):
            yield _decompress(entry, stream, b"")
    if not stream.eof:
        raise entry.refusal("the deflate stream is cut short")
    if stream.unused_data:
        raise entry.refusal("bytes follow the end of the deflate stream")


def _decompress(entry: Entry, stream: igzip_lib.IgzipDecompressor, data: Bytes) -> bytes:
    try:
        return stream.decompress(data, _PIECE)
    except _StreamError:
        raise entry.refusal("the deflate stream is damaged") from None
