"""Uploads in parts."""

import base64
import hashlib
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sealgate.errors import SealgateError
from sealgate.services.objects.byte_ranges import ByteRange
from sealgate.services.objects.completion import Completion, PartClaim
from sealgate.services.objects.errors import (
    ConditionFailed,
    ContentMismatch,
    InvalidArgument,
    InvalidPart,
    InvalidPartOrder,
    InvalidRequest,
    MalformedRequest,
    NoSuchBucket,
    NoSuchKey,
    NoSuchUpload,
    PartTooSmall,
)
from sealgate.services.objects.listings import Query
from sealgate.services.objects.multipart import UploadName
from sealgate.services.objects.preconditions import ReadConditions, WriteConditions
from sealgate.services.objects.service import ObjectName
from sealgate.store import uploads as store
from sealgate.store.objects import Attributes, ObjectVersion
from sealgate.store.uploads import Part
from tests.support.objects import BUCKET, NOW, SCOPE, ObjectHouse, checksum

BIG = bytes(range(256)) * (5 << 12)  # exactly 5 MiB
SMALL = b"the end"
KEY = "app.zip"
ANYHOW = WriteConditions()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ObjectHouse]:
    house = ObjectHouse(tmp_path)
    house.make_bucket(versioned=True)
    yield house
    house.close()


def _begin(house: ObjectHouse, **options: Any) -> UploadName:
    options = {"attributes": Attributes(content_type="a/b"), "tags": {"t": "1"}, **options}
    upload = house.objects.multipart.begin(SCOPE, BUCKET, KEY, **options)
    return UploadName(bucket=BUCKET, key=KEY, upload_id=upload.upload_id)


def _put(house: ObjectHouse, name: UploadName, number: int, data: bytes, *algorithms: str) -> Part:
    return house.objects.multipart.put_part(SCOPE, name, number, house.stage(data, *algorithms))[1]


def _claim(part: Part, *, repeat: bool = False) -> PartClaim:
    return PartClaim(number=part.number, etag=f'"{part.md5}"', checksums=part.checksums if repeat else {})


def _complete(house: ObjectHouse, name: UploadName, *claims: PartClaim, **options: Any) -> ObjectVersion:
    completion = Completion(parts=claims, **{"conditions": ANYHOW} | options)
    return house.objects.multipart.complete(SCOPE, name, completion)[0]


def test_parts_in_any_order_become_one_object(house: ObjectHouse) -> None:
    name = _begin(house)
    last, first = _put(house, name, 7, SMALL), _put(house, name, 2, BIG)
    house.pass_time(60)
    version = _complete(house, name, _claim(first), _claim(last))
    assert house.objects.path(version).read_bytes() == BIG + SMALL
    joined = b"".join(hashlib.md5(data, usedforsecurity=False).digest() for data in (BIG, SMALL))
    assert version.etag == hashlib.md5(joined, usedforsecurity=False).hexdigest() + "-2"
    assert version.blob == hashlib.sha256(BIG + SMALL).hexdigest()
    assert version.modified_at == NOW.replace(microsecond=0)
    assert (version.attributes.content_type, version.tags) == ("a/b", {"t": "1"})
    assert version.checksums == {"crc64nvme": checksum("crc64nvme", BIG + SMALL)}
    with house.db.read() as tx:
        assert store.blob_references(tx) == set()


def test_a_part_of_the_finished_object_can_be_read(house: ObjectHouse) -> None:
    name = _begin(house)
    claims = [_claim(_put(house, name, 1, BIG)), _claim(_put(house, name, 2, SMALL))]
    _complete(house, name, *claims)
    selection = house.objects.select(SCOPE, ObjectName(bucket=BUCKET, key=KEY), part=2)
    assert (selection.content, selection.parts_count) == (ByteRange(offset=len(BIG), length=len(SMALL)), 2)


def test_a_part_put_again_replaces_the_first(house: ObjectHouse) -> None:
    name = _begin(house)
    old, new = _put(house, name, 1, b"old"), _put(house, name, 1, b"new")
    with pytest.raises(InvalidPart):
        _complete(house, name, _claim(old))
    assert house.objects.path(_complete(house, name, _claim(new))).read_bytes() == b"new"


