"""The end of a package is read once and kept; the rest is read forwards."""

from __future__ import annotations

import pytest

from sealgate.errors import PackageError
from sealgate.package.layout import end_records, signature_header, signature_record
from sealgate.package.rules import MAX_DIRECTORY, PackageTooLarge
from sealgate.package.source import BytesSource
from sealgate.runtime.reading import HeldSource, SingleReading, hold
from tests.support.archives import read, seal_bytes
from tests.support.zips import Member, write_zip

DATA = bytes(range(100))


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 0), (0, 60), (0, 61), (59, 2), (60, 40), (70, 3), (0, 100), (100, 0), (60, 0)]
)
def test_a_held_source_reads_as_the_source_does(offset: int, length: int) -> None:
    assert HeldSource(BytesSource(DATA), 60).read_at(offset, length) == DATA[offset : offset + length]


@pytest.mark.parametrize(("offset", "length"), [(-1, 2), (0, 101), (60, 41), (101, 1), (99, 2), (0, -1)])
def test_a_held_source_has_no_more_than_the_source(offset: int, length: int) -> None:
    with pytest.raises(PackageError):
        HeldSource(BytesSource(DATA), 60).read_at(offset, length)


@pytest.mark.parametrize("package", [write_zip([Member(b"a", b"x")]), seal_bytes(write_zip([Member(b"a", b"x")]))[0]])
def test_contents_end_where_the_signature_or_the_directory_begins(package: bytes) -> None:
    held = hold(BytesSource(package))
    assert held.end == package[held.contents_length :]
    assert held.end.startswith((b"PK\1\2", signature_header(0, 0)[:14]))


def test_a_file_that_claims_an_endless_directory_is_not_held() -> None:
    record = signature_record(0, 0, 0)
    directory = bytes(MAX_DIRECTORY + (3 << 20)) + record
    header = signature_header(0, 0)
    with pytest.raises(PackageTooLarge):
        hold(BytesSource(header + directory + end_records(1, len(directory), len(header))))


def test_data_is_not_looked_for_where_a_header_does_not_say() -> None:
    """The place of the data was found on bytes that were read before; those that are hashed say something else."""
    package = write_zip([Member(b"a", b"x")])
    entry = next(iter(read(package).entries))
    moved = package[:28] + b"\1" + package[29:]
    with SingleReading(hold(BytesSource(moved))) as reading, pytest.raises(PackageError, match="changed while"):
        reading.data(entry)
