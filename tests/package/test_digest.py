"""AWS's digest, against its definition and against vectors of an independent implementation."""

from __future__ import annotations

import hashlib
import json
import random
import resource
from pathlib import Path

import pytest

from sealgate.errors import PackageError
from sealgate.package.archive import AWS_FORMAT, DEPLOYABLE, SIGNATURE_NAME, SIGNING, ArchiveReader, parse_archive
from sealgate.package.digest import digest_contents, digest_package
from sealgate.package.inflate import WHOLE_LIMIT
from sealgate.package.records import LOCAL
from sealgate.package.source import BytesSource, FileSource
from tests.support.archives import read
from tests.support.memory import peak_of
from tests.support.zips import DEFLATED, STORED, Member, deflate, folder, write_zip

VECTORS = Path(__file__).parent.parent / "vectors" / "aws-format"


def plainly(members: list[Member]) -> bytes:
    """The definition, in one line."""
    return hashlib.sha384(b"".join(m.name + m.body for m in members if m.name != SIGNATURE_NAME)).digest()


def test_names_and_bodies_are_digested_in_archive_order_without_the_signature() -> None:
    members = [
        Member(b"b", b"body of b", DEFLATED),
        folder(b"a/"),
        Member(SIGNATURE_NAME, b"signature"),
        Member(b"a/x", b"body of x"),
    ]
    assert digest_contents(read(write_zip(members), AWS_FORMAT)) == plainly(members)


