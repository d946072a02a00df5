"""Code that was altered is not started, whatever was altered; and what a cold start leaves behind is whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sealgate.errors import IntegrityError, NotFound, PackageError
from sealgate.runtime.code_folder import CodeEntry, CodeFolder
from sealgate.runtime.stored import StoredPackage, StoredPackageAltered
from sealgate.runtime.tree import UnpackedCodeAltered
from sealgate.trust.authority import Authority
from sealgate.trust.contents import SignedContents, sign_contents, verify_contents
from sealgate.trust.keys import MemoryKeyStore
from sealgate.trust.roots import TrustRoots
from sealgate.x509.certificates import name_by_content
from sealgate.x509.profile import CODE_CONTENTS
from tests.support.authority import ARN, JOB_ARN, NOW, FixedClock
from tests.support.code import MEMBERS, CodeWorld, without_links
from tests.support.sealed import new_authority, roots_of, sign_bytes
from tests.support.zips import Member, write_zip

Alteration = Callable[[CodeEntry], object]


@pytest.fixture
def world(tmp_path: Path) -> CodeWorld:
    return CodeWorld(tmp_path)


def refusal(world: CodeWorld, package: StoredPackage) -> IntegrityError:
    with pytest.raises(IntegrityError) as caught:
        world.start(package)
    return caught.value


def write_keeping_time(path: Path, data: bytes) -> None:
    """Change a file's bytes as somebody would who covers their tracks."""
    status = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def flip(name: str, at: int = 0) -> Alteration:
    def alter(entry: CodeEntry) -> None:
        data = bytearray((entry.files / name).read_bytes())
        data[at] ^= 1
        write_keeping_time(entry.files / name, bytes(data))

    return alter


def add(name: str) -> Alteration:
    return lambda entry: (entry.files / name).write_bytes(b"import os\n")


def remove(name: str) -> Alteration:
    return lambda entry: (entry.files / name).unlink()


def rename(old: str, new: str) -> Alteration:
    return lambda entry: (entry.files / old).rename(entry.files / new)


def chmod(name: str, mode: int) -> Alteration:
    return lambda entry: (entry.files / name).chmod(mode)


def relink(name: str, target: str) -> Alteration:
    def alter(entry: CodeEntry) -> None:
        (entry.files / name).unlink()
        (entry.files / name).symlink_to(target)

    return alter


def replace_by_pipe(entry: CodeEntry) -> None:
    (entry.files / "app.py").unlink()
    os.mkfifo(entry.files / "app.py")


def replace_list_by_pipe(entry: CodeEntry) -> None:
    entry.list.unlink()
    os.mkfifo(entry.list)


def replace_by_folder(entry: CodeEntry) -> None:
    (entry.files / "app.py").unlink()
    (entry.files / "app.py").mkdir()


def replace_folder_by_link(entry: CodeEntry) -> None:
    (entry.files / "lib").rename(entry.path / "elsewhere")
    (entry.files / "lib").symlink_to("../elsewhere")


def replace_files_by_link(entry: CodeEntry) -> None:
    entry.files.rename(entry.path / "elsewhere")
    entry.files.symlink_to("elsewhere")


def replace_by_file(entry: CodeEntry) -> None:
    (entry.files / "lib/current").unlink()
    (entry.files / "lib/current").write_bytes(b"")


