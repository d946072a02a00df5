"""Data that is exactly what its entry says, and data that is not, expanded whole and in pieces."""

from __future__ import annotations

import random
import struct
import zlib

import pytest

from sealgate.errors import PackageError
from sealgate.package.directory import Entry
from sealgate.package.inflate import expand_pieces, expand_whole
from tests.support.zips import DEFLATED, STORED, deflate

TEXT = b"the quick brown fox " * 500
NOISE = random.Random(1).randbytes(5000)  # noqa: S311 (repeatable, not secret)
"""What does not shrink is expanded in another way."""


def entry(body: bytes, data: bytes, method: int = DEFLATED) -> Entry:
    return Entry(b"name", 0, 34, len(data), len(body), zlib.crc32(body), method, 0, None)


def expand(expected: Entry, data: bytes, piece: int) -> bytes:
    size = abs(piece) or len(data)
    pieces = [data[at : at + size] for at in range(0, len(data), size or 1)]
    return bytes(expand_whole(expected, pieces)) if piece <= 0 else b"".join(expand_pieces(expected, iter(pieces)))


WAYS = pytest.mark.parametrize(
    "piece", [0, -7, 1, 7, 4096], ids=["whole", "whole of sevens", "by bytes", "by sevens", "by pages"]
)


@WAYS
@pytest.mark.parametrize("body", [b"", b"x", TEXT, NOISE, bytes(300_000), bytes(range(256)) * 9])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_what_was_packed_is_expanded(body: bytes, level: int, piece: int) -> None:
    data = deflate(body, level)
    assert expand(entry(body, data), data, piece) == body


@WAYS
def test_stored_data_is_given_back(piece: int) -> None:
    assert expand(entry(TEXT, TEXT, STORED), TEXT, piece) == TEXT


@WAYS
@pytest.mark.parametrize("tail", [b"\0", b"\x03\0", deflate(b"more"), b"x" * 40])
@pytest.mark.parametrize("body", [b"", TEXT, NOISE])
def test_bytes_behind_the_stream_are_refused(body: bytes, tail: bytes, piece: int) -> None:
    data = deflate(body) + tail
    with pytest.raises(PackageError, match=r"bytes follow|not what size"):
        expand(entry(body, data), data, piece)


@WAYS
@pytest.mark.parametrize("body", [TEXT, NOISE])
def test_bytes_behind_the_stream_are_refused_though_they_begin_like_its_trailer(body: bytes, piece: int) -> None:
    trailer = struct.pack("<2L", zlib.crc32(body), len(body))
    data = deflate(body) + trailer + b"hidden"
    with pytest.raises(PackageError, match="bytes follow"):
        expand(entry(body, data), data, piece)
    exact = deflate(body) + trailer
    with pytest.raises(PackageError, match="bytes follow"):
        expand(entry(body, exact), exact, piece)


def force_checksum(prefix: bytes, target: int) -> bytes:
    """Append four bytes so that the whole has this CRC-32, which is linear over their bits."""
    base = zlib.crc32(prefix + bytes(4))
    rows = [(zlib.crc32(prefix + struct.pack("<L", 1 << bit)) ^ base, 1 << bit) for bit in range(32)]
    wanted, patch = base ^ target, 0
    for bit in range(32):
        pivot = next(row for row in rows if row[0] >> bit & 1)
        rows = [(row[0] ^ pivot[0], row[1] ^ pivot[1]) if row[0] >> bit & 1 else row for row in rows if row != pivot]
        if wanted >> bit & 1:
            wanted, patch = wanted ^ pivot[0], patch ^ pivot[1]
    return prefix + struct.pack("<L", patch)


@WAYS
@pytest.mark.parametrize("zeros", [0, 1000])
def test_a_stream_that_contains_its_own_trailer_is_expanded(zeros: int, piece: int) -> None:
    trailer = struct.pack("<2L", 0x12345678, zeros + 8 + 4)
    body = force_checksum(bytes(zeros) + trailer, 0x12345678)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(bytes(zeros)) + packer.flush(zlib.Z_FULL_FLUSH)  # blocks of which none is the last
    data = packed + deflate(body[zeros:], 0)  # stored: what it packs stands in the stream as it is
    assert trailer in data
    assert expand(entry(body, data), data, piece) == body


@WAYS
def test_a_stream_cut_short_is_refused_at_every_length(piece: int) -> None:
    whole = deflate(TEXT[:600])
    for length in range(len(whole)):
        with pytest.raises(PackageError):
            expand(entry(TEXT[:600], whole[:length]), whole[:length], piece)


@WAYS
def test_no_bit_of_the_data_can_change(piece: int) -> None:
    data = deflate(b"abcabcabcabc-abcabc")
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            same = expand(entry(b"abcabcabcabc-abcabc", data), bytes(changed), piece)
        except PackageError:
            continue
        # Bits behind the last code do not count for any reader (RFC 1951); the body is what it was.
        assert same == b"abcabcabcabc-abcabc"


@WAYS
@pytest.mark.parametrize("size", [0, 5, 99, 101, 1 << 20])
def test_a_stream_of_another_size_is_refused(size: int, piece: int) -> None:
    data = deflate(bytes(100))
    with pytest.raises(PackageError):
        expand(entry(bytes(size), data), data, piece)


@WAYS
def test_a_bomb_is_given_up_soon_after_its_stated_size(piece: int) -> None:
    data = deflate(bytes(8 << 20), 9)
    with pytest.raises(PackageError, match=r"more than|not what size"):
        expand(entry(bytes(1000), data), data, piece)


@WAYS
@pytest.mark.parametrize("data", [b"", b"\x07", b"\xff" * 30, b"\x05\xe0\x81\x08" + bytes(20)])
def test_what_is_no_deflate_stream_is_refused(data: bytes, piece: int) -> None:
    with pytest.raises(PackageError):
        expand(entry(TEXT, data), data, piece)


@WAYS
def test_an_empty_stream_without_end_is_refused(piece: int) -> None:
    data = b"\0\0\0\xff\xff" * 2000  # stored blocks of no bytes, none the last
    with pytest.raises(PackageError):
        expand(entry(b"", data), data, piece)
