"""Objects: conditions, ranges, copies, tags, limits, and what other services use."""

import hashlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.errors import Invalid, SealgateError, Unsupported
from sealgate.services.objects.byte_ranges import ByteRange, parse_copy_range, parse_range
from sealgate.services.objects.errors import (
    ConditionFailed,
    InvalidArgument,
    InvalidPartNumber,
    InvalidRequest,
    InvalidTag,
    KeyTooLong,
    MetadataTooLarge,
    NoSuchBucket,
    NoSuchKey,
    NoSuchVersion,
    NotModified,
    ObjectTooLarge,
    RangeNotSatisfiable,
    TooManyTags,
    WrongRegion,
)
from sealgate.services.objects.preconditions import ReadConditions, WriteConditions
from sealgate.services.objects.service import ObjectName
from sealgate.store.objects import Attributes
from tests.support.objects import BUCKET, NOW, OTHER_REGION, SCOPE, ObjectHouse, checksum

ETAG = hashlib.md5(b"content", usedforsecurity=False).hexdigest()
MODIFIED = NOW.replace(microsecond=0)
SECOND = timedelta(seconds=1)
APP = ObjectName(bucket=BUCKET, key="app.zip")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ObjectHouse]:
    house = ObjectHouse(tmp_path)
    house.make_bucket()
    yield house
    house.close()


def _read(house: ObjectHouse) -> bytes:
    return house.objects.path(house.objects.get_version(SCOPE, BUCKET, "app.zip")).read_bytes()


def test_what_was_put_is_read_back_whole(house: ObjectHouse) -> None:
    attributes = Attributes(content_type="application/zip", metadata={"who": "me"}, encryption="AES256")
    house.put("app.zip", attributes=attributes, tags={"a": "b"})
    selection = house.objects.select(SCOPE, APP)
    assert house.objects.path(selection.version).read_bytes() == b"content"
    assert selection.version.attributes == attributes
    assert (selection.version.etag, selection.version.size, selection.version.tags) == (ETAG, 7, {"a": "b"})
    assert selection.version.modified_at == MODIFIED
    assert not selection.is_partial


@pytest.mark.parametrize(
    ("conditions", "error"),
    [
        ({"match": f'"{ETAG}"'}, None),
        ({"match": f'"x", W/"{ETAG}"'}, None),
        ({"match": "*"}, None),
        ({"match": '"x"'}, ConditionFailed),
        ({"none_match": '"x"'}, None),
        ({"none_match": ETAG}, NotModified),
        ({"none_match": "*"}, NotModified),
        ({"modified_since": MODIFIED - SECOND}, None),
        ({"modified_since": MODIFIED}, NotModified),
        ({"unmodified_since": MODIFIED}, None),
        ({"unmodified_since": MODIFIED - SECOND}, ConditionFailed),
        ({"match": ETAG, "unmodified_since": MODIFIED - SECOND}, None),
        ({"none_match": '"x"', "modified_since": MODIFIED + SECOND}, None),
        ({"none_match": ETAG, "modified_since": MODIFIED - SECOND}, NotModified),
    ],
)
def test_conditions_of_a_read_are_judged_as_rfc_9110_says(
    house: ObjectHouse, conditions: dict[str, Any], error: type[SealgateError] | None
) -> None:
    house.put("app.zip")
    with nullcontext() if error is None else pytest.raises(error):
        house.objects.select(SCOPE, APP, conditions=ReadConditions(**conditions))


def test_a_write_that_must_not_replace_fails_where_something_is_and_works_after_a_deletion(house: ObjectHouse) -> None:
    only_new = WriteConditions(none_match="*")
    house.put("app.zip", conditions=only_new)
    with pytest.raises(ConditionFailed):
        house.put("app.zip", b"other", conditions=only_new)
    house.objects.buckets.set_versioning(SCOPE, BUCKET, "Enabled")
    house.objects.delete(SCOPE, APP)
    house.put("app.zip", b"other", conditions=only_new)
    assert _read(house) == b"other"


