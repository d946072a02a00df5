"""What comes out of a package, and what never does."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sealgate.errors import IntegrityError, PackageError, SealgateError
from sealgate.package.source import BytesSource
from sealgate.runtime.reading import hold
from sealgate.runtime.stored import StoredPackage
from sealgate.runtime.tree import MODIFIED_NS
from sealgate.runtime.unpacking import UnpackedPackage, unpack_package
from sealgate.trust.contents import Proof
from tests.support.authority import ARN, JOB_ARN, NOW, trust
from tests.support.code import FILES, MEMBERS, CodeWorld, sign_as_aws, without_links
from tests.support.memory import peak_of
from tests.support.sealed import roots_of, shared_authority, sign_bytes
from tests.support.zips import DEFLATED, Member, deflate, folder, link, many, write_zip


@pytest.fixture
def world(tmp_path: Path) -> CodeWorld:
    return CodeWorld(tmp_path)


def unpack(package: bytes, folder: Path, *, name: bytes | None = None) -> UnpackedPackage:
    """Unpack as one that carries no signature that counts."""
    sha256 = hashlib.sha256(name or package).hexdigest()
    return unpack_package(BytesSource(package), folder, package=StoredPackage(sha256=sha256), roots=trust(), at=NOW)


def refuse(package: bytes, folder: Path) -> SealgateError:
    folder.mkdir(exist_ok=True)
    with pytest.raises(SealgateError) as caught:
        unpack(package, folder)
    return caught.value


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_sealed_package_comes_out_as_it_went_in(world: CodeWorld) -> None:
    files = world.start(world.put_sealed())
    assert below(files) == {*FILES, "META_INF", "lib", "lib/é", "lib/empty", "lib/current"}
    assert (files / "lib/data.bin").read_bytes() == bytes(range(256)) * 1024
    assert (files / "lib/current").readlink() == Path("../app.py")


def test_modes_are_two_and_times_are_one(world: CodeWorld) -> None:
    files = world.start(world.put_sealed([replace(MEMBERS[0], mode=0o100600), MEMBERS[1], MEMBERS[2]]))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files.rglob("*")}
    programs = {name for name, mode in modes.items() if mode == 0o755}
    assert programs == {"META_INF", "lib", "bootstrap"}
    assert set(modes.values()) == {0o755, 0o644}
    assert {path.stat().st_mtime_ns for path in files.rglob("*") if path.is_file()} == {MODIFIED_NS}


def test_no_mode_of_an_archive_gives_anybody_more(tmp_path: Path) -> None:
    unpack(write_zip([Member(b"tool", b"x", mode=0o106777), Member(b"dos", b"y", mode=None)]), tmp_path)
    assert stat.S_IMODE((tmp_path / "tool").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "dos").stat().st_mode) == 0o644


def test_a_package_in_awss_format_comes_out_too(world: CodeWorld) -> None:
    package = world.put_in_aws_format(without_links(MEMBERS))
    files = world.start(package)
    assert below(files) == {*FILES, "META_INF", "lib", "lib/é", "lib/empty"}
    signature = world.store.check(package)
    assert signature is not None
    assert not signature.sealed


@pytest.mark.parametrize("made", [write_zip, lambda members: sign_as_aws(without_links(members))])
def test_a_package_without_a_signature_that_counts_is_known_by_its_name(
    world: CodeWorld, made: Callable[..., bytes]
) -> None:
    package = world.put(made(MEMBERS))
    assert (world.start(package) / "app.py").read_bytes() == MEMBERS[0].body
    assert world.store.check(package) is None


def test_a_list_says_how_the_package_was_proved(tmp_path: Path) -> None:
    package, _ = sign_bytes(write_zip(MEMBERS))
    stored = StoredPackage(sha256=hashlib.sha256(package).hexdigest(), job_arn=JOB_ARN, profile_version_arn=ARN)
    roots = roots_of(shared_authority())
    done = unpack_package(BytesSource(package), tmp_path, package=stored, roots=roots, at=NOW)
    assert done.proof is Proof.SEAL
    assert done.signature is not None
    assert {item.path: item.size for item in done.items}[b"lib/data.bin"] == 256 * 1024


def test_large_entries_and_many_come_out_whole(tmp_path: Path) -> None:
    large = os.urandom(64 << 10) + bytes(5 << 20)
    unpack(write_zip([Member(b"large", large, DEFLATED), Member(b"stored", large)]), tmp_path)
    assert (tmp_path / "large").read_bytes() == (tmp_path / "stored").read_bytes() == large


def test_names_that_mean_the_same_place_are_one_place(tmp_path: Path) -> None:
    unpack(write_zip([folder(b"./"), Member(b"./a//b.py", b"1"), folder(b"a/")]), tmp_path)
    assert below(tmp_path) == {"a", "a/b.py"}


HOSTILE = {
    "a name that climbs": [Member(b"../out", b"x")],
    "a name that climbs later": [Member(b"a/../../out", b"x")],
    "an absolute name": [Member(b"/out", b"x")],
    "a backslash": [Member(b"..\\out", b"x")],
    "a NUL": [Member(b"out\0.py", b"x")],
    "a link out": [link(b"l", b"../out")],
    "a link to an absolute path": [link(b"l", b"/etc/passwd")],
    "a link that climbs behind a name": [link(b"l", b"a/../../out")],
    "a link from a name that looks deeper than it is": [link(b"././l", b"../../out")],
    "a link from a name with doubled slashes": [link(b"a///l", b"../../out")],
    "a file below a link": [link(b"l", b"."), Member(b"l/out", b"x")],
    "a file below a file": [Member(b"f", b"x"), Member(b"f/out", b"x")],
    "a directory that is a file too": [Member(b"f", b"x"), folder(b"f/")],
    "two files of one name": [Member(b"f", b"x"), Member(b"f", b"y")],
    "two files of one name, one with a dot": [Member(b"f", b"x"), Member(b"./f", b"y")],
    "a device": [Member(b"d", mode=0o020666)],
    "a named pipe": [Member(b"p", mode=0o010666)],
    "a bomb that states what it is": [Member(b"b", b"x", local={"size": 1 << 30}, central={"size": 1 << 30})],
    "a bomb that lies": [Member(b"b", b"x", DEFLATED, data=deflate(bytes(1 << 22)))],
    "a wrong checksum": [Member(b"b", b"x", local={"crc32": 1}, central={"crc32": 1})],
    "a part of a name that no file system takes": [Member(b"x" * 256, b"x")],
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_archive_is_refused_and_leaves_nothing_outside(members: list[Member], tmp_path: Path) -> None:
    refusal = refuse(write_zip(members), tmp_path / "files")
    assert isinstance(refusal, PackageError)
    assert below(tmp_path) <= {"files", "files/f", "files/b"}


def test_too_many_bytes_are_refused_before_one_is_written(tmp_path: Path) -> None:
    size = {"size": 100 << 20}
    whole = [Member(b"%d" % index, b"", DEFLATED, data=bytes(110_000), local=size, central=size) for index in range(3)]
    assert "expand to more than" in refuse(write_zip(whole), tmp_path / "files").message
    assert below(tmp_path) == {"files"}


def test_a_name_that_the_file_system_takes_for_another_is_refused(tmp_path: Path) -> None:
    """As on a file system that folds letter case: the file is there already."""
    (tmp_path / "readme").write_bytes(b"")
    assert "does not tell the two apart" in refuse(write_zip([Member(b"readme", b"x")]), tmp_path).message


def test_bytes_of_another_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError) as caught:
        unpack(write_zip(MEMBERS), tmp_path, name=b"another")
    assert caught.value.reason == "ContentsAltered"


class _ChangingSource:
    """A file in which a byte is another during one of the reads."""

    def __init__(self, package: bytes, at: int, *, during: int) -> None:
        self.size = len(package)
        self._honest = package
        self._altered = package[:at] + bytes([package[at] ^ 1]) + package[at + 1 :]
        self._during = during
        self._count = 0

    def read_at(self, offset: int, length: int) -> bytes:
        data = self._altered if self._count == self._during else self._honest
        self._count += 1
        return BytesSource(data).read_at(offset, length)


def test_what_is_written_was_hashed_whoever_changes_the_file_meanwhile(tmp_path: Path) -> None:
    package, _ = sign_bytes(write_zip([Member(b"a.py", b"GOOD"), Member(b"b/c", b"GOOD", DEFLATED), link(b"l", b"b")]))
    stored = StoredPackage(sha256=hashlib.sha256(package).hexdigest(), job_arn=JOB_ARN, profile_version_arn=ARN)
    roots = roots_of(shared_authority())
    expected = unpack_package(BytesSource(package), _new(tmp_path), package=stored, roots=roots, at=NOW).items
    contents = hold(BytesSource(package)).contents_length
    for at in (*range(0, contents, 2), *range(contents, len(package), 211)):
        source = _ChangingSource(package, at, during=at % 11)
        try:
            done = unpack_package(source, _new(tmp_path), package=stored, roots=roots, at=NOW)
        except (IntegrityError, PackageError):
            continue
        assert done.items == expected


def _new(folder: Path) -> Path:
    new = folder / f"{len(list(folder.iterdir()))}"
    new.mkdir()
    return new


def test_neither_large_files_nor_many_take_much_memory(tmp_path: Path) -> None:
    package = write_zip([Member(b"zeros", bytes(60 << 20), DEFLATED, data=deflate(bytes(60 << 20), 1))])
    (tmp_path / "one").write_bytes(package)
    (tmp_path / "many").write_bytes(many(3000))
    script = (
        "import pathlib, sys\n"
        "from sealgate.package.source import FileSource\n"
        "from sealgate.runtime.stored import StoredPackage, hash_whole\n"
        "from sealgate.runtime.unpacking import unpack_package\n"
        "from sealgate.trust.roots import TrustRoots\n"
        "for name in ('one', 'many'):\n"
        "    source = FileSource(sys.argv[1] + '/' + name)\n"
        "    folder = pathlib.Path(sys.argv[1]) / (name + '-files')\n"
        "    folder.mkdir()\n"
        "    package = StoredPackage(sha256=hash_whole(source))\n"
        "    unpack_package(source, folder, package=package, roots=TrustRoots(), at=None)\n"
    )
    assert peak_of(script, tmp_path) < 80 << 10
