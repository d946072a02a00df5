"""Multipart uploads that are neither completed nor aborted, and their parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, delete, select

from sealgate.store.database import Tx
from sealgate.store.keys import KeyText, Position, span
from sealgate.store.objects import Attributes, AttributesJson
from sealgate.store.rows import Rows
from sealgate.store.tables import StringMap, UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipartUpload:
    """An object that is being uploaded in parts.

    Attributes:
        upload_id: Begins with the time of initiation, so that uploads of one key are ordered by it.
        checksum_algorithm: The algorithm that every part has to carry; None when none was agreed.
        checksum_type: `FULL_OBJECT` or `COMPOSITE`.
    """

    upload_id: str
    bucket: str
    key: str
    initiated_at: datetime
    attributes: Attributes
    tags: Mapping[str, str]
    checksum_algorithm: str | None
    checksum_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One uploaded part.

    Attributes:
        number: 1 to 10,000.
        blob: The content's SHA-256.
        md5: The content's MD5 in hexadecimal: the part's entity tag.
        checksums: By algorithm, in base64.
    """

    upload_id: str
    number: int
    blob: str
    size: int
    md5: str
    checksums: Mapping[str, str]
    modified_at: datetime


uploads_table = Table(
    "multipart_uploads",
    metadata,
    Column("upload_id", KeyText, primary_key=True),
    Column("bucket", KeyText, ForeignKey("buckets.name"), nullable=False),
    Column("key", KeyText, nullable=False),
    Column("initiated_at", UtcTime, nullable=False),
    Column("attributes", AttributesJson, nullable=False),
    Column("tags", StringMap, nullable=False),
    Column("checksum_algorithm", Text),
    Column("checksum_type", Text, nullable=False),
    Index(None, "bucket", "key", "upload_id"),
)
parts_table = Table(
    "upload_parts",
    metadata,
    Column("upload_id", KeyText, ForeignKey("multipart_uploads.upload_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("blob", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("md5", Text, nullable=False),
    Column("checksums", StringMap, nullable=False),
    Column("modified_at", UtcTime, nullable=False),
)
uploads = Rows(uploads_table, MultipartUpload)
parts = Rows(parts_table, Part)

_u, _p = uploads_table.c, parts_table.c


def put_part(tx: Tx, part: Part) -> None:
    """Add a part, in the place of an earlier one with its number."""
    parts.delete(tx, upload_id=part.upload_id, number=part.number)
    parts.insert(tx, part)


def list_parts(tx: Tx, upload_id: str, *, after: int = 0, limit: int | None = None) -> list[Part]:
    """Answer an upload's parts by number, those after `after` (exclusive)."""
    return parts.select(tx, _p.upload_id == upload_id, _p.number > after, order_by=[_p.number], limit=limit)


def list_uploads(tx: Tx, bucket: str, start: Position[str], *, end: str | None, limit: int) -> list[MultipartUpload]:
    """Answer a bucket's uploads by key and time of initiation, from a position up to a key (exclusive)."""
    later = None if start.item is None else _u.upload_id > start.item
    conditions = (_u.bucket == bucket, start.condition(_u.key, later), *span(_u.key, end))
    return uploads.select(tx, *conditions, order_by=[_u.key, _u.upload_id], limit=limit)


def drop_upload(tx: Tx, upload_id: str) -> None:
    """Remove an upload and its parts."""
    tx.execute(delete(parts_table).where(_p.upload_id == upload_id))
    uploads.delete(tx, upload_id=upload_id)


def drop_uploads_of(tx: Tx, bucket: str) -> None:
    """Remove all uploads of a bucket, and their parts."""
    for upload_id in tx.execute(select(_u.upload_id).where(_u.bucket == bucket)).scalars().all():
        drop_upload(tx, upload_id)


def blob_references(tx: Tx) -> set[str]:
    """Answer the content of every part."""
    return set(tx.execute(select(_p.blob).distinct()).scalars())