@pytest.mark.parametrize("algorithm", ["crc32", "crc32c", "sha1", "sha256"])
def test_a_composite_checksum_is_that_of_the_parts_checksums(house: ObjectHouse, algorithm: str) -> None:
    name = _begin(house, checksum_algorithm=algorithm)
    parts = [_put(house, name, 1, BIG, algorithm), _put(house, name, 2, SMALL, algorithm)]
    version = _complete(house, name, *(_claim(part, repeat=True) for part in parts))
    digests = b"".join(base64.b64decode(part.checksums[algorithm]) for part in parts)
    assert version.checksums == {algorithm: checksum(algorithm, digests) + "-2"}
    assert version.checksum_type == "COMPOSITE"


def test_a_full_object_checksum_is_that_of_the_whole_and_a_wrong_one_is_refused(house: ObjectHouse) -> None:
    name = _begin(house, checksum_algorithm="crc32", checksum_type="FULL_OBJECT")
    claims = [_claim(_put(house, name, n, data, "crc32")) for n, data in ((1, BIG), (2, SMALL))]
    with pytest.raises(ContentMismatch):
        _complete(house, name, *claims, checksums={"crc32": "AAAAAA=="}, checksum_type="FULL_OBJECT")
    whole = base64.b64encode(zlib.crc32(BIG + SMALL).to_bytes(4, "big")).decode()
    version = _complete(house, name, *claims, checksums={"crc32": whole}, size=len(BIG + SMALL))
    assert version.checksums == {"crc32": whole}


def test_a_copy_of_a_multipart_object_is_an_object_in_one_piece(house: ObjectHouse) -> None:
    name = _begin(house, checksum_algorithm="sha256")
    parts = [_put(house, name, 1, BIG, "sha256"), _put(house, name, 2, SMALL, "sha256")]
    _complete(house, name, *(_claim(part, repeat=True) for part in parts))
    source, target = ObjectName(bucket=BUCKET, key=KEY), ObjectName(bucket=BUCKET, key="copy")
    copied = house.objects.copy(SCOPE, source, target, attributes=Attributes(), keep_metadata=True, tags=None)
    version = copied.target.version
    assert version.etag == hashlib.md5(BIG + SMALL, usedforsecurity=False).hexdigest()
    assert version.checksums == {"sha256": checksum("sha256", BIG + SMALL)}
    assert (version.checksum_type, version.part_sizes) == ("FULL_OBJECT", ())


def test_parts_copied_from_objects_join_like_uploaded_ones(house: ObjectHouse) -> None:
    source = house.put("source", BIG + SMALL).version
    name = _begin(house, checksum_algorithm="crc32")
    multipart = house.objects.multipart
    ranges = (f"bytes=0-{len(BIG) - 1}", f"bytes={len(BIG)}-{len(BIG) + 2}")
    parts = [
        multipart.copy_part(SCOPE, name, number, source, byte_range=text, conditions=ReadConditions())[1]
        for number, text in enumerate(ranges, 1)
    ]
    assert parts[0].checksums == {"crc32": checksum("crc32", BIG)}
    version = _complete(house, name, *(_claim(part, repeat=True) for part in parts))
    assert house.objects.path(version).read_bytes() == BIG + b"the"


def _claims(house: ObjectHouse, name: UploadName) -> list[PartClaim]:
    return [_claim(_put(house, name, n, data)) for n, data in ((1, b"tiny"), (2, SMALL))]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda _: [], MalformedRequest),
        (lambda claims: claims[::-1], InvalidPartOrder),
        (lambda claims: [claims[1], claims[1]], InvalidPartOrder),
        (lambda claims: [PartClaim(number=9, etag=claims[0].etag)], InvalidPart),
        (lambda _: [PartClaim(number=1, etag="0" * 32)], InvalidPart),
        (lambda claims: claims, PartTooSmall),
    ],
)
def test_parts_that_do_not_make_an_object_leave_the_upload_open(
    house: ObjectHouse, change: Any, error: type[SealgateError]
) -> None:
    name = _begin(house)
    claims = _claims(house, name)
    with pytest.raises(error):
        _complete(house, name, *change(claims))
    assert _complete(house, name, claims[1]).size == len(SMALL)