def test_a_write_that_must_replace_a_known_object_fails_on_another_or_none(house: ObjectHouse) -> None:
    with pytest.raises(NoSuchKey):
        house.put("app.zip", conditions=WriteConditions(match=ETAG))
    house.put("app.zip")
    with pytest.raises(ConditionFailed):
        house.put("app.zip", b"new", conditions=WriteConditions(match='"x"'))
    house.put("app.zip", b"new", conditions=WriteConditions(match=f'"{ETAG}"'))
    assert _read(house) == b"new"
    with pytest.raises(Unsupported):
        house.put("app.zip", conditions=WriteConditions(none_match=ETAG))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-0", ByteRange(offset=0, length=1)),
        ("bytes=2-", ByteRange(offset=2, length=8)),
        ("bytes=-3", ByteRange(offset=7, length=3)),
        ("bytes=-99", ByteRange(offset=0, length=10)),
        ("bytes=8-99", ByteRange(offset=8, length=2)),
        ("bytes=5-4", None),
        ("bytes=0-1,3-4", None),
        ("bytes=-", None),
        ("lines=1-2", None),
        ("bytes=a-b", None),
        ("bytes=\u0661-", None),
    ],
)
def test_a_range_is_read_or_taken_for_everything(text: str, expected: ByteRange | None) -> None:
    assert parse_range(text, 10) == expected


@pytest.mark.parametrize(("text", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_a_range_without_any_byte_is_refused(text: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range(text, size)


@pytest.mark.parametrize("text", ["bytes=0-10", "bytes=3-2", "bytes=3-", "bytes=-3", "0-1", "bytes=0-1,2-3"])
def test_a_range_to_copy_has_both_ends_inside_the_source(text: str) -> None:
    assert parse_copy_range("bytes=3-9", 10) == ByteRange(offset=3, length=7)
    with pytest.raises(InvalidArgument):
        parse_copy_range(text, 10)


def test_an_object_in_one_piece_is_its_part_one(house: ObjectHouse) -> None:
    house.put("app.zip")
    selection = house.objects.select(SCOPE, APP, part=1)
    assert (selection.content, selection.parts_count) == (ByteRange(offset=0, length=7), None)
    with pytest.raises(InvalidPartNumber):
        house.objects.select(SCOPE, APP, part=2)
    with pytest.raises(InvalidRequest):
        house.objects.select(SCOPE, APP, part=1, byte_range="bytes=0-1")


def test_part_one_of_nothing_is_nothing(house: ObjectHouse) -> None:
    house.put("app.zip", b"")
    selection = house.objects.select(SCOPE, APP, part=1)
    assert (selection.content, selection.is_partial) == (ByteRange(offset=0, length=0), False)


def test_a_copy_shares_the_content_and_takes_attributes_and_tags_over_or_not(house: ObjectHouse) -> None:
    house.put("app.zip", attributes=Attributes(content_type="a/b", encryption="AES256"), tags={"a": "1"})
    target = ObjectName(bucket=BUCKET, key="copy.zip")
    asked = Attributes(content_type="c/d", website_redirect="/x")
    kept = house.objects.copy(SCOPE, APP, target, attributes=asked, keep_metadata=True, tags=None).target.version
    assert kept.attributes == Attributes(content_type="a/b", website_redirect="/x")
    assert (kept.tags, kept.etag, kept.blob) == (
        {"a": "1"},
        ETAG,
        house.objects.get_version(SCOPE, BUCKET, "app.zip").blob,
    )
    fresh = house.objects.copy(SCOPE, APP, target, attributes=asked, keep_metadata=False, tags={}).target.version
    assert (fresh.attributes, fresh.tags) == (asked, {})


def test_a_copy_gets_the_checksum_it_is_to_have(house: ObjectHouse) -> None:
    house.put("app.zip")
    target = ObjectName(bucket=BUCKET, key="copy.zip")
    copied = house.objects.copy(
        SCOPE, APP, target, attributes=Attributes(), keep_metadata=True, tags=None, checksum_algorithm="sha1"
    )
    assert copied.target.version.checksums == {"sha1": checksum("sha1", b"content")}


def test_a_copy_onto_itself_has_to_change_something(house: ObjectHouse) -> None:
    house.put("app.zip")
    with pytest.raises(InvalidRequest, match="illegal"):
        house.objects.copy(SCOPE, APP, APP, attributes=Attributes(), keep_metadata=True, tags=None)
    changed = Attributes(encryption="AES256")
    house.objects.copy(SCOPE, APP, APP, attributes=changed, keep_metadata=True, tags=None)
    assert house.objects.get_version(SCOPE, BUCKET, "app.zip").attributes == changed


def test_an_old_version_is_restored_by_copying_it_onto_its_key(house: ObjectHouse) -> None:
    house.objects.buckets.set_versioning(SCOPE, BUCKET, "Enabled")
    first = house.put("app.zip", b"1").version_id
    house.put("app.zip", b"2")
    old = replace(APP, version_id=first)
    copied = house.objects.copy(SCOPE, old, APP, attributes=Attributes(), keep_metadata=True, tags=None)
    assert copied.source_version_id == first
    assert house.objects.path(house.objects.get_version(SCOPE, BUCKET, "app.zip")).read_bytes() == b"1"


def test_a_failed_condition_on_the_source_copies_nothing(house: ObjectHouse) -> None:
    house.put("app.zip")
    target = ObjectName(bucket=BUCKET, key="copy.zip")
    conditions = ReadConditions(none_match=ETAG)
    with pytest.raises(ConditionFailed):
        house.objects.copy(
            SCOPE, APP, target, attributes=Attributes(), keep_metadata=True, tags=None, source_conditions=conditions
        )
    with pytest.raises(NoSuchKey):
        house.objects.get_version(SCOPE, BUCKET, "copy.zip")


def test_tags_are_replaced_without_a_new_version(house: ObjectHouse) -> None:
    house.objects.buckets.set_versioning(SCOPE, BUCKET, "Enabled")
    written = house.put("app.zip", tags={"a": "1"})
    tagged = house.objects.set_tags(SCOPE, APP, {"b": "ü /+"})
    assert tagged.version_id == written.version_id
    assert house.objects.get_shown(SCOPE, APP).version.tags == {"b": "ü /+"}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"key": "k" * 1025}, KeyTooLong),
        ({"key": "é" * 513}, KeyTooLong),
        ({"key": ""}, Invalid),
        ({"key": "a\0b"}, Invalid),
        ({"key": "\udcff"}, Invalid),
        ({"attributes": Attributes(metadata={"k": "v" * 2048})}, MetadataTooLarge),
        ({"tags": {str(n): "" for n in range(11)}}, TooManyTags),
        ({"tags": {"": "x"}}, InvalidTag),
        ({"tags": {"k" * 129: "x"}}, InvalidTag),
        ({"tags": {"k": "x" * 257}}, InvalidTag),
        ({"tags": {"k": "<"}}, InvalidTag),
        ({"tags": {"aws:k": "x"}}, InvalidTag),
    ],
)
def test_limits_of_an_object_are_kept_and_nothing_is_written(
    house: ObjectHouse, options: dict[str, Any], error: type[SealgateError]
) -> None:
    with pytest.raises(error):
        house.put(**{"key": "app.zip"} | options)
    with pytest.raises(NoSuchKey):
        house.objects.get_version(SCOPE, BUCKET, "app.zip")


