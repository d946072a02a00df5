"""Any byte of a sealed package changed, and it is refused.

The claim of the whole project, tried three ways: every bit by itself; every count, length and offset altered in all its
copies at once; and everything that a forger's tool could do to the archive while keeping it well-formed.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from sealgate.errors import IntegrityError, PackageError
from sealgate.package.layout import SIGNATURE_NAME, signature_header, signature_record
from sealgate.package.source import BytesSource
from sealgate.policy.admission import AdmissionPolicy, Kind, Outcome, decide
from sealgate.trust.verify import verify_package
from tests.support.authority import ARN, NOW
from tests.support.dissect import Part, assemble, dissect, signature_of
from tests.support.sealed import new_authority, roots_of, shared_authority, sign_bytes, verify_bytes, zip_of

END_SIZE = 22
ZIP64_SIZE = 56
LOCATOR_SIZE = 20


@cache
def small() -> bytes:
    """The smallest package there is, signed."""
    return sign_bytes(zip_of({"a": b"x"}))[0]


@cache
def ordinary() -> bytes:
    """A package with several deflated entries, signed."""
    files = {"handler.py": b"def handler(): pass\n" * 9, "lib/one.py": b"ONE = 1\n" * 9, "lib/two.py": b"TWO = 2\n" * 9}
    return sign_bytes(zip_of(files, zipfile.ZIP_DEFLATED))[0]


@cache
def many() -> bytes:
    """A package with so many entries that it needs ZIP64 end records, signed."""
    count = 65_534
    name = b"%05x"
    header = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0x21, 0, 0, 0, 5, 0)
    sizes = (0, 0, 0, 5, 0, 0, 0, 0)
    record = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0x314, 20, 0, 0, 0, 0x21, *sizes, 0o100644 << 16, 0)
    locals_ = b"".join(header + name % index for index in range(count))
    size = len(header) + 5
    records = b"".join(record[:-4] + (index * size).to_bytes(4, "little") + name % index for index in range(count))
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(records), len(locals_), 0)
    return sign_bytes(locals_ + records + end)[0]


def reason_of(package: bytes) -> str:
    """Why a package is refused; an error that is not one of ours, or none, fails the test."""
    with pytest.raises((IntegrityError, PackageError)) as caught:
        verify_bytes(package)
    return caught.value.reason


def accepted(candidates: Iterator[bytes]) -> list[int]:
    """Which of many packages are accepted: by their numbers. Fast: no context manager for each."""
    roots, passed = roots_of(shared_authority()), []
    for number, candidate in enumerate(candidates):
        try:
            verify_package(BytesSource(candidate), roots=roots, at=NOW)
        except (IntegrityError, PackageError):
            continue
        passed.append(number)
    return passed


def flips(data: bytes) -> Iterator[bytes]:
    for position in range(len(data) * 8):
        changed = bytearray(data)
        changed[position >> 3] ^= 1 << (position & 7)
        yield bytes(changed)


def with_block(package: bytes, block: bytes) -> bytes:
    """Put another signature block into a package, with everything that depends on it."""
    others = dissect(package)[:-1]
    offset = sum(len(part.local) for part in others)
    local = signature_header(zlib.crc32(block), len(block)) + block
    return assemble([*others, Part(local=local, record=signature_record(zlib.crc32(block), len(block), offset))])


def test_the_packages_are_accepted_as_they_are() -> None:
    for package in (small(), ordinary(), many()):
        signature = verify_bytes(package).signature
        assert signature is not None
        assert signature.sealed


def test_putting_a_package_together_again_changes_nothing() -> None:
    for package in (small(), ordinary(), many()):
        assert assemble(dissect(package)) == package
        assert with_block(package, signature_of(dissect(package)).body) == package


def test_every_single_bit_counts() -> None:
    assert accepted(flips(small())) == []


def test_every_single_bit_of_the_signature_block_counts_even_if_its_checksum_is_put_right() -> None:
    block = signature_of(dissect(small())).body
    assert accepted(with_block(small(), changed) for changed in flips(block)) == []


def test_every_shorter_package_is_refused() -> None:
    package = small()
    assert accepted(package[:size] for size in range(len(package))) == []
    assert accepted(package[start:] for start in range(1, len(package))) == []


# Fields with all their copies: where in the local header, where in the central record, how many bytes.
FIELDS = {
    "version needed": (4, 6, 2),
    "flags": (6, 8, 2),
    "method": (8, 10, 2),
    "time": (10, 12, 2),
    "date": (12, 14, 2),
    "checksum": (14, 16, 4),
    "compressed size": (18, 20, 4),
    "size": (22, 24, 4),
    "name length": (26, 28, 2),
    "extra length": (28, 30, 2),
    "version made by": (None, 4, 2),
    "comment length": (None, 32, 2),
    "disk": (None, 34, 2),
    "internal attributes": (None, 36, 2),
    "external attributes": (None, 38, 4),
    "offset": (None, 42, 4),
}


def altered_values(value: int, size: int) -> set[int]:
    limit = 256**size - 1
    candidates = {value + 1, value - 1, value ^ 0x80, 0, 1, limit, value * 2}
    return {candidate for candidate in candidates if 0 <= candidate <= limit and candidate != value}


def altered_fields(package: bytes, field: str) -> Iterator[bytes]:
    local, record, size = FIELDS[field]
    parts = dissect(package)
    for index, part in enumerate(parts):
        value = int.from_bytes(part.record[record : record + size], "little")
        for altered in altered_values(value, size):
            changed = part.patched(local=local, record=record, value=altered.to_bytes(size, "little"))
            yield _joined(package, [*parts[:index], changed, *parts[index + 1 :]])


def _joined(package: bytes, parts: list[Part]) -> bytes:
    """Join parts as they are: offsets may lie."""
    body = b"".join(part.local for part in parts) + b"".join(part.record for part in parts)
    return body + package[len(body) :]


@pytest.mark.parametrize("field", FIELDS)
def test_a_header_field_altered_in_all_its_copies_is_refused(field: str) -> None:
    assert accepted(altered_fields(ordinary(), field)) == []


END_FIELDS = {
    "this disk": (4, 2),
    "directory's disk": (6, 2),
    "entries on this disk": (8, 2),
    "entries": (10, 2),
    "directory size": (12, 4),
    "directory offset": (16, 4),
    "comment length": (20, 2),
}
ZIP64_FIELDS = {
    "record size": (4, 8),
    "version made by": (12, 2),
    "version needed": (14, 2),
    "this disk": (16, 4),
    "directory's disk": (20, 4),
    "entries on this disk": (24, 8),
    "entries": (32, 8),
    "directory size": (40, 8),
    "directory offset": (48, 8),
    "locator's disk": (ZIP64_SIZE + 4, 4),
    "locator's offset": (ZIP64_SIZE + 8, 8),
    "locator's disks": (ZIP64_SIZE + 16, 4),
}


def altered_at(package: bytes, places: list[tuple[int, int]], most: int | None = None) -> Iterator[bytes]:
    """Alter a value at several places together, in at most so many ways."""
    position, size = places[0]
    value = int.from_bytes(package[position : position + size], "little")
    for altered in sorted(altered_values(value, min(size for _, size in places)))[:most]:
        changed = bytearray(package)
        for place, width in places:
            changed[place : place + width] = altered.to_bytes(width, "little")
        yield bytes(changed)


@pytest.mark.parametrize("field", END_FIELDS)
def test_a_field_of_the_end_record_altered_is_refused(field: str) -> None:
    package = ordinary()
    offset, size = END_FIELDS[field]
    assert accepted(altered_at(package, [(len(package) - END_SIZE + offset, size)])) == []


@pytest.mark.parametrize("field", ZIP64_FIELDS)
def test_a_field_of_the_zip64_records_altered_is_refused(field: str) -> None:
    package = many()
    offset, size = ZIP64_FIELDS[field]
    start = len(package) - END_SIZE - LOCATOR_SIZE - ZIP64_SIZE
    assert accepted(altered_at(package, [(start + offset, size)], most=2)) == []


def test_the_number_of_entries_altered_in_all_its_copies_is_refused() -> None:
    package = ordinary()
    end = len(package) - END_SIZE
    assert accepted(altered_at(package, [(end + 8, 2), (end + 10, 2)])) == []


@pytest.mark.parametrize(("zip64", "classic"), [((24, 32), ()), ((40,), (12,)), ((48,), (16,))])
def test_a_zip64_value_altered_in_all_its_copies_is_refused(zip64: tuple[int, ...], classic: tuple[int, ...]) -> None:
    package = many()
    end = len(package) - END_SIZE
    start = end - LOCATOR_SIZE - ZIP64_SIZE
    places = [*((start + offset, 8) for offset in zip64), *((end + offset, 4) for offset in classic)]
    assert accepted(altered_at(package, places, most=2)) == []


def test_zip64_records_where_none_belong_are_refused() -> None:
    package = ordinary()
    end = package[-END_SIZE:]
    count, size, offset = struct.unpack_from("<HII", end, 10)
    zip64 = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<IIQI", 0x07064B50, 0, offset + size, 1)
    assert reason_of(package[:-END_SIZE] + zip64 + locator + end) == "EndRecordsAltered"


def test_classic_end_records_where_zip64_ones_belong_are_refused() -> None:
    package = many()
    assert reason_of(package[: -END_SIZE - LOCATOR_SIZE - ZIP64_SIZE] + package[-END_SIZE:]) == "PackageError"


# What a forger's tool could do, every file it makes being a well-formed archive.


def deflated(body: bytes, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -15)
    return compressor.compress(body) + compressor.flush()


def recompressed(part: Part) -> Part:
    body = zlib.decompress(part.body, -15)
    data = deflated(body, 0)
    head = part.local[: len(part.local) - len(part.body)]
    return replace(part, local=head + data).patched(local=18, record=20, value=len(data).to_bytes(4, "little"))


def stored(part: Part) -> Part:
    body = zlib.decompress(part.body, -15)
    head = part.local[: len(part.local) - len(part.body)]
    sized = replace(part, local=head + body).patched(local=18, record=20, value=len(body).to_bytes(4, "little"))
    return sized.patched(local=8, record=10, value=b"\0\0")


def retimed(part: Part) -> Part:
    return part.patched(local=10, record=12, value=b"\x01\x02")


def with_execute_bit(part: Part) -> Part:
    mode = int.from_bytes(part.record[38:42], "little") | 0o111 << 16
    return part.patched(local=None, record=38, value=mode.to_bytes(4, "little"))


def renamed(part: Part) -> Part:
    name = part.name[::-1]
    local = part.local[:30] + name + part.local[30 + len(name) :]
    return Part(local=local, record=part.record[:46] + name + part.record[46 + len(name) :])


def with_body(part: Part) -> Part:
    body = deflated(b"import os; os.system('id')\n", 9)
    head = part.local[: len(part.local) - len(part.body)]
    checksum = zlib.crc32(b"import os; os.system('id')\n").to_bytes(4, "little")
    sized = replace(part, local=head + body).patched(local=14, record=16, value=checksum)
    sized = sized.patched(local=18, record=20, value=len(body).to_bytes(4, "little"))
    return sized.patched(local=22, record=24, value=(27).to_bytes(4, "little"))


def with_extra(part: Part) -> Part:
    extra = b"UT\x05\x00\x01\x00\x00\x00\x00"
    local = part.patched(local=28, record=30, value=len(extra).to_bytes(2, "little"))
    cut = 30 + len(part.name)
    return Part(
        local=local.local[:cut] + extra + local.local[cut:],
        record=local.record + extra,
    )


def new_part(name: bytes) -> Part:
    entry = dissect(zip_of({name.decode(): b"evil"}))[0]
    assert entry.name == name
    return entry


Forge = Callable[[list[Part]], list[Part]]

FORGERIES: dict[str, tuple[Forge, str]] = {
    "an entry recompressed": (lambda parts: [recompressed(parts[0]), *parts[1:]], "SignatureEntryAltered"),
    "an entry stored instead of deflated": (lambda parts: [stored(parts[0]), *parts[1:]], "SignatureEntryAltered"),
    "an entry re-timed": (lambda parts: [parts[0], retimed(parts[1]), *parts[2:]], "ContentsAltered"),
    "a mode bit set": (lambda parts: [with_execute_bit(parts[0]), *parts[1:]], "DirectoryAltered"),
    "an entry renamed": (lambda parts: [renamed(parts[0]), *parts[1:]], "ContentsAltered"),
    "a body replaced": (lambda parts: [with_body(parts[0]), *parts[1:]], "SignatureEntryAltered"),
    "an extra field added": (lambda parts: [with_extra(parts[0]), *parts[1:]], "SignatureEntryAltered"),
    "entries in another order": (lambda parts: [parts[1], parts[0], *parts[2:]], "ContentsAltered"),
    "an entry added before all": (lambda parts: [new_part(b"new.py"), *parts], "SignatureEntryAltered"),
    "an entry added before the signature": (
        lambda parts: [*parts[:-1], new_part(b"new.py"), parts[-1]],
        "SignatureEntryAltered",
    ),
    "an entry added after the signature": (lambda parts: [*parts, new_part(b"new.py")], "EndRecordsAltered"),
    "an entry twice": (lambda parts: [parts[0], *parts], "SignatureEntryAltered"),
    "an entry removed": (lambda parts: parts[1:], "SignatureEntryAltered"),
    "the directory META_INF/ removed": (lambda parts: [*parts[:-2], parts[-1]], "SignatureEntryAltered"),
    "the signature first": (lambda parts: [parts[-1], *parts[:-1]], "SignatureEntryAltered"),
    "the signature twice": (lambda parts: [*parts, parts[-1]], "EndRecordsAltered"),
    "nothing but the signature": (lambda parts: [parts[-1]], "EndRecordsAltered"),
    "the signature deflated": (lambda parts: [*parts[:-1], compressed(parts[-1])], "EndRecordsAltered"),
}


def compressed(signature: Part) -> Part:
    data = deflated(signature.body, 9)
    head = signature.local[: len(signature.local) - len(signature.body)]
    sized = replace(signature, local=head + data).patched(local=18, record=20, value=len(data).to_bytes(4, "little"))
    return sized.patched(local=8, record=10, value=b"\x08\0")


@pytest.mark.parametrize("what", FORGERIES)
def test_a_well_formed_forgery_is_refused(what: str) -> None:
    forge, reason = FORGERIES[what]
    assert reason_of(assemble(forge(dissect(ordinary())))) == reason


def test_a_longer_package_is_refused() -> None:
    for tail in (b"\0", b"\n", ordinary()[-END_SIZE:], ordinary()):
        assert reason_of(ordinary() + tail) == "PackageError"


def test_a_package_with_something_before_it_is_refused() -> None:
    for head in (b"\0", b"#!/bin/sh\n", ordinary()):
        assert reason_of(head + ordinary()) == "PackageError"


def test_an_archive_comment_is_refused() -> None:
    package = ordinary()[:-2] + b"\x05\0" + b"hello"
    assert reason_of(package) in {"PackageError", "EndRecordsAltered"}


def test_without_its_signature_a_package_is_unsigned_and_refused_as_that() -> None:
    stripped = assemble(part for part in dissect(ordinary()) if part.name != SIGNATURE_NAME)
    bare = assemble(dissect(ordinary())[:-2])
    policy = AdmissionPolicy(mode="Enforce", publishers=frozenset({ARN}))
    for package in (stripped, bare):
        decision = decide(verify_bytes(package), policy=policy, revocation=None, now=NOW)
        assert (decision.outcome, decision.kind) == (Outcome.DENY, Kind.MISMATCH)


def test_another_packages_signature_is_refused() -> None:
    other = sign_bytes(zip_of({"handler.py": b"def handler(): pass\n"}))[0]
    assert reason_of(with_block(ordinary(), signature_of(dissect(other)).body)) == "SignatureEntryAltered"


def test_the_signature_of_a_package_with_the_same_layout_is_refused() -> None:
    good, evil = (sign_bytes(zip_of({"flag": body}))[0] for body in (b"deny ", b"allow"))
    assert reason_of(with_block(evil, signature_of(dissect(good)).body)) == "ContentsAltered"


def test_another_signature_of_the_same_package_is_as_good() -> None:
    again = sign_bytes(
        assemble(dissect(ordinary())[:-2]), job_arn="arn:aws:signer:us-east-1:000000000000:/signing-jobs/2"
    )
    signature = verify_bytes(with_block(ordinary(), again[1].block)).signature
    assert signature is not None
    assert signature.job_arn.endswith("/2")


def test_a_strangers_signature_is_refused() -> None:
    stranger = sign_bytes(assemble(dissect(ordinary())[:-2]), new_authority())[0]
    assert reason_of(stranger) == "UntrustedSigner"
