"""Signing's effect on a file: everything that was there stays as it was."""

from __future__ import annotations

import io
import os
import resource
import zipfile
from pathlib import Path

import pytest

from sealgate.errors import PackageError
from sealgate.package.archive import (
    AWS_FORMAT,
    DEPLOYABLE,
    META_DIRECTORY,
    SIGNATURE_NAME,
    AlreadySigned,
    EmptyPackage,
    PackageTooLarge,
    parse_archive,
)
from sealgate.package.digest import digest_contents
from sealgate.package.embed import embed_signature, prepare_package
from sealgate.package.seal import hash_range, verify_seal
from sealgate.package.signature_entry import read_signature
from sealgate.package.source import BytesSource, FileSource
from tests.support.archives import BLOCK, read, seal_bytes
from tests.support.zips import DEFLATED, Member, descriptor, extra_field, folder, link, write_zip

TREE = [Member(b"app.py", b"x = 1\n" * 30, DEFLATED), folder(b"lib/"), descriptor(Member(b"lib/a", b"streamed"))]


def test_entries_and_their_records_are_kept_byte_for_byte() -> None:
    original = write_zip(TREE)
    signed, prepared = seal_bytes(original)
    offset = prepared.archive.directory_offset
    assert signed.startswith(original[:offset])
    assert original[offset:-22] in signed


def test_a_meta_directory_and_the_signature_are_appended() -> None:
    signed, _ = seal_bytes(write_zip(TREE))
    names = [entry.name for entry in read(signed, AWS_FORMAT).entries]
    assert names == [*(member.name for member in TREE), META_DIRECTORY, SIGNATURE_NAME]


@pytest.mark.parametrize("position", [0, 1, 3])
def test_a_meta_directory_that_is_there_is_kept_where_it_is(position: int) -> None:
    members = [*TREE[:position], folder(META_DIRECTORY), *TREE[position:]]
    signed, _ = seal_bytes(write_zip(members))
    names = [entry.name for entry in read(signed, AWS_FORMAT).entries]
    assert names == [*(member.name for member in members), SIGNATURE_NAME]


AT_A_LIMIT = {
    "bytes of the directory": [
        Member(b"%04d" % index, extra=extra_field(0x5455, bytes((1 << 16) - 46 - 4 - 4)), local_extra=b"")
        for index in range(512)
    ],
    "implied paths": [Member(b"%04d/" % index + b"a/" * 98 + b"b") for index in range(2000)],
}


@pytest.mark.parametrize("limit", AT_A_LIMIT)
def test_what_is_signed_at_a_limit_is_within_the_limits_when_it_is_signed(limit: str) -> None:
    signed, _ = seal_bytes(write_zip(AT_A_LIMIT[limit]))
    assert read(signed, DEPLOYABLE).signature is not None
    with pytest.raises(PackageTooLarge):
        prepare_package(BytesSource(write_zip([*AT_A_LIMIT[limit], Member(b"c/d")])))


def test_the_digest_is_the_one_that_the_signed_file_has() -> None:
    signed, prepared = seal_bytes(write_zip(TREE))
    assert digest_contents(read(signed, AWS_FORMAT)) == prepared.content_digest


def test_other_readers_find_every_entry_and_the_signature() -> None:
    signed, _ = seal_bytes(write_zip(TREE))
    with zipfile.ZipFile(io.BytesIO(signed)) as archive:
        assert archive.testzip() is None
        assert archive.read(SIGNATURE_NAME.decode()) == BLOCK
        assert archive.getinfo(SIGNATURE_NAME.decode()).date_time == (1980, 1, 1, 0, 0, 0)


def test_zip64_end_records_that_are_not_needed_are_replaced() -> None:
    signed, prepared = seal_bytes(write_zip(TREE, zip64=True))
    assert b"PK\6\6" not in signed
    verify_seal(BytesSource(signed), prepared.seal, BLOCK)