ALTERATIONS: dict[str, tuple[Alteration, str, str | None]] = {
    "a byte of a file": (flip("app.py"), "ContentsAltered", "app.py"),
    "the last byte of a large file": (flip("lib/data.bin", -1), "ContentsAltered", "lib/data.bin"),
    "the signature's own file": (
        flip("META_INF/aws_signer_signature_v1.0.SF", 99),
        "ContentsAltered",
        "META_INF/aws_signer_signature_v1.0.SF",
    ),
    "a file cut short": (lambda entry: os.truncate(entry.files / "app.py", 3), "ContentsAltered", "app.py"),
    "a file added": (add("sitecustomize.py"), "FileAdded", "sitecustomize.py"),
    "a file added below": (add("lib/é/z.py"), "FileAdded", "lib/é/z.py"),
    "a file added in an empty directory": (add("lib/empty/a.py"), "FileAdded", "lib/empty/a.py"),
    "a hidden file added": (add(".pth"), "FileAdded", ".pth"),
    "a file removed": (remove("app.py"), "FileMissing", "app.py"),
    "the last file removed": (remove("lib/é/leaf.txt"), "FileMissing", "lib/é/leaf.txt"),
    "a directory removed": (lambda entry: (entry.files / "lib/empty").rmdir(), "FileMissing", "lib/empty"),
    "a file renamed": (rename("app.py", "app2.py"), "FileMissing", "app.py"),
    "a file renamed to come first": (rename("app.py", "aaa.py"), "FileAdded", "aaa.py"),
    "two files swapped": (
        lambda entry: [
            rename("app.py", "x")(entry),
            rename("bootstrap", "app.py")(entry),
            rename("x", "bootstrap")(entry),
        ],
        "ModeAltered",
        "app.py",
    ),
    "a mode": (chmod("app.py", 0o666), "ModeAltered", "app.py"),
    "a program's mode": (chmod("bootstrap", 0o644), "ModeAltered", "bootstrap"),
    "a setuid bit": (chmod("bootstrap", 0o4755), "ModeAltered", "bootstrap"),
    "a directory's mode": (chmod("lib", 0o777), "ModeAltered", "lib"),
    "the folder's own mode": (chmod(".", 0o777), "ModeAltered", "."),
    "a time, which can choose the bytecode that runs": (
        lambda entry: os.utime(entry.files / "app.py", (1, 1)),
        "TimeAltered",
        "app.py",
    ),
    "a link's target": (relink("lib/current", "../bootstrap"), "LinkAltered", "lib/current"),
    "a file in place of a link": (replace_by_file, "FileReplaced", "lib/current"),
    "a link in place of a file": (relink("app.py", "bootstrap"), "FileReplaced", "app.py"),
    "a pipe in place of a file": (replace_by_pipe, "FileReplaced", "app.py"),
    "a directory in place of a file": (replace_by_folder, "FileReplaced", "app.py"),
    "a link in place of a directory": (replace_folder_by_link, "FileReplaced", "lib"),
    "a link in place of the folder": (replace_files_by_link, "FileMissing", None),
    "a second name of a file": (
        lambda entry: os.link(entry.files / "app.py", entry.path / "other"),
        "FileLinked",
        "app.py",
    ),
    "all files removed": (lambda entry: shutil.rmtree(entry.files), "FileMissing", None),
    "the list": (
        lambda entry: entry.list.write_bytes(entry.list.read_bytes().replace(b"app.py", b"evil.p")),
        "ContentsAltered",
        None,
    ),
    "the list removed": (lambda entry: entry.list.unlink(), "ListMissing", None),
    "the list's signature removed": (lambda entry: entry.signature.unlink(), "ListMissing", None),
    "the list's signature": (
        lambda entry: entry.signature.write_bytes(entry.signature.read_bytes().replace(b"A", b"B", 1)),
        "*",
        None,
    ),
    "a list as long as a disk": (lambda entry: os.truncate(entry.list, 1 << 40), "ListReplaced", None),
    "a pipe in place of the list": (replace_list_by_pipe, "ListMissing", None),
}


@pytest.mark.parametrize(("alter", "reason", "name"), ALTERATIONS.values(), ids=ALTERATIONS.keys())
def test_unpacked_code_with_any_change_is_refused(
    world: CodeWorld, alter: Alteration, reason: str, name: str | None
) -> None:
    package = world.put_sealed()
    world.start(package)
    alter(world.entry(package))
    refused = refusal(world, package)
    assert isinstance(refused, UnpackedCodeAltered)
    assert reason in (refused.reason, "*")
    assert refused.entry == name
    assert f"code/{package.sha256} of the data folder" in refused.message


def test_what_was_altered_stays_so_until_the_operator_removes_it(world: CodeWorld) -> None:
    package = world.put_sealed()
    world.start(package)
    flip("app.py")(world.entry(package))
    altered = (world.entry(package).files / "app.py").read_bytes()
    assert refusal(world, package).message == refusal(world, package).message
    assert (world.entry(package).files / "app.py").read_bytes() == altered
    shutil.rmtree(world.entry(package).path)
    assert (world.start(package) / "app.py").read_bytes() == MEMBERS[0].body


def list_of(world: CodeWorld, package: StoredPackage) -> SignedContents:
    entry = world.entry(package)
    return SignedContents(text=entry.list.read_bytes(), block=entry.signature.read_bytes())


def put_list(world: CodeWorld, package: StoredPackage, contents: SignedContents) -> None:
    world.entry(package).list.write_bytes(contents.text)
    world.entry(package).signature.write_bytes(contents.block)


