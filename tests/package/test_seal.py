"""The seal's encoding, and that a verifier who has it accepts one file and no other."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator

import pytest

from sealgate.errors import IntegrityError, SealgateError
from sealgate.package.layout import SIGNATURE_NAME, end_records
from sealgate.package.seal import ArchiveSeal, begin_measuring, encode_seal, parse_seal, verify_seal
from sealgate.package.signature_entry import read_signature
from sealgate.package.source import BytesSource
from sealgate.values import replace
from tests.support.archives import BLOCK, seal_bytes
from tests.support.zips import DEFLATED, Member, link, many, write_zip

SEAL = ArchiveSeal(entries=3, contents_length=300, contents_root=b"c" * 48, directory_root=b"d" * 48)
SMALL = [Member(b"app.py", b"print('hello')\n" * 4, DEFLATED), Member(b"lib/x", b"1")]


def judge(package: bytes, seal: ArchiveSeal) -> None:
    """Do what a verifier does with the seal at hand: find the block, and compare."""
    source = BytesSource(package)
    block = read_signature(source)
    assert block == BLOCK, "the block is another: a signature check would have told"
    verify_seal(source, seal, block)


def refused(package: bytes, seal: ArchiveSeal) -> bool:
    try:
        judge(package, seal)
    except (SealgateError, AssertionError):
        return True
    return False


@pytest.mark.parametrize("entries", [1, 127, 128, 65_535, (1 << 24) - 1])
@pytest.mark.parametrize("length", [0, 255, 256, 0x7FFF_FFFF, 0xFFFF_FFFE])
def test_what_is_encoded_is_parsed(entries: int, length: int) -> None:
    seal = replace(SEAL, entries=entries, contents_length=length)
    assert parse_seal(encode_seal(seal)) == seal


def test_the_encoding_is_der_as_documented() -> None:
    head = bytes.fromhex("3076 020101 0203100000 020103 0202012c 0430")
    assert encode_seal(SEAL) == head[:1] + bytes([len(head) + 96]) + head[2:] + b"c" * 48 + b"\x04\x30" + b"d" * 48


def test_openssl_reads_the_same_structure() -> None:
    shown = subprocess.run(
        ["openssl", "asn1parse", "-inform", "DER"], input=encode_seal(SEAL), capture_output=True, check=True
    ).stdout.decode()
    assert [line.rpartition(":")[2].strip() for line in shown.splitlines() if "INTEGER" in line] == [
        *("01", "100000", "03", "012C")
    ]


def bad_encodings() -> Iterator[tuple[str, bytes]]:
    der = encode_seal(SEAL)
    yield "nothing", b""
    yield "cut short", der[:-1]
    yield "followed by a byte", der + b"\0"
    yield "another tag", b"\x31" + der[1:]
    yield "a longer length", b"\x30\x81" + der[1:]
    yield "an integer with a leading zero", b"\x30" + bytes([der[1] + 1]) + b"\x02\x02\0\x01" + der[5:]
    yield "a negative number of entries", der.replace(b"\x02\x01\x03", b"\x02\x01\xff")
    yield "no entries", der.replace(b"\x02\x01\x03", b"\x02\x01\0")
    yield "an empty integer", b"\x30" + bytes([der[1] - 1]) + der[2:].replace(b"\x02\x01\x03", b"\x02\0")
    yield "a root of 47 bytes", b"\x30" + bytes([der[1] - 1]) + der[2:-50] + b"\x04\x2f" + b"d" * 47
    yield "one field less", b"\x30" + bytes([der[1] - 50]) + der[2:-50]
    yield "one field more", b"\x30" + bytes([der[1] + 2]) + der[2:] + b"\x05\0"
    yield "a huge integer", b"\x30\x7f\x02\x7d" + bytes(range(1, 126))


@pytest.mark.parametrize("der", [pytest.param(der, id=name) for name, der in bad_encodings()])
def test_other_encodings_are_refused(der: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_seal(der)


def test_no_bit_of_an_encoded_seal_can_change_without_another_meaning() -> None:
    der = encode_seal(SEAL)
    for bit in range(len(der) * 8):
        changed = bytearray(der)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            assert parse_seal(bytes(changed)) != SEAL
        except IntegrityError:
            continue


@pytest.mark.parametrize(("old", "new"), [(b"\x02\x01\x01", b"\x02\x01\x02"), (b"\x10\0\0", b"\x20\0\0")])
def test_an_unknown_version_or_chunk_size_is_refused_as_such(old: bytes, new: bytes) -> None:
    with pytest.raises(IntegrityError) as caught:
        parse_seal(encode_seal(SEAL).replace(old, new, 1))
    assert caught.value.reason == "SealUnknown"


@pytest.mark.parametrize(
    "members",
    [SMALL, [Member(b"META_INF/", mode=0o040755), *SMALL], [Member(b"a", bytes(3 << 20)), link(b"b", b"a")]],
    ids=["small", "with its own META_INF/", "several chunks"],
)
def test_a_sealed_package_is_accepted_with_and_without_an_early_measurement(members: list[Member]) -> None:
    package, prepared = seal_bytes(write_zip(members))
    judge(package, prepared.seal)
    source = BytesSource(package)
    verify_seal(source, prepared.seal, BLOCK, measured=begin_measuring(source))


@pytest.mark.parametrize("count", [65_532, 65_533, 65_534, 65_535, 65_536])
def test_sealed_packages_around_the_zip64_boundary_are_accepted(count: int) -> None:
    package, prepared = seal_bytes(many(count))
    assert prepared.seal.entries == count + 2
    assert (b"PK\6\6" in package[-98:]) == (count + 2 >= 65_535)
    judge(package, prepared.seal)


def test_no_bit_of_a_small_sealed_package_can_change() -> None:
    package, prepared = seal_bytes(write_zip(SMALL))
    changed = bytearray(package)
    accepted = []
    for bit in range(len(package) * 8):
        changed[bit // 8] ^= 1 << bit % 8
        if not refused(bytes(changed), prepared.seal):
            accepted.append(bit)
        changed[bit // 8] ^= 1 << bit % 8
    assert accepted == []


def test_no_byte_can_be_added_or_taken_away() -> None:
    package, prepared = seal_bytes(write_zip(SMALL))
    for at in range(len(package) + 1):
        assert refused(package[:at] + b"\0" + package[at:], prepared.seal)
        assert refused(package[:at] + package[at + 1 :], prepared.seal) or at == len(package)


def reason_of(package: bytes, seal: ArchiveSeal) -> str:
    with pytest.raises(IntegrityError) as caught:
        verify_seal(BytesSource(package), seal, BLOCK)
    return caught.value.reason


def test_each_part_of_the_file_has_its_own_reason() -> None:
    package, prepared = seal_bytes(write_zip(SMALL))
    seal = prepared.seal
    directory = package.index(b"PK\1\2")
    for at, reason in (
        (2, "ContentsAltered"),
        (seal.contents_length + 8, "SignatureEntryAltered"),
        (directory + 8, "DirectoryAltered"),
        (package.rindex(SIGNATURE_NAME) - 8, "EndRecordsAltered"),
        (len(package) - 12, "EndRecordsAltered"),
    ):
        changed = package[:at] + bytes([package[at] ^ 1]) + package[at + 1 :]
        assert reason_of(changed, seal) == reason
    assert reason_of(package[:300], seal) == "EndRecordsAltered"
    assert reason_of(b"", seal) == "EndRecordsAltered"


def test_the_number_of_entries_comes_from_the_seal_and_not_from_the_file() -> None:
    package, prepared = seal_bytes(write_zip(SMALL))
    counts = struct.pack("<2H", 9, 9)
    changed = package[:-14] + counts + package[-10:]
    assert reason_of(changed, prepared.seal) == "EndRecordsAltered"
    assert reason_of(changed, replace(prepared.seal, entries=10)) == "EndRecordsAltered"


def test_zip64_records_may_not_appear_or_vanish() -> None:
    package, prepared = seal_bytes(write_zip(SMALL))
    size, offset = struct.unpack("<2L", package[-10:-2])
    wide = package[:-22] + end_records(70_000, size, offset)[:-22] + package[-22:]
    assert refused(wide, prepared.seal)
    package, prepared = seal_bytes(many(65_534))
    assert refused(package[:-98] + package[-22:], prepared.seal)


def test_another_packages_seal_is_refused() -> None:
    package, _ = seal_bytes(write_zip(SMALL))
    _, other = seal_bytes(write_zip([Member(b"app.py", b"other")]))
    assert refused(package, other.seal)


def test_a_measurement_of_other_ranges_is_not_believed() -> None:
    package, prepared = seal_bytes(write_zip(SMALL))
    other, _ = seal_bytes(write_zip([Member(b"app.py", b"other")]))
    source = BytesSource(package)
    verify_seal(source, prepared.seal, BLOCK, measured=begin_measuring(BytesSource(other)))


def test_a_seal_for_a_place_beyond_the_file_is_refused() -> None:
    package, prepared = seal_bytes(write_zip(SMALL))
    for length in (0, 1, len(package), 0xFFFF_FFFE):
        assert refused(package, replace(prepared.seal, contents_length=length))
