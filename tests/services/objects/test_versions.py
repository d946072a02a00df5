"""What writing and deleting do to the versions of a key, in the three states of a bucket."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sealgate.services.objects.errors import IsDeleteMarker, NoSuchKey, NoSuchVersion
from sealgate.services.objects.listings import Query
from sealgate.services.objects.service import ObjectName
from sealgate.services.objects.versions import Deletion
from tests.support.objects import BUCKET, SCOPE, ObjectHouse

KEY = "app.zip"
ALL = Query()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ObjectHouse]:
    house = ObjectHouse(tmp_path)
    house.make_bucket()
    yield house
    house.close()


def _delete(house: ObjectHouse, version_id: str | None = None) -> Deletion:
    return house.objects.delete(SCOPE, ObjectName(bucket=BUCKET, key=KEY, version_id=version_id))


def _read(house: ObjectHouse, version_id: str | None = None) -> bytes:
    version = house.objects.get_version(SCOPE, BUCKET, KEY, version_id)
    return house.objects.path(version).read_bytes()


def _set(house: ObjectHouse, *, enabled: bool) -> None:
    house.objects.buckets.set_versioning(SCOPE, BUCKET, "Enabled" if enabled else "Suspended")


def test_without_versioning_a_write_replaces_and_a_deletion_is_final(house: ObjectHouse) -> None:
    assert house.put(KEY, b"1").version_id is None
    house.put(KEY, b"2")
    assert _read(house) == _read(house, "null") == b"2"
    assert _delete(house) == Deletion(key=KEY)
    with pytest.raises(NoSuchKey):
        _read(house)


def test_with_versioning_every_write_is_kept_under_a_name_of_its_own(house: ObjectHouse) -> None:
    _set(house, enabled=True)
    first, second = house.put(KEY, b"1").version_id, house.put(KEY, b"2").version_id
    assert first is not None
    assert second is not None
    assert first != second
    assert (_read(house, first), _read(house, second), _read(house)) == (b"1", b"2", b"2")


def test_a_deletion_in_a_versioned_bucket_is_a_marker_that_can_be_taken_away(house: ObjectHouse) -> None:
    _set(house, enabled=True)
    house.put(KEY, b"1")
    marker = _delete(house)
    assert marker.made_marker
    with pytest.raises(NoSuchKey) as unread:
        _read(house)
    assert unread.value.delete_marker == marker.version_id
    with pytest.raises(IsDeleteMarker):
        _read(house, marker.version_id)
    assert _delete(house, marker.version_id) == Deletion(key=KEY, version_id=marker.version_id, is_marker=True)
    assert _read(house) == b"1"


def test_deleting_what_never_was_makes_a_marker_only_where_versions_are_kept(house: ObjectHouse) -> None:
    assert _delete(house) == Deletion(key=KEY)
    _set(house, enabled=True)
    assert _delete(house).made_marker


def test_versions_written_before_versioning_was_enabled_stay_as_null(house: ObjectHouse) -> None:
    house.put(KEY, b"old")
    _set(house, enabled=True)
    house.put(KEY, b"new")
    assert (_read(house), _read(house, "null")) == (b"new", b"old")


def test_a_suspended_bucket_replaces_null_and_keeps_the_named_versions(house: ObjectHouse) -> None:
    _set(house, enabled=True)
    named = house.put(KEY, b"named").version_id
    _set(house, enabled=False)
    assert house.put(KEY, b"null 1").version_id == "null"
    house.put(KEY, b"null 2")
    assert (_read(house), _read(house, "null"), _read(house, named)) == (b"null 2", b"null 2", b"named")
    assert _delete(house) == Deletion(key=KEY, version_id="null", is_marker=True, made_marker=True)
    assert _read(house, named) == b"named"
    with pytest.raises(IsDeleteMarker):
        _read(house, "null")


def test_deleting_the_latest_version_brings_back_the_one_before(house: ObjectHouse) -> None:
    _set(house, enabled=True)
    house.put(KEY, b"1")
    second = house.put(KEY, b"2").version_id
    _delete(house, second)
    assert _read(house) == b"1"
    with pytest.raises(NoSuchVersion):
        _read(house, second)
    assert _delete(house, second) == Deletion(key=KEY, version_id=second)


def test_versions_stay_in_the_order_of_writing_when_the_clock_goes_back(house: ObjectHouse) -> None:
    _set(house, enabled=True)
    house.put(KEY, b"1")
    house.pass_time(-3600)
    house.put(KEY, b"2")
    house.put(KEY, b"3")
    assert _read(house) == b"3"


def test_concurrent_writes_of_one_key_leave_one_latest_and_lose_none(house: ObjectHouse) -> None:
    _set(house, enabled=True)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: house.put(KEY, b"%d" % n), range(24)))
    listing = house.objects.listings.versions(SCOPE, BUCKET, ALL)
    assert len({version.version_id for version in listing.items}) == 24
    assert [version.is_latest for version in listing.items] == [True] + [False] * 23