def test_a_list_that_another_authority_signed_anew_is_refused(world: CodeWorld) -> None:
    """The forger has changed a file and its list, and has a whole authority, but not this one."""
    package = world.put_sealed()
    world.start(package)
    (world.entry(package).files / "extra").write_bytes(b"")
    verified = verify_contents(list_of(world, package), roots=roots_of(world.authority), at=NOW)
    put_list(world, package, sign_contents(verified.unpacked, verified.items(), new_authority()))
    assert refusal(world, package).reason == "UntrustedSigner"


def test_not_even_a_root_that_is_trusted_for_packages_vouches_for_unpacked_code(world: CodeWorld) -> None:
    package = world.put_sealed()
    world.start(package)
    other = new_authority()
    world.store = world.open(roots=TrustRoots(roots=(*roots_of(world.authority).roots, *roots_of(other).roots)))
    verified = verify_contents(list_of(world, package), roots=roots_of(world.authority), at=NOW)
    put_list(world, package, sign_contents(verified.unpacked, verified.items(), other))
    assert refusal(world, package).reason == "UntrustedSigner"


def test_another_packages_files_and_list_are_refused(world: CodeWorld) -> None:
    package, other = world.put_sealed(), world.put(write_zip([Member(b"app.py", b"evil")]))
    world.start(package)
    world.start(other)
    shutil.rmtree(world.entry(package).path)
    shutil.copytree(world.entry(other).path, world.entry(package).path, symlinks=True)
    assert refusal(world, package).reason == "ListReplaced"


@pytest.mark.parametrize("kind", ["sealed", "in AWS's format", "unsigned"])
@pytest.mark.parametrize("at", [40, -40, 300])
def test_an_altered_stored_package_is_refused_though_its_files_are_whole(world: CodeWorld, kind: str, at: int) -> None:
    package = put(world, kind)
    world.start(package)
    blob = world.blobs / package.sha256
    data = bytearray(blob.read_bytes())
    data[at] ^= 1
    blob.write_bytes(data)
    refusal(world, package)
    with pytest.raises(IntegrityError):
        world.store.check(package)


def put(world: CodeWorld, kind: str) -> StoredPackage:
    if kind == "sealed":
        return world.put_sealed()
    return (
        world.put_in_aws_format(without_links(MEMBERS)) if kind == "in AWS's format" else world.put(write_zip(MEMBERS))
    )


@pytest.mark.parametrize("kind", ["sealed", "in AWS's format", "unsigned"])
def test_an_altered_stored_package_is_not_unpacked(world: CodeWorld, kind: str) -> None:
    package = put(world, kind)
    (world.blobs / package.sha256).write_bytes(write_zip([Member(b"app.py", b"evil")]))
    assert isinstance(refusal(world, package), StoredPackageAltered)
    assert not world.entry(package).exists()
    assert world.staged == []


@pytest.mark.parametrize("is_unpacked", [True, False])
def test_another_package_that_is_as_validly_signed_is_refused(world: CodeWorld, *, is_unpacked: bool) -> None:
    package = world.put_sealed()
    if is_unpacked:
        world.start(package)
    other, _ = sign_bytes(write_zip(MEMBERS[:1]), world.authority, job_arn=JOB_ARN[:-1] + "6")
    (world.blobs / package.sha256).write_bytes(other)
    assert refusal(world, package).reason == "SignatureReplaced"


def test_a_package_of_another_profile_version_is_refused(world: CodeWorld) -> None:
    package = world.put_sealed()
    other, _ = sign_bytes(write_zip(MEMBERS), world.authority, profile_version_arn=ARN + "2")
    (world.blobs / package.sha256).write_bytes(other)
    assert refusal(world, package).reason == "SignatureReplaced"


def test_a_package_whose_signature_was_stripped_is_refused(world: CodeWorld) -> None:
    package = world.put_sealed()
    world.start(package)
    (world.blobs / package.sha256).write_bytes(write_zip(MEMBERS))
    assert refusal(world, package).reason == "SignatureMissing"


def test_a_stored_package_that_is_gone_is_named(world: CodeWorld) -> None:
    package = world.put_sealed()
    (world.blobs / package.sha256).unlink()
    assert refusal(world, package).reason == "PackageMissing"


def test_a_package_whose_root_is_trusted_no_more_is_refused(world: CodeWorld) -> None:
    package = world.put_in_aws_format(without_links(MEMBERS))
    world.start(package)
    world.store = world.open(roots=roots_of(world.authority))
    assert refusal(world, package).reason == "UntrustedSigner"


def test_a_package_that_cannot_be_unpacked_is_the_packagers_fault_if_it_is_whole(world: CodeWorld) -> None:
    package = world.put(write_zip([Member(b"../out", b"x")]))
    with pytest.raises(PackageError):
        world.store.prepare(package)
    assert world.staged == []


