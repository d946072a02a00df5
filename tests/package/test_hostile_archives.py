"""Archives that two readers read differently, each refused. The numbers are those of the attack archives in the
survey that the strict profile comes from; the CVEs are where such a difference was a hole."""

from __future__ import annotations

import struct
import zlib

import pytest

from sealgate.errors import PackageError
from sealgate.package.archive import (
    AWS_FORMAT,
    DEPLOYABLE,
    SIGNATURE_NAME,
    SIGNING,
    AlreadySigned,
    EmptyPackage,
    PackageTooLarge,
    Rules,
    parse_archive,
)
from sealgate.package.source import BytesSource
from tests.support.archives import read, refused
from tests.support.zips import (
    DEFLATED,
    DESCRIPTOR,
    Member,
    deflate,
    descriptor,
    extra_field,
    folder,
    link,
    many,
    unicode_name,
    write_zip,
)

GOOD, EVIL = Member(b"handler.py", b"GOOD"), Member(b"handler.py", b"EVIL")
EVERY_RULE_SET = pytest.mark.parametrize("rules", [SIGNING, AWS_FORMAT, DEPLOYABLE])


def directory_of(package: bytes) -> tuple[int, int]:
    """Offset and size of the central directory of an archive without comment."""
    size, offset = struct.unpack("<2L", package[-10:-2])
    return offset, size


@EVERY_RULE_SET
def test_84_the_stated_offset_leads_to_another_directory_than_the_position_of_the_end_record(rules: Rules) -> None:
    evil = write_zip([EVIL])
    good = write_zip([GOOD], prefix=evil)
    offset, size = directory_of(evil)
    refused(good[:-10] + struct.pack("<2L", size, offset) + good[-2:], "does not reach up to the end records", rules)


@EVERY_RULE_SET
def test_84b_a_directory_before_the_adjacent_one(rules: Rules) -> None:
    package = write_zip([GOOD])
    offset, size = directory_of(package)
    evil = package[offset : offset + size]
    refused(write_zip([GOOD], before_directory=evil), "bytes between the last entry and the central directory", rules)
    lie = write_zip([GOOD], before_directory=evil, end={"offset": offset})
    refused(lie, "does not reach up to the end records", rules)


