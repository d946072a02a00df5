from datetime import UTC, datetime

import pytest

from sealgate.store import objects, uploads
from sealgate.store.database import Database
from sealgate.store.keys import Position, after_prefix
from sealgate.store.objects import Attributes, Bucket, ObjectVersion
from sealgate.store.schema import metadata
from sealgate.store.uploads import MultipartUpload, Part

NOW = datetime(2026, 11, 24, tzinfo=UTC)
KEYS = ["A", "B/1", "Z", "a", "a-", "a/", "a/b", "é", "日本", "\ufffd", "\U0001f600"]  # in the order of UTF-8 bytes


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx)
        objects.buckets.insert(
            tx, Bucket(name="b", account="1", region="us-east-1", versioning="Enabled", created_at=NOW)
        )


def _version(key: str, sequence: int, *, blob: str = "aa") -> ObjectVersion:
    return ObjectVersion(
        bucket="b",
        key=key,
        sequence=sequence,
        version_id=f"v{sequence}",
        is_latest=True,
        is_delete_marker=not blob,
        blob=blob,
        size=5_000_000_000,
        etag="e",
        modified_at=NOW,
        attributes=Attributes(metadata={"ü": "1"}, bucket_key=False),
        tags={"t": "1"},
        checksums={"crc32": "AAAA"},
        checksum_type="FULL_OBJECT",
        part_sizes=(1, 2),
    )


def _latest(database: Database, key: str = "k") -> ObjectVersion | None:
    with database.read() as tx:
        return objects.find_latest(tx, "b", key)


def test_a_version_comes_back_as_it_was_pushed(database: Database) -> None:
    with database.write() as tx:
        objects.push_version(tx, _version("k", 1))
    assert _latest(database) == _version("k", 1)


def test_the_version_pushed_last_is_the_latest_and_the_one_before_follows_it_when_it_is_dropped(
    database: Database,
) -> None:
    with database.write() as tx:
        for sequence in (1, 2, 3):
            objects.push_version(tx, _version("k", sequence))
        objects.drop_version(tx, _version("k", 3))
        assert [v.is_latest for v in objects.list_versions(tx, "b", Position(), end=None, limit=9)] == [True, False]
    assert _latest(database) == _version("k", 2)


def test_dropping_the_only_version_leaves_the_bucket_empty(database: Database) -> None:
    with database.write() as tx:
        objects.push_version(tx, _version("k", 1))
        assert not objects.is_empty(tx, "b")
        objects.drop_version(tx, _version("k", 1))
        assert objects.is_empty(tx, "b")
    assert _latest(database) is None


def test_keys_are_ordered_by_their_utf8_bytes(database: Database) -> None:
    with database.write() as tx:
        for sequence, key in enumerate(reversed(KEYS), 1):
            objects.push_version(tx, _version(key, sequence))
    with database.read() as tx:
        assert [v.key for v in objects.list_current(tx, "b", Position(), end=None, limit=99)] == KEYS
        after: Position[int] = Position(key="a/", inclusive=True)
        assert [v.key for v in objects.list_current(tx, "b", after, end="é", limit=99)] == ["a/", "a/b"]


def test_a_listing_goes_on_within_a_key(database: Database) -> None:
    with database.write() as tx:
        for sequence in (1, 2, 3):
            objects.push_version(tx, _version("k", sequence))
        objects.push_version(tx, _version("l", 1))
    with database.read() as tx:
        found = objects.list_versions(tx, "b", Position(key="k", item=3), end=None, limit=9)
    assert [(v.key, v.sequence) for v in found] == [("k", 2), ("k", 1), ("l", 1)]


def test_a_deleted_object_is_among_the_versions_only(database: Database) -> None:
    with database.write() as tx:
        objects.push_version(tx, _version("k", 1))
        objects.push_version(tx, _version("k", 2, blob=""))
        assert objects.list_current(tx, "b", Position(), end=None, limit=9) == []
        assert len(objects.list_versions(tx, "b", Position(), end=None, limit=9)) == 2


@pytest.mark.parametrize(
    ("prefix", "end"),
    [("", None), ("a/", "a0"), ("a\U0010ffff", "b"), ("\U0010ffff", None), ("\ud7ff", "\ue000")],
)
def test_the_text_after_a_prefix_is_above_all_that_begin_with_it(prefix: str, end: str | None) -> None:
    assert after_prefix(prefix) == end


def test_blobs_of_versions_and_parts_are_referred_to(database: Database) -> None:
    upload = MultipartUpload(
        upload_id="u",
        bucket="b",
        key="k",
        initiated_at=NOW,
        attributes=Attributes(),
        tags={},
        checksum_algorithm=None,
        checksum_type="FULL_OBJECT",
    )
    part = Part(upload_id="u", number=1, blob="cc", size=1, md5="m", checksums={}, modified_at=NOW)
    with database.write() as tx:
        objects.push_version(tx, _version("k", 1, blob="aa"))
        objects.push_version(tx, _version("k", 2, blob=""))
        uploads.uploads.insert(tx, upload)
        uploads.put_part(tx, part)
        assert (objects.blob_references(tx), uploads.blob_references(tx)) == ({"aa"}, {"cc"})
        uploads.drop_uploads_of(tx, "b")
        assert uploads.blob_references(tx) == set()


def test_buckets_are_listed_by_account_prefix_and_region(database: Database) -> None:
    with database.write() as tx:
        for name, account, region in (("ba", "1", "eu-west-1"), ("bb", "2", "us-east-1"), ("c", "1", "us-east-1")):
            objects.buckets.insert(
                tx, Bucket(name=name, account=account, region=region, versioning="Unset", created_at=NOW)
            )

        def names(*, prefix: str = "", region: str | None = None, after: str = "") -> list[str]:
            found = objects.list_buckets(tx, "1", prefix=prefix, region=region, after=after, limit=9)
            return [bucket.name for bucket in found]

        assert names() == ["b", "ba", "c"]
        assert names(prefix="b") == ["b", "ba"]
        assert names(prefix="b", after="b") == ["ba"]
        assert names(region="us-east-1") == ["b", "c"]