def test_the_answer_is_the_signature_for_whoever_judges_it(world: CodeWorld) -> None:
    package = world.put_sealed()
    world.store.prepare(package)
    signature = world.store.check(package)
    assert signature is not None
    assert (signature.job_arn, signature.profile_version_arn) == (JOB_ARN, ARN)


def test_many_that_ask_at_once_unpack_once(world: CodeWorld) -> None:
    package, stores = world.put_sealed(), [world.open() for _ in range(3)]
    with ThreadPoolExecutor(12) as pool:
        folders = list(pool.map(lambda number: stores[number % 3].prepare(package), range(24)))
    assert set(folders) == {world.entry(package).files}
    assert world.opened == [package.sha256]
    world.store.check(package)


def test_what_is_unpacked_is_unpacked_for_the_next_server_too(world: CodeWorld) -> None:
    package = world.put_sealed()
    world.start(package)
    world.clock.advance(days=400)
    world.open().check(package)
    world.open().prepare(package)
    assert world.opened == [package.sha256] * 3


KILLED = """
import os, sys
from pathlib import Path
from tests.support.code import CodeWorld
from tests.support.sealed import shared_authority

class Killed:
    root_certificate = shared_authority().root_certificate

    def sign_statement(self, *_, **__):
        os._exit(9)

world = CodeWorld(Path(sys.argv[1]))
package = world.put_sealed()
world.authority = Killed()
world.open().prepare(package)
"""


def test_a_server_that_is_killed_before_an_entry_has_its_name_leaves_none(tmp_path: Path) -> None:
    """The next one starts afresh, and sweeps what was left."""
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert done.returncode == 9
    (tmp_path / "blobs").rename(tmp_path / "old")
    world = CodeWorld(tmp_path)
    package = world.put_sealed()
    assert len(world.staged) == 1
    world.start(package)
    assert world.store.sweep({package.sha256}) == 0
    assert world.staged == []
    world.store.check(package)


def test_a_failure_of_the_disk_leaves_nothing(world: CodeWorld) -> None:
    package = world.put_sealed()
    (world.blobs / package.sha256).rename(world.blobs / "kept")
    (world.blobs / package.sha256).symlink_to(package.sha256)
    with pytest.raises(OSError, match="symbolic links"):
        world.store.prepare(package)
    assert world.staged == []
    (world.blobs / "kept").rename(world.blobs / package.sha256)
    world.start(package)


def test_a_sweep_takes_what_nothing_refers_to(world: CodeWorld) -> None:
    kept, gone = world.put_sealed(), world.put(write_zip(MEMBERS))
    world.start(kept)
    world.start(gone)
    assert world.store.sweep({kept.sha256}) == 1
    assert not world.entry(gone).exists()
    world.store.check(kept)
    world.start(gone)


def test_a_sweep_leaves_what_somebody_works_on(world: CodeWorld) -> None:
    package = world.put_sealed()
    world.start(package)
    folder = CodeFolder(world.path / "code")
    with folder.locked(package.sha256):
        assert world.store.sweep(set()) == 0
    world.store.check(package)


def test_code_that_was_listed_under_a_revoked_issuing_ca_is_unpacked_again(tmp_path: Path) -> None:
    world = CodeWorld(tmp_path, Authority.open(tmp_path / "authority", MemoryKeyStore(), FixedClock()))
    package = world.put(write_zip(MEMBERS))
    world.start(package)
    stolen = world.authority.issuing_certificate
    world.authority.rotate()
    world.revoked.add(name_by_content(stolen))
    with pytest.raises(UnpackedCodeAltered) as caught:
        world.store.check(package)
    assert caught.value.reason == "IssuerRevoked"
    world.start(package)
    assert len(world.staged) == 1  # somebody may still run from it


def test_code_that_was_listed_in_the_former_form_is_unpacked_again(world: CodeWorld) -> None:
    package = world.put_sealed()
    world.start(package)
    entry = world.entry(package)
    text = entry.list.read_bytes().replace(b"contents-2", b"contents-1")
    entry.list.write_bytes(text)
    assert refusal(world, package).reason == "ContentsAltered"
    entry.signature.write_bytes(world.authority.sign_statement(text, kind=CODE_CONTENTS, signing_time=NOW))
    world.start(package)
    assert b"contents-2" in entry.list.read_bytes()
    assert len(world.staged) == 1


def test_a_name_that_is_none_is_refused(world: CodeWorld) -> None:
    with pytest.raises(NotFound):
        world.store.prepare(StoredPackage(sha256="../../etc"))
