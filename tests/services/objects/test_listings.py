"""Listings: every way of paging gives the same as looking at everything at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate.errors import Invalid
from sealgate.services.objects.listings import Query
from sealgate.services.objects.service import ObjectName
from sealgate.store.objects import Attributes
from tests.support.objects import BUCKET, SCOPE, ObjectHouse

KEYS = ["a", "a/", "a/b", "a/b/c", "a0", "b", "b/1", "b/2", "b//", "é/1", "\U0010ffff", "\U0010ffff/x"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectHouse]:
    house = ObjectHouse(tmp_path_factory.mktemp("house"))
    house.make_bucket(versioned=True)
    for key in reversed(KEYS):
        house.put(key)
    house.put("deleted")
    house.objects.delete(SCOPE, ObjectName(bucket=BUCKET, key="deleted"))
    yield house
    house.close()


def _expected(query: Query) -> list[str]:
    entries = set()
    for key in KEYS:
        if not key.startswith(query.prefix):
            continue
        cut = key.find(query.delimiter, len(query.prefix)) if query.delimiter else -1
        entries.add(key if cut < 0 else key[: cut + len(query.delimiter)])
    return sorted(entry for entry in entries if entry > query.after)


def _pages(house: ObjectHouse, query: Query) -> Iterator[list[str]]:
    token = None
    while True:
        page, token = house.objects.listings.objects(SCOPE, BUCKET, query, token=token)
        yield sorted([*(item.key for item in page.items), *page.prefixes])
        assert page.is_truncated == (token is not None)
        if token is None:
            return


@given(
    prefix=st.sampled_from(["", "a", "a/", "b/", "\U0010ffff", "x"]),
    delimiter=st.sampled_from(["", "/", "//", "b"]),
    after=st.sampled_from(["", "a", "a/", "a/b", "b/1", "zz", "\U0010ffff"]),
    limit=st.integers(1, 5),
)
@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_of_objects_join_to_what_a_naive_listing_gives(
    house: ObjectHouse, prefix: str, delimiter: str, after: str, limit: int
) -> None:
    query = Query(prefix=prefix, delimiter=delimiter, after=after, limit=limit)
    pages = list(_pages(house, query))
    assert [entry for page in pages for entry in page] == _expected(query)
    assert all(len(page) == limit for page in pages[:-1])


def test_no_entries_at_all_are_no_truncated_page(house: ObjectHouse) -> None:
    page, token = house.objects.listings.objects(SCOPE, BUCKET, Query(limit=0))
    assert (page.items, page.is_truncated, token) == ((), False, None)


def test_a_foreign_token_is_refused(house: ObjectHouse) -> None:
    with pytest.raises(Invalid):
        house.objects.listings.objects(SCOPE, BUCKET, Query(), token="nonsense")


@pytest.fixture
def versions(tmp_path: Path) -> Iterator[ObjectHouse]:
    house = ObjectHouse(tmp_path)
    house.make_bucket()
    house.put("a", b"null")
    house.objects.buckets.set_versioning(SCOPE, BUCKET, "Enabled")
    for key in ("a", "a", "b/1", "b/2", "c"):
        house.put(key)
    house.objects.delete(SCOPE, ObjectName(bucket=BUCKET, key="c"))
    yield house
    house.close()


def _versions(house: ObjectHouse, *, limit: int, delete: bool = False) -> list[tuple[str, str]]:
    seen: list[tuple[str, str]] = []
    after, version_id = "", None
    while True:
        query = Query(limit=limit, after=after)
        page = house.objects.listings.versions(SCOPE, BUCKET, query, version_id=version_id)
        seen += [(version.key, version.version_id) for version in page.items]
        for version in page.items if delete else ():
            name = ObjectName(bucket=BUCKET, key=version.key, version_id=version.version_id)
            house.objects.delete(SCOPE, name)
        if not page.is_truncated:
            return seen
        after, version_id = page.items[-1].key, page.items[-1].version_id


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_of_versions_join_newest_first(versions: ObjectHouse, limit: int) -> None:
    seen = _versions(versions, limit=limit)
    assert [key for key, _ in seen] == ["a", "a", "a", "b/1", "b/2", "c", "c"]
    assert seen[2] == ("a", "null")
    assert len(set(seen)) == 7


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_bucket_can_be_emptied_page_by_page(versions: ObjectHouse, limit: int) -> None:
    _versions(versions, limit=limit, delete=True)
    versions.objects.buckets.delete(SCOPE, BUCKET)


def test_versions_are_rolled_up_by_a_delimiter(versions: ObjectHouse) -> None:
    page = versions.objects.listings.versions(SCOPE, BUCKET, Query(delimiter="/", limit=4))
    assert ([version.key for version in page.items], page.prefixes) == (["a", "a", "a"], ("b/",))
    assert page.last_key == "b/"
    rest = versions.objects.listings.versions(SCOPE, BUCKET, Query(delimiter="/", after="b/"))
    assert [version.key for version in rest.items] == ["c", "c"]


def test_uploads_are_listed_oldest_first_within_a_key(versions: ObjectHouse) -> None:
    begun = []
    for key in ("k", "k", "j/1"):
        versions.pass_time(1)
        begun.append(versions.objects.multipart.begin(SCOPE, BUCKET, key, attributes=Attributes(), tags={}))
    listings = versions.objects.listings
    page = listings.uploads(SCOPE, BUCKET, Query(delimiter="/", limit=2))
    assert (page.prefixes, [upload.upload_id for upload in page.items]) == (("j/",), [begun[0].upload_id])
    rest = listings.uploads(SCOPE, BUCKET, Query(after="k"), upload_id=begun[0].upload_id)
    assert [upload.upload_id for upload in rest.items] == [begun[1].upload_id]
