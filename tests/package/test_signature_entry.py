"""Where the signature is found, and where it is not."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from sealgate.errors import IntegrityError, PackageError
from sealgate.package.archive import SIGNATURE_NAME
from sealgate.package.layout import find_tail
from sealgate.package.signature_entry import read_signature
from sealgate.package.source import BytesSource, FileSource
from tests.support.archives import BLOCK, seal_bytes
from tests.support.zips import DEFLATED, Member, folder, many, write_zip

VECTORS = Path(__file__).parent.parent / "vectors" / "aws-format"
APP = Member(b"app.py", b"x = 1\n")


def signature_of(package: bytes) -> bytes | None:
    return read_signature(BytesSource(package))


def test_the_block_is_found_from_the_end_of_a_sealed_package() -> None:
    package, prepared = seal_bytes(write_zip([APP]))
    tail = find_tail(BytesSource(package))
    assert tail is not None
    assert (tail.entries, tail.contents_length) == (3, prepared.seal.contents_length)
    assert signature_of(package) == BLOCK


@pytest.mark.parametrize("count", [1, 65_533, 65_534])
def test_the_tail_of_wide_and_narrow_archives_is_found(count: int) -> None:
    tail = find_tail(BytesSource(seal_bytes(many(count))[0]))
    assert tail is not None
    assert tail.entries == count + 2


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("method", [0, DEFLATED])
def test_a_block_anywhere_else_is_found_by_reading_the_archive(position: int, method: int) -> None:
    members = [APP, folder(b"META_INF/")]
    members.insert(position, Member(SIGNATURE_NAME, BLOCK, method))
    package = write_zip(members)
    assert find_tail(BytesSource(package)) is None
    assert signature_of(package) == BLOCK


def test_unsigned_packages_are_told_apart_whatever_their_names() -> None:
    for names in ([b"app.py"], [b"./app.py"], [b"A", b"a"], [b"META_INF/AWS_SIGNER_SIGNATURE_V1.0.SF"]):
        assert signature_of(write_zip([Member(name) for name in names])) is None


def test_every_vector_has_a_signature_but_the_unsigned_one() -> None:
    for path in sorted(VECTORS.glob("*.zip")):
        with FileSource(path) as source:
            block = read_signature(source)
        assert (block is None) == (path.name == "unsigned.zip")
        assert block is None or block.startswith(b"-----BEGIN PKCS7-----\n")


def test_two_signatures_are_ambiguous() -> None:
    with pytest.raises(PackageError, match="twice"):
        signature_of(write_zip([Member(SIGNATURE_NAME, b"1"), APP, Member(SIGNATURE_NAME, b"2")]))


@pytest.mark.parametrize("name", [b"", b"garbage", b"PK\x05\x06"])
def test_what_is_no_archive_is_refused(name: bytes) -> None:
    with pytest.raises(PackageError):
        signature_of(name)


def test_a_damaged_block_is_broken_integrity() -> None:
    package, _ = seal_bytes(write_zip([APP]))
    lie = {"crc32": zlib.crc32(b"other")}
    bare = write_zip([APP, Member(SIGNATURE_NAME, BLOCK, DEFLATED, local=lie, central=lie)])
    for damaged in (package.replace(b"judged", b"juggled"[:6]), bare):
        with pytest.raises(IntegrityError) as caught:
            signature_of(damaged)
        assert caught.value.reason == "SignatureDamaged"


def test_a_layout_that_is_almost_the_signed_one_is_not_taken_for_it() -> None:
    package, _ = seal_bytes(write_zip([APP]))
    for begin in (package.index(SIGNATURE_NAME) - 30, package.rindex(SIGNATURE_NAME) - 46, len(package) - 22):
        end = begin + (22 if begin == len(package) - 22 else 67)
        for at in range(begin, end):
            changed = package[:at] + bytes([package[at] ^ 1]) + package[at + 1 :]
            assert find_tail(BytesSource(changed)) is None
