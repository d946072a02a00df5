"""Honest archives, and what a parsed one says."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from sealgate.package.archive import AWS_FORMAT, DEPLOYABLE, SIGNING, Rules, read_body, stream_body
from sealgate.package.digest import digest_contents
from tests.support.archives import read
from tests.support.zips import (
    DEFLATED,
    LINK,
    UTF8,
    Member,
    descriptor,
    extra_field,
    folder,
    link,
    many,
    unicode_name,
    write_zip,
)

EVERY_RULE_SET = pytest.mark.parametrize("rules", [SIGNING, AWS_FORMAT, DEPLOYABLE])


@EVERY_RULE_SET
def test_entries_are_given_in_archive_order_with_their_places(rules: Rules) -> None:
    archive = read(write_zip([Member(b"b.py", b"bb"), folder(b"a/"), Member(b"a/c", b"c" * 40, DEFLATED)]), rules)
    entries = list(archive.entries)
    assert [entry.name for entry in entries] == [b"b.py", b"a/", b"a/c"]
    assert [read_body(archive, entry, limit=40) for entry in entries] == [b"bb", b"", b"c" * 40]
    assert [entry.is_directory for entry in entries] == [False, True, False]
    end = entries[-1].data_offset + entries[-1].compressed_size
    assert (len(archive.entries), archive.total_size, archive.directory_offset) == (3, 42, end)
    assert archive.directory_offset + archive.directory_size + 22 == archive.source.size


def test_modes_and_links_are_told() -> None:
    archive = read(write_zip([Member(b"x/run", mode=0o100755), link(b"x/y", b"run"), Member(b"dos", mode=None)]))
    run, y, dos = archive.entries
    assert (run.mode, y.mode, dos.mode) == (0o100755, LINK, None)
    assert (run.is_symlink, y.is_symlink, dos.is_symlink) == (False, True, False)


@EVERY_RULE_SET
@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("method", [0, DEFLATED])
def test_data_descriptors_are_accepted_where_they_agree(rules: Rules, marked: bool, method: int) -> None:
    member = descriptor(Member(b"stream", b"streamed " * 9, method), marked=marked)
    archive = read(write_zip([member, Member(b"next")]), rules)
    assert len(digest_contents(archive)) == 48


def test_zip64_fields_are_accepted_where_a_size_refers_to_them() -> None:
    sizes = extra_field(1, struct.pack("<2Q", 3, 3))
    local = Member(b"a", b"abc", local_extra=sizes, local={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "needed": 45})
    both = Member(
        b"b", b"abc", extra=sizes, local=local.local, central={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "needed": 45}
    )
    archive = read(write_zip([local, both]))
    assert [(entry.size, entry.compressed_size) for entry in archive.entries] == [(3, 3), (3, 3)]


def test_a_wide_descriptor_follows_a_local_zip64_field() -> None:
    sizes = extra_field(1, struct.pack("<2Q", 0, 0))
    lies = {"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF}
    member = descriptor(Member(b"a", b"abc", local_extra=sizes, local=lies), wide=True)
    assert [entry.size for entry in read(write_zip([member])).entries] == [3]


def test_zip64_end_records_are_accepted_for_few_entries() -> None:
    package = write_zip([Member(b"a")], zip64=True)
    assert read(package).is_zip64
    full = {"count": 0xFFFF, "entries": 0xFFFF, "size": 0xFFFFFFFF, "offset": 0xFFFFFFFF}
    assert len(read(write_zip([Member(b"a")], zip64=True, end=full)).entries) == 1


@pytest.mark.parametrize("count", [65534, 65535, 65536])
def test_archives_at_the_zip64_boundary_are_read(count: int) -> None:
    archive = read(many(count))
    assert len(archive.entries) == count
    assert archive.is_zip64 == (count >= 65535)


def test_exactly_65535_entries_need_no_zip64_records() -> None:
    package = many(65535)
    plain = package[:-98] + package[-22:]
    assert len(read(plain).entries) == 65535


@pytest.mark.parametrize("kind", [0x5455, 0x7875, 0x5855, 0x000A, 0xCAFE])
def test_extra_fields_of_honest_packagers_may_be_in_a_signed_package(kind: int) -> None:
    assert len(read(write_zip([Member(b"a", extra=extra_field(kind, b"1234"))])).entries) == 1


def test_a_unicode_name_that_repeats_the_header_marks_it_as_utf8() -> None:
    name = "é.py".encode()
    member = Member(name, flags=0, extra=unicode_name(name, name))
    assert [entry.name for entry in read(write_zip([member])).entries] == [name]


def test_names_beyond_ascii_are_accepted_where_they_are_marked() -> None:
    name = "télé/日本.txt".encode()
    assert [entry.name for entry in read(write_zip([Member(name, flags=UTF8)])).entries] == [name]


def test_what_deploys_may_have_comments_and_any_well_formed_extra_field() -> None:
    package = write_zip([Member(b"a", comment=b"of a", extra=extra_field(0x9999, b""))], comment=b"0123456789abcdef")
    assert len(read(package, DEPLOYABLE).entries) == 1


def test_what_deploys_may_break_naming_conventions() -> None:
    names = [b"./", b"./a.py", b"A.PY", b"aux.js", "e\u0301".encode(), b"dot.", b"x//y"]
    archive = read(write_zip([folder(names[0]), *(Member(name, flags=0) for name in names[1:])]), DEPLOYABLE)
    assert [entry.name for entry in archive.entries] == names


def test_what_deploys_may_have_special_modes() -> None:
    assert len(read(write_zip([Member(b"a", mode=0o102755)]), DEPLOYABLE).entries) == 1


def test_a_body_is_streamed_in_pieces() -> None:
    body = bytes(3_000_000)
    archive = read(write_zip([Member(b"zeros", body, DEFLATED)]))
    pieces = [bytes(piece) for piece in stream_body(archive, next(iter(archive.entries)))]
    assert b"".join(pieces) == body
    assert max(map(len, pieces)) <= 1 << 20


def test_what_python_writes_is_accepted() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", "x = 1\n" * 50)
        with archive.open("wide.bin", "w", force_zip64=True) as member:
            member.write(b"abc" * 100)
        archive.mkdir("folder")
    assert len(digest_contents(read(stream.getvalue()))) == 48


class _Unseekable(io.RawIOBase):
    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]  # any buffer
        self.data += piece
        return len(piece)


def test_what_python_streams_is_accepted() -> None:
    stream = _Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", "x = 1\n" * 50)
        with archive.open("wide.bin", "w", force_zip64=True) as member:
            member.write(b"abc" * 100)
    assert len(digest_contents(read(bytes(stream.data)))) == 48


def test_what_info_zip_writes_is_accepted(tmp_path: Path) -> None:
    program = shutil.which("zip")
    if program is None:  # not everywhere installed; what it writes is also made by hand above
        return
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.py").write_bytes(b"x = 1\n" * 50)
    (tmp_path / "link").symlink_to("lib/a.py")
    for name, options in (("plain", ["-y"]), ("wide", ["-y", "-fz"]), ("deferred", ["-fd"])):
        package = tmp_path / f"{name}.zip"
        subprocess.run([program, "-q", "-r", *options, package, "lib", "link"], cwd=tmp_path, check=True)
        assert len(digest_contents(read(package.read_bytes()))) == 48
    piped = subprocess.run([program, "-q", "-r", "-", "lib"], cwd=tmp_path, check=True, stdout=subprocess.PIPE).stdout
    assert len(digest_contents(read(piped))) == 48
