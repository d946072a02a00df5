"""Where bytes come from, and what happens when they are not there any more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sealgate.errors import PackageError
from sealgate.package.source import BytesSource, FileSource, Source


@pytest.fixture(params=["memory", "path", "descriptor"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    if request.param == "memory":
        return BytesSource(b"0123456789")
    return FileSource(path if request.param == "path" else os.open(path, os.O_RDONLY))


def test_any_range_is_read_exactly(source: Source) -> None:
    assert source.size == 10
    assert [source.read_at(*place) for place in ((0, 10), (3, 4), (9, 1), (10, 0), (0, 0))] == [
        *(b"0123456789", b"3456", b"9", b"", b"")
    ]


@pytest.mark.parametrize(("offset", "length"), [(0, 11), (10, 1), (11, 0), (-1, 1), (0, -1), (1 << 70, 1)])
def test_a_range_outside_is_refused(source: Source, offset: int, length: int) -> None:
    with pytest.raises(PackageError, match="ends early"):
        source.read_at(offset, length)


def test_a_file_that_was_cut_short_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with FileSource(path) as source:
        os.truncate(path, 4)
        assert source.read_at(0, 4) == b"0123"
        with pytest.raises(PackageError, match="changed while it was read"):
            source.read_at(0, 10)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(PackageError, match="not a regular file"):
            FileSource(path)


def test_a_missing_file_is_the_callers_business(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileSource(tmp_path / "missing")


def test_a_closed_file_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with FileSource(path) as source:
        assert source.fileno() >= 0
    with pytest.raises(PackageError, match="cannot be read"):
        source.read_at(0, 1)


def test_a_descriptor_taken_over_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    descriptor = os.open(path, os.O_RDONLY)
    FileSource(descriptor).close()
    assert os.pread(descriptor, 2, 0) == b"01"
    os.close(descriptor)