def test_an_appended_meta_directory_enters_the_digest_last() -> None:
    members = [Member(b"a", b"x")]
    appended = digest_contents(read(write_zip(members)), with_meta_directory=True)
    assert appended == plainly([*members, folder(b"META_INF/")])


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 40, 1 << 20, (1 << 20) + 1, WHOLE_LIMIT, WHOLE_LIMIT + 1])
def test_bodies_of_every_size_class_are_digested(size: int, method: int) -> None:
    body = random.Random(size).randbytes(size // 2) + bytes(size - size // 2)  # noqa: S311 (repeatable)
    members = [Member(b"before", b"1"), Member(b"body", body, method), Member(b"after", b"2")]
    assert digest_contents(read(write_zip(members))) == plainly(members)


@pytest.mark.parametrize(("count", "size"), [(900, 8000), (150, 80_000)], ids=["small", "middling"])
def test_many_bodies_are_digested_in_order_by_several_threads(count: int, size: int) -> None:
    rng = random.Random(7)  # noqa: S311
    members = [Member(b"%d" % index, rng.randbytes(rng.randrange(size)), DEFLATED) for index in range(count)]
    assert digest_contents(read(write_zip(members))) == plainly(members)


@pytest.mark.parametrize("place", [0, 300, 599])
def test_damage_is_found_wherever_it_is_and_named(place: int) -> None:
    members = [Member(b"%d" % index, bytes(5000) + b"%d" % index) for index in range(600)]
    lie = {"crc32": 1}
    members[place] = Member(b"bad", bytes(5000), local=lie, central=lie)
    with pytest.raises(PackageError, match="checksum") as caught:
        digest_contents(read(write_zip(members)))
    assert caught.value.entry == "bad"


def test_the_first_of_several_damaged_entries_is_named() -> None:
    lie = {"crc32": 1}
    members = [Member(b"%03d" % index, bytes(300_000), local=lie, central=lie) for index in range(20)]
    with pytest.raises(PackageError) as caught:
        digest_contents(read(write_zip(members)))
    assert caught.value.entry == "000"


@pytest.mark.parametrize("count", [1, 40])
def test_a_package_is_digested_while_it_is_read(count: int) -> None:
    """Large packages are read and expanded by several threads."""
    rng = random.Random(count)  # noqa: S311
    members = [Member(b"%d" % index, rng.randbytes(40_000), DEFLATED) for index in range(count)]
    archive, digest = digest_package(BytesSource(write_zip(members)), rules=SIGNING)
    assert digest == plainly(members)
    assert [entry.name for entry in archive.entries] == [member.name for member in members]


@pytest.mark.parametrize("count", [1, 40])
def test_a_broken_structure_is_told_before_damaged_data_wherever_it_is(count: int) -> None:
    damaged = Member(b"damaged", bytes(40_000), local={"crc32": 1}, central={"crc32": 1})
    between = [Member(b"%d" % index, bytes(40_000)) for index in range(count)]
    package = write_zip([damaged, *between, Member(b"../outside")])
    with pytest.raises(PackageError, match=r"contains '\.\.'") as caught:
        digest_package(BytesSource(package), rules=SIGNING)
    assert caught.value.entry == "../outside"


def test_no_archive_is_answered_before_all_entries_were_checked() -> None:
    reader = ArchiveReader(BytesSource(write_zip([Member(b"a"), Member(b"b"), Member(b"../c")])), SIGNING)
    entries = reader.entries
    assert next(entries).name == b"a"
    with pytest.raises(PackageError):
        reader.finish()
    with pytest.raises(PackageError, match=r"contains '\.\.'"):
        list(entries)
    with pytest.raises(PackageError):
        reader.finish()


VERSION_NEEDED = 4  # may differ below 4.5: no reader's view of the entry depends on it


@pytest.mark.parametrize("at", sorted({*range(LOCAL.size + len(b"second"))} - {VERSION_NEEDED}))
def test_no_byte_of_a_local_header_that_is_read_with_the_data_can_change(at: int) -> None:
    package = bytearray(write_zip([Member(b"first", b"1" * 50), Member(b"second", b"2" * 50)]))
    package[package.index(b"second") - LOCAL.size + at] ^= 1
    with pytest.raises(PackageError):
        digest_package(BytesSource(bytes(package)), rules=SIGNING)


class CountingSource(BytesSource):
    """Adds up what is read."""

    read = 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.read += length
        return super().read_at(offset, length)


def test_local_headers_are_not_read_apart_from_the_data() -> None:
    rng = random.Random(3)  # noqa: S311
    package = write_zip([Member(b"%d" % index, rng.randbytes(20_000)) for index in range(400)])
    source = CountingSource(package)
    digest_package(source, rules=SIGNING)
    assert source.read < len(package) * 1.1


def test_every_vector_has_the_digest_that_its_recompressed_and_retimed_forms_have() -> None:
    digests = {
        vector["file"]: digest_contents(parse_archive(FileSource(VECTORS / vector["file"]), rules=AWS_FORMAT))
        for vector in json.loads((VECTORS / "vectors.json").read_text())
    }
    assert digests["tree.zip"] == digests["recompressed.zip"] == digests["retimed.zip"]
    others = {digests[f"{name}.zip"] for name in ("tampered", "renamed", "reordered", "tree")}
    assert len(others) == 4


def test_a_very_large_body_takes_little_memory(tmp_path: Path) -> None:
    body = bytes(100 << 20)
    path = tmp_path / "large.zip"
    path.write_bytes(write_zip([Member(b"zeros", body, DEFLATED)]))
    expected = hashlib.sha384(b"zeros" + body).digest()
    del body
    with FileSource(path) as source:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert digest_contents(parse_archive(source, rules=DEPLOYABLE)) == expected
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10


def test_the_largest_bodies_that_are_expanded_whole_take_little_memory(tmp_path: Path) -> None:
    body = random.Random(5).randbytes(WHOLE_LIMIT * 2 // 3) + bytes(WHOLE_LIMIT // 3)  # noqa: S311
    data = deflate(body, 1)
    (tmp_path / "package").write_bytes(
        write_zip([Member(b"%d" % index, body, DEFLATED, data=data) for index in range(24)])
    )
    script = (
        "import sys\n"
        "from sealgate.package.digest import digest_package\n"
        "from sealgate.package.rules import SIGNING\n"
        "from sealgate.package.source import FileSource\n"
        "digest_package(FileSource(sys.argv[1]), rules=SIGNING)\n"
    )
    assert peak_of(script, tmp_path / "package") < 100 << 10
