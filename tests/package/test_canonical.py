"""Canonical archives: what is in them, that the same files make the same bytes, and what cannot be packed."""

from __future__ import annotations

import hashlib
import io
import stat
import zipfile
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.errors import PackageError
from sealgate.package import canonical
from sealgate.package.archive import parse_archive
from sealgate.package.canonical import Member, plan_package
from sealgate.package.embed import prepare_package
from sealgate.package.manifest import verify_manifest
from sealgate.package.rules import EmptyPackage, ExpandsTooFar, PackageTooLarge
from sealgate.package.source import BytesSource
from tests.support.packing import FILE, LINK, PROGRAM, member, pack, write

FILES = {"handler.py": b"def handler(event, context): ...\n", "lib/b.py": b"", "lib/a.py": b"A = 1\n"}
FOLDER = stat.S_IFDIR | 0o755
NAMES = st.lists(st.text("abcdefghij", min_size=1, max_size=8), min_size=1, max_size=3).map("/".join)


def verified(package: bytes) -> int | None:
    return verify_manifest(parse_archive(BytesSource(package)))


def test_the_same_files_make_the_same_bytes_whatever_their_order() -> None:
    assert pack(FILES) == pack(dict(reversed(FILES.items())))


def test_these_bytes_stay_the_same_for_ever() -> None:
    package = pack(FILES | {"tool": b"#!/bin/sh\n", "é.txt": b"x", "alias": b"tool"}, tool=PROGRAM, alias=LINK)

    assert hashlib.sha256(package).hexdigest() == "e9ff90ad79bd3a51b99797ea8a45c415eedbf1d058a7fd6bf1eb87946cfbe303"


def test_the_identity_of_a_plan_is_that_of_the_bytes() -> None:
    one, same = plan_package([member("a", b"1")]), plan_package([member("a", b"1")])
    others = [plan_package([each]) for each in (member("a", b"2"), member("b", b"1"), member("a", b"1", PROGRAM))]

    assert one.identity == same.identity
    assert len({each.identity for each in (one, *others)}) == 4
    assert len({write(each) for each in (one, *others)}) == 4


@pytest.mark.parametrize(
    ("given", "kept"), [(0o100600, FILE), (0o100775, PROGRAM), (0o104755, PROGRAM), (0o100011, FILE), (0o755, PROGRAM)]
)
def test_only_the_owners_execute_bit_of_a_mode_is_kept(given: int, kept: int) -> None:
    with zipfile.ZipFile(io.BytesIO(pack({"a": b""}, a=given))) as archive:
        assert archive.getinfo("a").external_attr >> 16 == kept


def test_the_manifest_comes_first_and_the_rest_in_the_order_of_names() -> None:
    with zipfile.ZipFile(io.BytesIO(pack(FILES | {"+": b"", "é": b""}))) as archive:
        assert archive.namelist() == [".sealgate-manifest", "+", "handler.py", "lib/a.py", "lib/b.py", "é"]
        assert {(info.date_time, info.compress_type, info.extra) for info in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED, b"")
        }


def test_an_empty_directory_and_a_link_inside_are_kept() -> None:
    package = write(plan_package([member("logs/", b"", FOLDER), member("bin/x", b"../y", LINK), member("y", b"")]))

    assert verified(package) == 3
    assert prepare_package(BytesSource(package)).archive.has_meta_directory is False


def test_a_plan_knows_the_size_of_its_archive() -> None:
    plan = plan_package([member("a", b"1"), member("é", b"22")])

    assert len(write(plan)) == plan.size


@given(st.dictionaries(NAMES, st.binary(max_size=40), min_size=1, max_size=6))
def test_what_is_packed_is_read_back_and_may_be_signed(files: dict[str, bytes]) -> None:
    try:
        package = pack(files)
    except PackageError as error:  # a name that is a file and a directory
        assert "director" in error.rule  # noqa: PT017
        return
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()[1:]} == files
    prepare_package(BytesSource(package))
    assert verified(package) == len(files)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([member("a", b""), member("A", b"")], "entry 'a': the name occurs twice"),
        ([member("nul", b"")], "a device on Windows"),
        ([member("a\\b", b"")], "backslash"),
        ([member("../a", b"")], "'..'"),
        ([member("e\u0301", b"")], "NFC"),
        ([Member(b"\xff", FILE, lambda: ())], "UTF-8"),
        ([member(".sealgate-manifest", b"")], "reserved"),
        ([member("META_INF/aws_signer_signature_v1.0.SF/x", b"")], "reserved"),
        ([member("a", b"/etc/passwd", LINK)], "entry 'a': the symbolic link's target is absolute"),
        ([member("a", b"../b", LINK)], "outside the package"),
        ([member("a", b"x" * 5000, LINK)], "target has 5000 bytes"),
        ([member("a", b"", stat.S_IFIFO | 0o644)], "entry 'a': neither a file"),
    ],
)
def test_what_may_not_be_signed_is_not_packed(members: Iterable[Member], words: str) -> None:
    with pytest.raises(PackageError) as caught:
        plan_package(members)

    assert words in caught.value.message


def test_nothing_makes_no_package() -> None:
    with pytest.raises(EmptyPackage):
        plan_package([])


def test_limits_are_those_of_what_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical, "MAX_EXPANDED", 10)
    with pytest.raises(ExpandsTooFar):
        plan_package([member("a", b"x" * 6), member("b", b"x" * 6)])
    with pytest.raises(ExpandsTooFar):
        plan_package([member("a", b"x" * 11)])
    monkeypatch.setattr(canonical, "MAX_ARCHIVE", 300)
    with pytest.raises(PackageTooLarge, match="would have"):
        plan_package([member("a", b"")])
    monkeypatch.setattr(canonical, "MAX_ENTRIES", 2)
    with pytest.raises(PackageTooLarge, match="2 files"):
        plan_package([member("a", b""), member("b", b"")])


@pytest.mark.parametrize("second", [b"other", b"longer than it was", b"x"])
def test_a_file_that_changes_meanwhile_is_noticed(second: bytes) -> None:
    bodies = iter([b"first", second])
    plan = plan_package([Member(b"a", FILE, lambda: (next(bodies),))])

    with pytest.raises(PackageError, match="changed while it was packed"):
        write(plan)