def test_the_longest_key_and_content_beyond_the_limit(house: ObjectHouse) -> None:
    assert house.put("é" * 512).version.size == 7
    upload = replace(house.stage(b""), size=(5 << 30) + 1)
    with pytest.raises(ObjectTooLarge):
        house.objects.put(SCOPE, BUCKET, "big", upload, attributes=Attributes(), tags={})


def test_a_batch_of_deletions_answers_each_for_itself(house: ObjectHouse) -> None:
    house.put("app.zip")
    names = [APP, ObjectName(bucket=BUCKET, key="absent"), ObjectName(bucket=BUCKET, key="x" * 1025)]
    first, second, third = house.objects.delete_many(SCOPE, BUCKET, names)
    assert not isinstance(first, SealgateError)
    assert not isinstance(second, SealgateError)
    assert isinstance(third, KeyTooLong)
    with pytest.raises(NoSuchKey):
        house.objects.get_version(SCOPE, BUCKET, "app.zip")


def test_objects_are_not_seen_from_another_region(house: ObjectHouse) -> None:
    house.put("app.zip")
    with pytest.raises(WrongRegion) as wrong:
        house.objects.get_version(OTHER_REGION, BUCKET, "app.zip")
    assert wrong.value.region == "us-east-1"


def test_other_services_find_versions_and_write_them_in_their_own_transaction(house: ObjectHouse) -> None:
    assert not house.objects.is_versioned(SCOPE, BUCKET)
    upload = house.stage(b"signed")
    house.blobs.keep(upload.staging, upload.sha256)
    with house.db.write() as tx:
        made = house.objects.add_version(
            tx,
            SCOPE,
            BUCKET,
            "out/1.zip",
            blob=upload.sha256,
            size=6,
            md5=upload.md5,
            content_type="application/zip",
        )
    assert house.objects.get_version(SCOPE, BUCKET, "out/1.zip", "null") == made
    with pytest.raises(NoSuchVersion):
        house.objects.get_version(SCOPE, BUCKET, "out/1.zip", "other")
    with pytest.raises(NoSuchBucket):
        house.objects.is_versioned(SCOPE, "absent")


def test_a_version_added_in_a_transaction_that_fails_is_not_there(house: ObjectHouse) -> None:
    def fail() -> None:
        with house.db.write() as tx:
            house.objects.add_version(tx, SCOPE, BUCKET, "k", blob="00" * 32, size=0, md5="", content_type="a/b")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with pytest.raises(NoSuchKey):
        house.objects.get_version(SCOPE, BUCKET, "k")
