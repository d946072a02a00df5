"""The chunk tree, against its definition, and hashing that is begun before it is needed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading

import pytest

from sealgate.errors import PackageError
from sealgate.package.measure import CHUNK_SIZE, Measurement, begin_measuring, hash_range
from sealgate.package.source import BytesSource
from tests.support.archives import seal_bytes
from tests.support.zips import Member, write_zip


def tree(data: bytes) -> bytes:
    """The definition, plainly."""
    chunks = [data[at : at + CHUNK_SIZE] for at in range(0, len(data), CHUNK_SIZE)]
    digests = [hashlib.sha384(b"\0" + chunk).digest() for chunk in chunks]
    return hashlib.sha384(b"\1" + len(digests).to_bytes(4, "big") + b"".join(digests)).digest()


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("length", [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 5 * CHUNK_SIZE + 17])
def test_a_range_has_the_root_of_its_chunks(length: int, threads: int) -> None:
    data = bytes(range(251)) * (length // 251 + 1)
    source = BytesSource(b"before" + data[:length] + b"after")
    assert hash_range(source, 6, length, threads=threads) == tree(data[:length])


def test_several_ranges_are_measured_at_once() -> None:
    data = bytes(range(256)) * 9000
    ranges = ((0, 2_000_000), (2_000_000, 304_000))
    assert Measurement(BytesSource(data), ranges).roots() == (tree(data[:2_000_000]), tree(data[2_000_000:]))


@pytest.mark.parametrize("size", [10, 3 << 20])
def test_measuring_begins_with_the_ranges_that_the_file_claims(size: int) -> None:
    package, prepared = seal_bytes(write_zip([Member(b"a", bytes(size))]))
    measured = begin_measuring(BytesSource(package))
    assert measured is not None
    assert measured.tail is not None
    assert measured.ranges == measured.tail.ranges
    assert measured.roots() == (prepared.seal.contents_root, prepared.seal.directory_root)


def test_measuring_does_not_begin_without_the_signed_layout() -> None:
    assert begin_measuring(BytesSource(write_zip([Member(b"a")]))) is None
    assert begin_measuring(BytesSource(b"")) is None


class _Broken(BytesSource):
    def read_at(self, offset: int, length: int) -> bytes:
        if offset >= 2 * CHUNK_SIZE:
            raise PackageError("gone")
        return super().read_at(offset, length)


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_of_any_thread_is_raised_when_the_roots_are_asked_for(threads: int) -> None:
    with pytest.raises(PackageError, match="gone"):
        hash_range(_Broken(bytes(6 * CHUNK_SIZE)), 0, 6 * CHUNK_SIZE, threads=threads)


def test_a_cancelled_measurement_ends_its_threads() -> None:
    before = threading.active_count()
    package, _ = seal_bytes(write_zip([Member(b"a", bytes(4 << 20))]))
    measured = begin_measuring(BytesSource(package), threads=2)
    assert measured is not None
    measured.cancel()
    for thread in threading.enumerate()[before:]:
        thread.join(10)
    assert threading.active_count() == before


def test_measuring_loads_nothing_that_costs_start_up_time() -> None:
    code = "import sealgate.package.files, sealgate.package.measure, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"typing", "dataclasses", "enum", "re", "asyncio", "isal", "deflate", "cryptography", "inspect"}
    assert heavy & set(loaded.split()) == set()