@EVERY_RULE_SET
def test_85_the_zip64_locator_points_past_the_adjacent_record_cve_2025_8291(rules: Rules) -> None:
    refused(write_zip([GOOD], zip64=True, locator={"offset": 4}), "locator does not point to the record", rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("disks", [0, 2])
def test_85_the_zip64_locator_tells_of_other_disks(disks: int, rules: Rules) -> None:
    refused(write_zip([GOOD], zip64=True, locator={"disks": disks}), "locator does not point to the record", rules)


@EVERY_RULE_SET
def test_86_unicode_names_swap_two_files(rules: Rules) -> None:
    old = Member(b"old.py", b"EVIL", extra=unicode_name(b"handler.py", b"old.py"))
    new = Member(b"handler.py", b"GOOD", extra=unicode_name(b"old.py", b"handler.py"))
    refused(write_zip([old, new]), "0x7075 gives the entry another name", rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("local_extra", [None, b""], ids=["41 in both headers", "42 in the directory only"])
def test_41_42_a_unicode_name_renames_a_file(local_extra: bytes | None, rules: Rules) -> None:
    extra = unicode_name(b"evil.py", b"handler.py")
    member = Member(b"handler.py", b"GOOD", extra=extra, local_extra=local_extra)
    refused(write_zip([member]), "0x7075 gives the entry another name", rules)


@EVERY_RULE_SET
def test_a_unicode_name_in_the_local_header_only(rules: Rules) -> None:
    member = Member(b"handler.py", local_extra=unicode_name(b"evil.py", b"handler.py"))
    refused(write_zip([member]), "0x7075 gives the entry another name", rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("name", [b"handler.pz", b"handler.pyc", b"handler.p"])
def test_01_88_the_local_header_has_another_name_cve_2013_4787(name: bytes, rules: Rules) -> None:
    refused(write_zip([Member(b"handler.py", b"GOOD", local={"name": name})]), "another name", rules)


@EVERY_RULE_SET
def test_03_89_a_local_record_that_the_directory_does_not_list(rules: Rules) -> None:
    package = write_zip([EVIL])
    hidden = package[: directory_of(package)[0]]
    refused(write_zip([GOOD], before_directory=hidden), "bytes between the last entry", rules)


@EVERY_RULE_SET
def test_02_04_a_local_record_hidden_between_two_others(rules: Rules) -> None:
    package = write_zip([EVIL])
    hidden = package[: directory_of(package)[0]]
    refused(write_zip([GOOD, Member(b"b", gap=hidden)]), "right behind the entry before it", rules)
    refused(write_zip([Member(b"b", gap=hidden)]), "right behind the entry before it", rules)


@EVERY_RULE_SET
def test_65_one_archive_behind_another(rules: Rules) -> None:
    refused(write_zip([EVIL]) + write_zip([GOOD]), "does not reach up to the end records", rules)
    refused(write_zip([GOOD], prefix=write_zip([EVIL])), "right behind the entry before it", rules)


@EVERY_RULE_SET
def test_60_a_program_before_the_archive_cve_2017_13156(rules: Rules) -> None:
    refused(write_zip([GOOD], prefix=b"dex\n035\0"), "right behind the entry before it", rules)
    refused(b"dex\n035\0" + write_zip([GOOD]), "does not reach up to the end records", rules)


def test_67_an_end_record_in_the_comment() -> None:
    good, evil = write_zip([GOOD]), write_zip([EVIL])
    refused(good[:-2] + struct.pack("<H", 22) + evil[-22:], "does not reach up to the end records", DEPLOYABLE)
    refused(write_zip([GOOD], comment=evil[-22:] + b"."), "bytes follow the archive's end record", DEPLOYABLE)
    inner = write_zip([EVIL], comment=b".")[-23:]
    refused(write_zip([GOOD], comment=inner), "more than one end record", DEPLOYABLE)


@EVERY_RULE_SET
@pytest.mark.parametrize("field", ["count", "entries", "size", "offset"])
def test_70_zip64_and_classic_end_record_disagree(field: str, rules: Rules) -> None:
    package = write_zip([GOOD], zip64=True, end={"entries": 0, "count": 0} if field == "entries" else {field: 0})
    with pytest.raises(PackageError, match=r"disagree|several"):
        parse_archive(BytesSource(package), rules=rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("delta", [-1, 1])
@pytest.mark.parametrize("field", ["size", "offset"])
def test_78_offset_and_size_do_not_meet_the_end_record(field: str, delta: int, rules: Rules) -> None:
    offset, size = directory_of(write_zip([GOOD]))
    lie = {"size": size + delta} if field == "size" else {"offset": offset + delta}
    refused(write_zip([GOOD], end=lie), "does not reach up to the end records", rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("field", ["size", "packed", "crc32"])
def test_20_the_local_sizes_lie(field: str, rules: Rules) -> None:
    refused(write_zip([Member(b"handler.py", b"GOOD", local={field: 9})]), "another size or checksum", rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("field", ["flags", "method", "time", "date", "needed"])
def test_the_local_header_disagrees_in_another_field(field: str, rules: Rules) -> None:
    value = {"flags": 2, "method": 8, "needed": 46}.get(field, 1)
    refused(write_zip([Member(b"handler.py", b"GOOD", local={field: value})]), "local header", rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("between", [[], [Member(b"other")]])
def test_05_06_a_name_occurs_twice_cve_2013_4787(between: list[Member], rules: Rules) -> None:
    error = refused(write_zip([GOOD, *between, EVIL]), "the name occurs twice", rules)
    assert error.entry == "handler.py"


@EVERY_RULE_SET
def test_24_26_the_directory_is_shorter_than_its_records(rules: Rules) -> None:
    package = write_zip([GOOD, Member(b"b")])
    _, size = directory_of(package)
    refused(package[:-10] + struct.pack("<L", size - 47) + package[-6:], "does not reach up", rules)
    refused(write_zip([GOOD], end={"size": 4, "offset": directory_of(write_zip([GOOD]))[0] + 52}), "fewer", rules)


@EVERY_RULE_SET
def test_73_a_directory_record_beyond_the_stated_number(rules: Rules) -> None:
    package = write_zip([GOOD, Member(b"b")], end={"count": 1, "entries": 1})
    refused(package, "more records than the end record says", rules)


@EVERY_RULE_SET
def test_fewer_directory_records_than_stated(rules: Rules) -> None:
    refused(write_zip([GOOD], end={"count": 2, "entries": 2}), "fewer entries", rules)
    long = Member(b"x" * 200)
    refused(write_zip([long], end={"count": 2, "entries": 2}), "cut short", rules)


@EVERY_RULE_SET
def test_30_encrypted_in_the_local_header_only(rules: Rules) -> None:
    refused(write_zip([Member(b"a", b"b", local={"flags": 1})]), "other flags", rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("bit", [0, 4, 5, 6, 7, 12, 13, 15])
def test_flags_of_encryption_and_the_like_are_refused(bit: int, rules: Rules) -> None:
    refused(write_zip([Member(b"a", flags=1 << bit)]), "flags that are not allowed", rules)


@EVERY_RULE_SET
def test_80_two_directory_records_for_one_local_header(rules: Rules) -> None:
    second = Member(b"evil.py", b"GOOD", central={"offset": 0})
    refused(write_zip([GOOD, second]), "right behind the entry before it", rules)


@EVERY_RULE_SET
def test_82_overlapping_bombs_cve_2024_0450(rules: Rules) -> None:
    kernel = deflate(bytes(1 << 20), 9)
    lie: dict[str, int | bytes] = {"size": 1 << 20, "packed": len(kernel), "crc32": zlib.crc32(bytes(1 << 20))}
    giant = Member(b"b", b"", DEFLATED, data=kernel, local=lie, central=lie)
    quote = Member(b"a", b"", DEFLATED, central={"packed": 31 + 2 + 31 + len(kernel)}, data=deflate(b""))
    refused(write_zip([quote, giant]), "local header", rules)
    whole: dict[str, int | bytes] = {"packed": 2 + 31 + len(kernel)}
    quote = Member(b"a", b"", DEFLATED, central=whole, local=whole, data=deflate(b""))
    refused(write_zip([quote, giant]), "right behind the entry before it", rules)


@EVERY_RULE_SET
@pytest.mark.parametrize(("stated", "rule"), [(10, "more than the stated size"), (1 << 20, "what size and checksum")])
def test_83_data_that_expands_to_more_than_stated(stated: int, rule: str, rules: Rules) -> None:
    bomb = deflate(bytes(4 << 20), 9)
    error = refused(write_zip([Member(b"bomb", bytes(stated), DEFLATED, data=bomb)]), rule, rules)
    assert error.entry == "bomb"


@EVERY_RULE_SET
@pytest.mark.parametrize("name", [b"../evil.py", b"a/../../evil.py", b"/etc/passwd", b"C:evil.py", b"c:/evil"])
def test_100_names_that_leave_the_package(name: bytes, rules: Rules) -> None:
    with pytest.raises(PackageError, match=r"'\.\.'|absolute"):
        read(write_zip([Member(name)]), rules)


@EVERY_RULE_SET
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        (b"..\\evil.py", "backslash"),
        (b"handler.py\0.txt", "NUL"),
        (b"", "empty"),
        (b"x" * 256, "longer"),
        (b"/".join([b"x" * 200] * 21), "longer"),
        (b"\xe9.py", "not UTF-8"),
        (b"a/\xed\xa0\x80", "not UTF-8"),
    ],
)
def test_104_names_that_readers_take_differently(name: bytes, rule: str, rules: Rules) -> None:
    refused(write_zip([Member(name)]), rule, rules)


@pytest.mark.parametrize("rules", [SIGNING, AWS_FORMAT])
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("line\nbreak", "a control character"),
        ("\x7f", "a control character"),
        ("a\u200bb", "an invisible formatting character"),
        ("\u202egnp.py", "an invisible formatting character"),
        ("a\u2028b", "a line separator"),
        ("\u0378", "an unassigned character"),
        ("e\u0301", "normal form NFC"),
        ("dot.", "ends with a dot or a space"),
        ("space /x", "ends with a dot or a space"),
        ("./app.py", "begins with './'"),
        ("a/./b", "an empty part"),
        ("a//b", "an empty part"),
        ("CON", "is a device on Windows"),
        ("lib/aux.py", "is a device on Windows"),
        ("com1.tar.gz", "is a device on Windows"),
    ],
)
def test_110_names_that_are_not_plain(name: str, rule: str, rules: Rules) -> None:
    refused(write_zip([Member(name.encode())]), rule, rules)


@pytest.mark.parametrize("rules", [SIGNING, AWS_FORMAT])
def test_names_beyond_ascii_must_be_marked(rules: Rules) -> None:
    refused(write_zip([Member("é".encode(), flags=0)]), "not marked as UTF-8", rules)


@pytest.mark.parametrize("rules", [SIGNING, AWS_FORMAT])
@pytest.mark.parametrize(
    ("first", "second"),
    [("a.py", "A.py"), ("straße", "STRASSE"), ("é", "É"), ("ﬁle", "file"), ("lib/x", "LIB/x"), ("d/", "D/")],
)
def test_names_that_differ_in_case_or_form_only(first: str, second: str, rules: Rules) -> None:
    refused(write_zip([_either(first), Member(b"between/x"), _either(second)]), "the name occurs twice", rules)


@EVERY_RULE_SET
@pytest.mark.parametrize(
    "names", [["a", "a/b"], ["a/b", "a"], ["a/b/c", "a"], ["a", "a/b/c"], ["a/", "a"], ["a", "a/"], ["a", "x", "a/b"]]
)
def test_a_file_used_as_a_directory(names: list[str], rules: Rules) -> None:
    refused(write_zip([_either(name) for name in names]), "director", rules)


def test_names_that_mean_the_same_file_are_refused_even_where_conventions_do_not_matter() -> None:
    refused(write_zip([Member(b"./a"), Member(b"a")]), "the name occurs twice", DEPLOYABLE)
    refused(write_zip([Member(b"x//a"), Member(b"x/./a")]), "the name occurs twice", DEPLOYABLE)


def _either(name: str) -> Member:
    return folder(name.encode()) if name.endswith("/") else Member(name.encode())


@pytest.mark.parametrize("rules", [SIGNING, AWS_FORMAT])
@pytest.mark.parametrize(
    "name",
    [
        "META_INF",
        "meta_inf/",
        "Meta_Inf/x",
        "META_INF/AWS_SIGNER_SIGNATURE_V1.0.SF",
        "META_INF/aws_signer_signature_v1.0.SF/",
        "META_INF/aws_signer_signature_v1.0.SF/x",
        "META_INF/aws_signer_signature_v1.0.\uff33F",
        "\uff2dETA_INF/x",
    ],
)
def test_names_that_could_be_taken_for_the_signature_are_reserved(name: str, rules: Rules) -> None:
    refused(write_zip([_either(name)]), "reserved", rules)


def test_a_plain_meta_directory_and_other_files_in_it_are_kept() -> None:
    archive = read(write_zip([folder(b"META_INF/"), Member(b"META_INF/other")]))
    assert archive.has_meta_directory


def test_a_signed_package_is_not_signed_again() -> None:
    with pytest.raises(AlreadySigned):
        read(write_zip([GOOD, Member(SIGNATURE_NAME, b"x")]))


@pytest.mark.parametrize("rules", [AWS_FORMAT, DEPLOYABLE])
def test_one_signature_is_found_and_two_are_refused(rules: Rules) -> None:
    signature = Member(SIGNATURE_NAME, b"x")
    archive = read(write_zip([signature, GOOD]), rules)
    assert archive.signature is not None
    assert (archive.signature.data_offset, archive.total_size) == (67, 4)
    refused(write_zip([signature, GOOD, signature]), "the name occurs twice", rules)


@pytest.mark.parametrize("rules", [AWS_FORMAT, DEPLOYABLE])
def test_a_signature_is_a_file_of_sane_size(rules: Rules) -> None:
    huge = Member(SIGNATURE_NAME, bytes((1 << 20) + 1), DEFLATED)
    refused(write_zip([huge]), "has more than", rules)
    refused(write_zip([link(SIGNATURE_NAME, b"x")]), "symbolic link", rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("package", [b"", write_zip([])], ids=["no bytes", "no entries"])
def test_an_empty_package_is_told_from_a_broken_one(package: bytes, rules: Rules) -> None:
    with pytest.raises(EmptyPackage):
        read(package, rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("package", [b"PK", b"not a zip archive at all, but long enough", b"PK\5\6", bytes(100)])
def test_what_is_no_archive_is_refused(package: bytes, rules: Rules) -> None:
    refused(package, "not a ZIP archive", rules)


@EVERY_RULE_SET
def test_an_archive_cut_short_or_extended_is_refused_at_every_length(rules: Rules) -> None:
    package = write_zip([GOOD, Member(b"b", b"body" * 9, DEFLATED)])
    for length in range(len(package)):
        with pytest.raises(PackageError):
            read(package[:length], rules)
    refused(package + b"\0", "bytes follow the archive's end record", rules)


def test_comments_are_refused_in_what_is_signed() -> None:
    refused(write_zip([GOOD], comment=b"c"), "the archive has a comment")
    refused(write_zip([Member(b"a", comment=b"c")]), "the entry has a comment")


@EVERY_RULE_SET
@pytest.mark.parametrize("field", ["disk", "start_disk", "count"])
def test_split_archives_are_refused(field: str, rules: Rules) -> None:
    refused(write_zip([GOOD], end={field: 3}), "one part of several", rules)
    refused(write_zip([Member(b"a", central={"disk": 1})]), "split archive", rules)
    with pytest.raises(PackageError):
        read(write_zip([GOOD], zip64=True, zip64_end={field: 3}), rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("lie", [{"mark": b"PK\6\0"}, {"length": 45}, {"entries": 2, "count": 2}, {"size": 9}])
def test_malformed_zip64_end_records_are_refused(lie: dict[str, int | bytes], rules: Rules) -> None:
    with pytest.raises(PackageError):
        read(write_zip([GOOD], zip64=True, zip64_end=lie), rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("method", [1, 9, 12, 14, 93, 99])
def test_other_methods_are_refused(method: int, rules: Rules) -> None:
    refused(write_zip([Member(b"a", method=method)]), f"compression method {method} is not allowed", rules)


@EVERY_RULE_SET
def test_newer_versions_are_refused(rules: Rules) -> None:
    refused(write_zip([Member(b"a", central={"needed": 51})]), "newer ZIP version", rules)


def test_unknown_extra_fields_are_refused_in_what_is_signed() -> None:
    refused(write_zip([Member(b"a", extra=extra_field(0x9999, b""))]), "0x9999 is not allowed")


@EVERY_RULE_SET
@pytest.mark.parametrize("extra", [b"x", b"\x55\x54\x05", extra_field(0x5455, b"1234")[:-1], b"UT\xff\xffx"])
def test_malformed_extra_fields_are_refused(extra: bytes, rules: Rules) -> None:
    refused(write_zip([Member(b"a", extra=extra)]), "malformed", rules)
    refused(write_zip([Member(b"a", local_extra=extra)]), "malformed", rules)


def test_extra_fields_without_number_are_refused() -> None:
    few, many_fields = (b"".join(extra_field(0x1000 + kind, b"") for kind in range(count)) for count in (32, 33))
    read(write_zip([Member(b"a", extra=few)]), DEPLOYABLE)
    refused(write_zip([Member(b"a", extra=many_fields)]), "more than 32 extra fields", DEPLOYABLE)
    refused(write_zip([Member(b"a", local_extra=many_fields)]), "more than 32 extra fields", DEPLOYABLE)


@EVERY_RULE_SET
def test_an_extra_field_twice_is_refused(rules: Rules) -> None:
    refused(write_zip([Member(b"a", extra=extra_field(0x5455, b"") * 2)]), "occurs twice", rules)


@EVERY_RULE_SET
def test_zip64_fields_that_nothing_refers_to_are_refused(rules: Rules) -> None:
    sizes = extra_field(1, struct.pack("<2Q", 3, 3))
    refused(write_zip([Member(b"a", b"abc", extra=sizes)]), "the ZIP64 field does not have", rules)
    refused(write_zip([Member(b"a", b"abc", local_extra=sizes)]), "the ZIP64 field does not have", rules)
    refused(write_zip([Member(b"a", b"abc", central={"size": 0xFFFFFFFF})]), "ZIP64 field that is not there", rules)
    lies = {"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF}
    other = extra_field(1, struct.pack("<2Q", 4, 3))
    refused(write_zip([Member(b"a", b"abc", local_extra=other, local=lies)]), "another size", rules)
    huge = extra_field(1, struct.pack("<2Q", 1 << 63, 1 << 63))
    with pytest.raises(PackageError):
        read(write_zip([Member(b"a", b"abc", extra=huge, local=lies, central=lies)]), rules)


@EVERY_RULE_SET
def test_descriptors_that_lie_or_are_missing_are_refused(rules: Rules) -> None:
    good = descriptor(Member(b"a", b"abc"))
    for record in (b"", good.descriptor[:-1], b"PK\x07\x08" + bytes(12), good.descriptor[4:-4] + bytes(4)):
        member = Member(b"a", b"abc", flags=DESCRIPTOR, descriptor=record, local=good.local)
        refused(write_zip([member]), "data descriptor", rules)
    with pytest.raises(PackageError):  # a descriptor that no flag announces is a gap
        read(write_zip([Member(b"a", b"abc", descriptor=good.descriptor)]), rules)


@EVERY_RULE_SET
@pytest.mark.parametrize(
    ("member", "rule"),
    [
        (Member(b"a/", mode=0o100644), "the mode is not"),
        (Member(b"a", mode=0o040755), "the name is not"),
        (Member(b"a", central={"attributes": 0x10}), "the name is not"),
        (Member(b"a", central={"attributes": 0x08}), "volume label"),
        (Member(b"a", mode=0o020644), "neither a file"),
        (Member(b"a", mode=0o010644), "neither a file"),
        (Member(b"a/", b"body", mode=0), "has a body"),
    ],
)
def test_94_96_entries_that_are_not_what_their_names_say(member: Member, rule: str, rules: Rules) -> None:
    refused(write_zip([member]), rule, rules)


@pytest.mark.parametrize("rules", [SIGNING, AWS_FORMAT])
@pytest.mark.parametrize("mode", [0o104755, 0o102755, 0o101644])
def test_special_modes_are_refused_in_what_is_signed(mode: int, rules: Rules) -> None:
    refused(write_zip([Member(b"a", mode=mode)]), "setuid, setgid or sticky", rules)


def test_95_links_are_refused_where_the_signature_does_not_cover_modes() -> None:
    refused(write_zip([Member(b"b"), link(b"a", b"b")]), "bare format does not cover", AWS_FORMAT)


@pytest.mark.parametrize("rules", [SIGNING, DEPLOYABLE])
def test_a_link_on_a_system_that_has_none_is_refused(rules: Rules) -> None:
    lie = Member(b"a", b"b", central={"made_by": 20, "attributes": 0o120777 << 16})
    refused(write_zip([lie]), "a symbolic link to some readers", rules)


@pytest.mark.parametrize("rules", [SIGNING, DEPLOYABLE])
@pytest.mark.parametrize("target", [b"b", b"../b", b"sub/x/b", b"../x/link", b"./b", b".."])
def test_links_inside_the_package_are_accepted(target: bytes, rules: Rules) -> None:
    assert len(read(write_zip([Member(b"b"), link(b"x/link", target)]), rules).entries) == 2


@pytest.mark.parametrize("rules", [SIGNING, DEPLOYABLE])
@pytest.mark.parametrize(
    ("target", "rule"),
    [
        (b"/etc/passwd", "absolute"),
        (b"../../b", "outside the package"),
        (b"x/../../b", "'..' after another name"),
        (b"", "no path"),
        (b"a\0b", "no path"),
        (b"a\\b", "no path"),
        (b"x" * 4097, "at most 4096"),
    ],
)
def test_links_out_of_the_package_are_refused(target: bytes, rule: str, rules: Rules) -> None:
    error = refused(write_zip([link(b"x/link", target)]), rule, rules)
    assert error.entry == "x/link"


@pytest.mark.parametrize("name", [b"././link", b"x//link", b"x/./link"])
def test_a_link_is_no_deeper_than_its_path(name: bytes) -> None:
    """Parts that mean nothing are allowed in what is deployed unsigned; a target must not climb by them."""
    refused(write_zip([link(name, b"../../b")]), "outside the package", DEPLOYABLE)


@pytest.mark.parametrize("rules", [SIGNING, DEPLOYABLE])
def test_nothing_lies_below_a_link(rules: Rules) -> None:
    refused(write_zip([link(b"x", b"tmp"), Member(b"x/evil")]), "a file is used as a directory", rules)
    refused(write_zip([Member(b"x/evil"), link(b"x", b"tmp")]), "a file and of a directory", rules)


@EVERY_RULE_SET
@pytest.mark.parametrize("method", [0, DEFLATED])
def test_a_wrong_checksum_is_refused(method: int, rules: Rules) -> None:
    lie = {"crc32": zlib.crc32(b"other")}
    member = Member(b"a", b"body", method, local=lie, central=lie)
    error = refused(write_zip([member]), "checksum", rules)
    assert error.entry == "a"


def both(**lie: int) -> dict[str, dict[str, int]]:
    return {"local": lie, "central": lie}


def test_stored_entries_have_one_size() -> None:
    refused(write_zip([Member(b"a", b"body", **both(size=3))]), "stored and has two sizes")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "size", "rule"),
    [
        (b"body", 3, "more than the stated size"),
        (b"body", 5, "less than the stated size"),
        (b"body" * 50, 199, "not what size and checksum say"),
        (b"body" * 50, 201, "not what size and checksum say"),
    ],
)
def test_a_wrong_size_of_deflated_data_is_refused(body: bytes, size: int, rule: str) -> None:
    member = Member(b"a", body, DEFLATED, **both(size=size))  # type: ignore[arg-type]  # two of its fields
    refused(write_zip([member]), rule)


def test_a_size_that_no_data_can_expand_to_is_refused_before_anything_is_expanded() -> None:
    member = Member(b"a", b"x", DEFLATED, **both(size=200 << 20))  # type: ignore[arg-type]
    with pytest.raises(PackageError, match="cannot expand to"):
        read(write_zip([member]))


def test_all_entries_together_are_limited() -> None:
    members = [
        Member(b"%d" % index, b"", DEFLATED, data=bytes(1 << 17), **both(size=131_072_001))  # type: ignore[arg-type]
        for index in range(2)
    ]
    with pytest.raises(PackageTooLarge, match="262144000"):
        read(write_zip(members))


def test_the_number_of_entries_is_limited() -> None:
    with pytest.raises(PackageTooLarge, match="100001 entries"):
        read(many(100_001))


class _Sized:
    """A source that has only a size."""

    size = (250 << 20) + 1

    def read_at(self, offset: int, length: int) -> bytes:
        raise AssertionError(f"read {length} bytes at {offset}")


def test_the_archive_is_limited_before_anything_is_read() -> None:
    with pytest.raises(PackageTooLarge, match="at most 262144000"):
        parse_archive(_Sized())


def test_the_directory_is_limited_before_it_is_read() -> None:
    name = b"x" * 200
    package = write_zip([Member(name)], end={"size": (32 << 20) + 1})
    padded = bytes((32 << 20) + 1 - 246) + package  # so that size and offset meet the end record
    offset = len(padded) - 22 - ((32 << 20) + 1)
    with pytest.raises(PackageTooLarge, match="central directory"):
        read(padded[:-6] + struct.pack("<L", offset) + padded[-2:])
