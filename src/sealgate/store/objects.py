"""Buckets and the versions of their objects.

A bucket's name is unique in the whole server; everything in it belongs to the bucket's account and region. One key
has any number of versions, ordered by `sequence`, the newest highest; exactly one of them `is_latest`. Keys are
ordered by their UTF-8 bytes on both databases.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    ForeignKey,
    Index,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    bindparam,
    func,
    select,
    update,
)

from sealgate.store.database import Tx
from sealgate.store.keys import KeyText, Position, after_prefix, span
from sealgate.store.rows import Rows
from sealgate.store.tables import StringList, StringMap, UtcTime, metadata

Versioning = Literal["Unset", "Enabled", "Suspended"]
"""Unset: never turned on, each key has one version named `null`. Suspended: new writes replace `null` again."""


PUBLIC_ACCESS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
"""What of public access can be blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A named container of objects.

    Attributes:
        encryption: The encryption asked for (`AES256`, `aws:kms`); recorded, not performed.
        encryption_key: The key named for it.
        bucket_key: Whether a bucket key was asked for.
        blocked_access: Which of `PUBLIC_ACCESS` are blocked; None where nothing was ever said.
    """

    name: str
    account: str
    region: str
    versioning: Versioning
    created_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    encryption: str | None = None
    encryption_key: str | None = None
    bucket_key: bool | None = None
    blocked_access: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What an uploader says of an object, kept and given back unread.

    Attributes:
        expires: A moment in ISO 8601; nothing expires by it.
        metadata: User metadata: lower-case names without their wire prefix.
        encryption: The encryption asked for (`AES256`, `aws:kms`); recorded, not performed.
        encryption_key: The key named for it.
        bucket_key: Whether a bucket key was asked for.
    """

    content_type: str = "binary/octet-stream"
    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    expires: str | None = None
    website_redirect: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    encryption: str | None = None
    encryption_key: str | None = None
    bucket_key: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectVersion:
    """One version of an object, or a delete marker.

    Attributes:
        bucket: The bucket's name.
        key: Up to 1,024 bytes of UTF-8.
        sequence: Orders the versions of one key: the higher, the newer.
        version_id: 32 letters and digits, or `null`.
        is_latest: Whether this is what the key means when no version is named.
        is_delete_marker: Whether the key was deleted by this version; then there is no content.
        blob: The content's SHA-256: 64 hexadecimal digits; empty for a delete marker.
        size: In bytes.
        etag: The content's MD5, or the MD5 of the parts' MD5s, `-` and their number; without quotes.
        modified_at: Whole second.
        attributes: What the uploader said.
        tags: At most ten.
        checksums: By algorithm (`crc32`, `crc32c`, `crc64nvme`, `sha1`, `sha256`), in base64.
        checksum_type: `FULL_OBJECT`, or `COMPOSITE` (of the parts' checksums); None without a checksum.
        part_sizes: The sizes of the parts of a multipart upload; empty otherwise.
    """

    bucket: str
    key: str
    sequence: int
    version_id: str
    is_latest: bool
    is_delete_marker: bool
    blob: str
    size: int
    etag: str
    modified_at: datetime
    attributes: Attributes
    tags: Mapping[str, str]
    checksums: Mapping[str, str]
    checksum_type: str | None
    part_sizes: tuple[int, ...]


