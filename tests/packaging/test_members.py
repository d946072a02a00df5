"""What is packed of a folder or archive, and that two machines make the same bytes of the same files."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from sealgate.errors import Invalid, PackageError
from sealgate.package.archive import AlreadySigned
from sealgate.package.canonical import plan_package
from sealgate.packaging.members import read_members
from tests.support.packing import pack, write
from tests.support.sealed import sign_bytes, zip_of
from tests.support.zips import Member, folder, write_zip

PACK = """\
import os, sys
from contextlib import ExitStack
from pathlib import Path
from sealgate.package.canonical import plan_package, write_package
from sealgate.packaging.members import read_members
with ExitStack() as opened:
    write_package(plan_package(read_members(Path(sys.argv[1]), opened)), sys.stdout.fileno())
"""
FILES = {"b.py": "B = 1\n", "a/é.py": "", "a/b/c.txt": "x" * 3_000_000, "Z.md": "z"}


def packed(path: Path) -> bytes:
    with ExitStack() as opened:
        return write(plan_package(read_members(path, opened)))


def names(package: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return archive.namelist()[1:]


def lay_out(root: Path, order: list[str], *, umask: int, mtime: int) -> Path:
    """Write the files in an order, as a machine with this umask and clock would."""
    before = os.umask(umask)
    try:
        for name in order:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(FILES[name], encoding="utf-8")
            os.utime(path, (mtime, mtime))
    finally:
        os.umask(before)
    return root


def test_two_machines_make_the_same_bytes(tmp_path: Path) -> None:
    one = lay_out(tmp_path / "one", list(FILES), umask=0o022, mtime=1_000_000_000)
    two = lay_out(tmp_path / "two", list(reversed(FILES)), umask=0o007, mtime=1_700_000_000)
    elsewhere = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
        "PYTHONUTF8": "0",
        "TZ": "Asia/Tokyo",
    }

    told = subprocess.run([sys.executable, "-c", PACK, two], capture_output=True, env=elsewhere, check=True)

    assert told.stdout == packed(one) == packed(two)


def test_an_archive_makes_the_bytes_of_the_folder_that_is_in_it(tmp_path: Path) -> None:
    one = lay_out(tmp_path / "one", list(FILES), umask=0o022, mtime=1_000_000_000)
    with zipfile.ZipFile(tmp_path / "app.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(one.rglob("*"), reverse=True):
            archive.write(path, path.relative_to(one))

    assert packed(tmp_path / "app.zip") == packed(one)


def test_a_canonical_archive_makes_itself(tmp_path: Path) -> None:
    package = pack({"a.py": b"1"})
    (tmp_path / "app.zip").write_bytes(package)

    assert packed(tmp_path / "app.zip") == package


def test_an_archive_that_is_not_as_its_manifest_says_is_refused(tmp_path: Path) -> None:
    (tmp_path / "app.zip").write_bytes(write_zip([Member(b".sealgate-manifest", b"1"), Member(b"a")]))

    with pytest.raises(PackageError, match="manifest"):
        packed(tmp_path / "app.zip")


def test_of_the_directories_of_an_archive_only_empty_ones_are_packed(tmp_path: Path) -> None:
    (tmp_path / "app.zip").write_bytes(
        write_zip([folder(b"a/"), Member(b"a/b", mode=None), folder(b"c/"), folder(b"c/d/")])
    )

    assert names(packed(tmp_path / "app.zip")) == ["a/b", "c/d/"]


def test_one_file_makes_a_package_of_one_file(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("x")

    assert packed(tmp_path / "index.py") == pack({"index.py": b"x"})


def test_what_running_and_fetching_leaves_is_not_packed_and_bytecode_without_source_is(tmp_path: Path) -> None:
    for name in (
        "__pycache__/a.pyc",
        ".git/HEAD",
        ".aws-sam/build.toml",
        "lib/__pycache__/b.pyc",
        "a.pyc",
        "a.py",
        "c.pyc",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    assert names(packed(tmp_path)) == ["a.py", "c.pyc"]


def test_links_stay_links_and_execute_bits_stay(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "tool").chmod(0o700)
    (tmp_path / "alias").symlink_to("./tool")

    assert packed(tmp_path) == pack({"tool": b"#!/bin/sh\n", "alias": b"./tool"}, tool=0o755, alias=0o120777)


@pytest.mark.parametrize("target", ["/etc/hostname", "../outside"])
def test_a_link_that_leads_out_is_refused_by_name(tmp_path: Path, target: str) -> None:
    (tmp_path / "alias").symlink_to(target)

    with pytest.raises(PackageError, match="entry 'alias': the symbolic link"):
        packed(tmp_path)


def test_what_is_neither_file_nor_folder_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(PackageError, match="entry 'pipe': neither"):
        packed(tmp_path)
    for name in ("pipe", "missing"):
        with pytest.raises(Invalid, match="neither a folder nor a file"):
            packed(tmp_path / name)


def test_a_signed_archive_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "signed.zip").write_bytes(sign_bytes(zip_of({"a": b""}))[0])

    with pytest.raises(AlreadySigned):
        packed(tmp_path / "signed.zip")