def test_a_checksum_that_was_agreed_is_demanded_of_every_part(house: ObjectHouse) -> None:
    name = _begin(house, checksum_algorithm="sha256")
    with pytest.raises(InvalidRequest, match="expected checksum Type: sha256, actual checksum Type: null"):
        _put(house, name, 1, SMALL)
    part = _put(house, name, 1, SMALL, "sha256")
    with pytest.raises(InvalidRequest, match="must include the checksum for each part"):
        _complete(house, name, _claim(part))
    wrong = PartClaim(number=1, etag=part.md5, checksums={"sha256": "AAAA"})
    with pytest.raises(InvalidPart):
        _complete(house, name, wrong)


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [("sha256", "FULL_OBJECT"), ("crc64nvme", "COMPOSITE"), (None, "FULL_OBJECT")],
)
def test_a_checksum_type_that_its_algorithm_has_not_is_refused(
    house: ObjectHouse, algorithm: str | None, kind: str
) -> None:
    with pytest.raises(InvalidRequest):
        _begin(house, checksum_algorithm=algorithm, checksum_type=kind)


def test_a_wrong_size_another_type_or_algorithm_is_refused_at_the_end(house: ObjectHouse) -> None:
    name = _begin(house)
    claim = _claim(_put(house, name, 1, SMALL))
    for options in ({"size": 1}, {"checksum_type": "COMPOSITE"}, {"checksums": {"sha1": "AAAA"}}):
        with pytest.raises(InvalidRequest):
            _complete(house, name, claim, **options)


def test_a_condition_that_fails_at_the_end_leaves_the_upload_open(house: ObjectHouse) -> None:
    house.put(KEY)
    name = _begin(house)
    claim = _claim(_put(house, name, 1, SMALL))
    with pytest.raises(ConditionFailed):
        _complete(house, name, claim, conditions=WriteConditions(none_match="*"))
    assert house.objects.multipart.list_parts(SCOPE, name).parts


@pytest.mark.parametrize("number", [0, -1, 10_001])
def test_a_part_number_out_of_bounds_is_refused(house: ObjectHouse, number: int) -> None:
    with pytest.raises(InvalidArgument):
        _put(house, _begin(house), number, SMALL)


def test_an_aborted_upload_is_gone(house: ObjectHouse) -> None:
    name = _begin(house)
    part = _put(house, name, 1, SMALL)
    house.objects.multipart.abort(SCOPE, name)
    for attempt in (
        lambda: _put(house, name, 2, SMALL),
        lambda: _complete(house, name, _claim(part)),
        lambda: house.objects.multipart.abort(SCOPE, name),
        lambda: house.objects.multipart.list_parts(SCOPE, name),
    ):
        with pytest.raises(NoSuchUpload):
            attempt()


def test_an_upload_is_found_under_its_own_key_only(house: ObjectHouse) -> None:
    name = _begin(house)
    with pytest.raises(NoSuchUpload):
        _put(house, UploadName(bucket=BUCKET, key="other", upload_id=name.upload_id), 1, SMALL)
    with pytest.raises(NoSuchBucket):
        _put(house, UploadName(bucket="absent", key=KEY, upload_id=name.upload_id), 1, SMALL)


def test_parts_are_listed_page_by_page(house: ObjectHouse) -> None:
    name = _begin(house)
    for number in (3, 1, 2):
        _put(house, name, number, SMALL)
    first = house.objects.multipart.list_parts(SCOPE, name, limit=2)
    rest = house.objects.multipart.list_parts(SCOPE, name, after=2, limit=2)
    assert ([part.number for part in first.parts], first.is_truncated) == ([1, 2], True)
    assert ([part.number for part in rest.parts], rest.is_truncated) == ([3], False)


def test_of_two_completions_at_once_one_makes_the_object(house: ObjectHouse) -> None:
    name = _begin(house)
    with ThreadPoolExecutor(4) as threads:
        parts = list(threads.map(lambda number: _put(house, name, number, BIG), (1, 2, 3, 4)))
        attempts = [threads.submit(_complete, house, name, *map(_claim, parts)) for _ in range(2)]
    errors = [attempt.exception() for attempt in attempts]
    assert [type(error) for error in errors if error] == [NoSuchUpload]
    assert len(house.objects.listings.versions(SCOPE, BUCKET, Query()).items) == 1


def test_nothing_is_there_before_the_upload_is_complete(house: ObjectHouse) -> None:
    _put(house, _begin(house), 1, SMALL)
    with pytest.raises(NoSuchKey):
        house.objects.get_version(SCOPE, BUCKET, KEY)