@pytest.mark.parametrize("excess", [-39, -38, -1, 0, 1])
def test_contents_that_end_near_a_chunk_boundary_are_sealed(excess: int) -> None:
    length = (1 << 20) + excess
    signed, prepared = seal_bytes(write_zip([Member(b"a", bytes(length - 31))]))
    assert prepared.archive.directory_offset == length
    assert prepared.seal.contents_root == hash_range(BytesSource(signed), 0, prepared.seal.contents_length)
    verify_seal(BytesSource(signed), prepared.seal, BLOCK)


@pytest.mark.parametrize("kind", ["memory", "file", "appending"])
def test_every_way_to_copy_writes_the_same_file(kind: str, tmp_path: Path) -> None:
    package = write_zip([*TREE, Member(b"blob", os.urandom(3 << 20))])
    (tmp_path / "in").write_bytes(package)
    source = BytesSource(package) if kind == "memory" else FileSource(tmp_path / "in")
    flags = os.O_RDWR | os.O_CREAT | (os.O_APPEND if kind == "appending" else 0)
    target = os.open(tmp_path / "out", flags)  # the kernel copies into no file that only appends
    size = embed_signature(prepare_package(source), BLOCK, target)
    os.close(target)
    assert (tmp_path / "out").read_bytes() == seal_bytes(package)[0]
    assert (tmp_path / "out").stat().st_size == size


def test_a_pipe_can_be_the_target() -> None:
    package = write_zip(TREE)
    reading, writing = os.pipe()
    size = embed_signature(prepare_package(BytesSource(package)), BLOCK, writing)
    assert os.read(reading, size + 1) == seal_bytes(package)[0]
    os.close(reading)
    os.close(writing)


def test_a_source_that_is_cut_short_before_it_is_copied_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(write_zip(TREE))
    with FileSource(tmp_path / "in") as source, (tmp_path / "out").open("wb") as target:
        prepared = prepare_package(source)
        os.truncate(tmp_path / "in", 10)
        with pytest.raises(PackageError, match="changed while it was read"):
            embed_signature(prepared, BLOCK, target.fileno())


def test_a_target_that_cannot_be_written_is_the_callers_business(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(write_zip(TREE))
    with FileSource(tmp_path / "in") as source, (tmp_path / "in").open("rb") as target:
        prepared = prepare_package(source)
        with pytest.raises(OSError, match="Bad file descriptor"):
            embed_signature(prepared, BLOCK, target.fileno())


def test_an_oversized_block_is_refused() -> None:
    prepared = prepare_package(BytesSource(write_zip(TREE)))
    with pytest.raises(PackageTooLarge, match="the signature has 1048577 bytes"):
        embed_signature(prepared, bytes((1 << 20) + 1), -1)


def test_what_must_not_be_signed_is_refused_by_name() -> None:
    for package, error in (
        (b"", EmptyPackage),
        (write_zip([]), EmptyPackage),
        (seal_bytes(write_zip(TREE))[0], AlreadySigned),
        (write_zip([Member(b"a", b"x", local={"crc32": 1}, central={"crc32": 1})]), PackageError),
    ):
        with pytest.raises(error):
            prepare_package(BytesSource(package))


def test_a_signed_package_with_links_is_sealed_and_not_in_the_bare_format() -> None:
    signed, prepared = seal_bytes(write_zip([Member(b"a"), link(b"b", b"a")]))
    verify_seal(BytesSource(signed), prepared.seal, BLOCK)
    with pytest.raises(PackageError, match="bare format"):
        read(signed, AWS_FORMAT)


def test_the_largest_archives_can_be_signed_and_read_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "in"
    body = bytes(250 << 20 >> 1)
    path.write_bytes(write_zip([Member(b"a", body), Member(b"b", body[: len(body) - 300])]))
    del body
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with FileSource(path) as source, (tmp_path / "out").open("wb") as target:
        assert (250 << 20) - source.size < 300
        embed_signature(prepare_package(source), BLOCK, target.fileno())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 << 10
    with FileSource(tmp_path / "out") as source:
        assert len(parse_archive(source, rules=DEPLOYABLE).entries) == 4
        assert read_signature(source) == BLOCK