class AttributesJson(TypeDecorator[Attributes]):
    """An object's attributes, kept as one JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Attributes | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encode the attributes."""
        return None if value is None else orjson.dumps(dataclasses.asdict(value)).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Attributes | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Decode the attributes."""
        return None if value is None else Attributes(**orjson.loads(value))


class NumberList(TypeDecorator[tuple[int, ...]]):
    """A list of whole numbers, kept as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[int, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encode the list."""
        return None if value is None else orjson.dumps(list(value)).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[int, ...] | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Decode the list."""
        return None if value is None else tuple(orjson.loads(value))


buckets_table = Table(
    "buckets",
    metadata,
    Column("name", KeyText, primary_key=True),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("versioning", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("tags", StringMap, nullable=False),
    Column("encryption", Text, comment="AES256 or aws:kms"),
    Column("encryption_key", Text),
    Column("bucket_key", Boolean),
    Column("blocked_access", StringList, comment="null: nothing was ever said"),
    Index(None, "account", "name"),
)
versions_table = Table(
    "object_versions",
    metadata,
    Column("bucket", KeyText, ForeignKey("buckets.name"), primary_key=True),
    Column("key", KeyText, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("version_id", Text, nullable=False),
    Column("is_latest", Boolean, nullable=False),
    Column("is_delete_marker", Boolean, nullable=False),
    Column("blob", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("etag", Text, nullable=False),
    Column("modified_at", UtcTime, nullable=False),
    Column("attributes", AttributesJson, nullable=False),
    Column("tags", StringMap, nullable=False),
    Column("checksums", StringMap, nullable=False),
    Column("checksum_type", Text),
    Column("part_sizes", NumberList, nullable=False),
    UniqueConstraint("bucket", "key", "version_id"),
    Index(None, "bucket", "is_latest", "is_delete_marker", "key"),
)
buckets = Rows(buckets_table, Bucket)
versions = Rows(versions_table, ObjectVersion)

_b, _v = buckets_table.c, versions_table.c
_of_key = and_(_v.bucket == bindparam("b"), _v.key == bindparam("k"))
_columns = [_v[f.name] for f in dataclasses.fields(ObjectVersion)]
_find_latest = select(*_columns).where(_of_key, _v.is_latest.is_(True))
_find_version = select(*_columns).where(_of_key, _v.version_id == bindparam("v"))
_last_sequence = select(func.max(_v.sequence)).where(_of_key)
_unset_latest = update(versions_table).where(_of_key, _v.is_latest.is_(True)).values(is_latest=False)
_set_latest = update(versions_table).where(_of_key, _v.sequence == bindparam("s")).values(is_latest=True)


def find_latest(tx: Tx, bucket: str, key: str) -> ObjectVersion | None:
    """Answer what a key means now, a delete marker included, or None."""
    row = tx.execute(_find_latest, {"b": bucket, "k": key}).one_or_none()
    return None if row is None else versions.load(row)


def find_version(tx: Tx, bucket: str, key: str, version_id: str) -> ObjectVersion | None:
    """Answer one version of a key, or None."""
    row = tx.execute(_find_version, {"b": bucket, "k": key, "v": version_id}).one_or_none()
    return None if row is None else versions.load(row)


def push_version(tx: Tx, version: ObjectVersion) -> None:
    """Add a version with a sequence above all others of its key, and make it the latest."""
    tx.execute(_unset_latest, {"b": version.bucket, "k": version.key})
    versions.insert(tx, version)


def drop_version(tx: Tx, version: ObjectVersion) -> None:
    """Remove a version; where it was the latest, the one before it becomes so."""
    versions.delete(tx, bucket=version.bucket, key=version.key, sequence=version.sequence)
    if not version.is_latest:
        return
    newest = last_sequence(tx, version.bucket, version.key)
    tx.execute(_set_latest, {"b": version.bucket, "k": version.key, "s": newest})


def is_empty(tx: Tx, bucket: str) -> bool:
    """Tell whether a bucket holds no version and no delete marker."""
    return tx.execute(select(_v.key).where(_v.bucket == bucket).limit(1)).first() is None


def list_buckets(tx: Tx, account: str, *, prefix: str, region: str | None, after: str, limit: int) -> list[Bucket]:
    """Answer an account's buckets by name, those after `after` (exclusive)."""
    conditions = [_b.account == account, _b.name > after, _b.name >= prefix, *span(_b.name, after_prefix(prefix))]
    if region is not None:
        conditions.append(_b.region == region)
    return buckets.select(tx, *conditions, order_by=[_b.name], limit=limit)


def list_current(tx: Tx, bucket: str, start: Position[int], *, end: str | None, limit: int) -> list[ObjectVersion]:
    """Answer the objects that are not deleted, by key, from a position up to a key (exclusive)."""
    current = (_v.is_latest.is_(True), _v.is_delete_marker.is_(False))
    return versions.select(tx, *_span(bucket, start, end), *current, order_by=[_v.key], limit=limit)


def list_versions(tx: Tx, bucket: str, start: Position[int], *, end: str | None, limit: int) -> list[ObjectVersion]:
    """Answer all versions and delete markers, by key and newest first, from a position up to a key (exclusive)."""
    return versions.select(tx, *_span(bucket, start, end), order_by=[_v.key, _v.sequence.desc()], limit=limit)


def _span(bucket: str, start: Position[int], end: str | None) -> list[ColumnElement[bool]]:
    older = None if start.item is None else _v.sequence < start.item
    return [_v.bucket == bucket, start.condition(_v.key, older), *span(_v.key, end)]


def last_sequence(tx: Tx, bucket: str, key: str) -> int:
    """Answer the highest sequence among a key's versions, 0 without any."""
    return tx.execute(_last_sequence, {"b": bucket, "k": key}).scalar_one() or 0


def blob_references(tx: Tx) -> set[str]:
    """Answer the content of every version."""
    return set(tx.execute(select(_v.blob).where(_v.is_delete_marker.is_(False)).distinct()).scalars())
