"""The policies of buckets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Column, ForeignKey, Table, Text

from sealgate.store.keys import KeyText
from sealgate.store.rows import Rows
from sealgate.store.tables import StringMap, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPolicy:
    """Who may do what with a bucket and its objects.

    Attributes:
        document: As it was given.
        named_ids: The unique ids, by ARN, that the users and roles it names had when it was given.
    """

    bucket: str
    document: str
    named_ids: Mapping[str, str]


bucket_policies_table = Table(
    "bucket_policies",
    metadata,
    Column("bucket", KeyText, ForeignKey("buckets.name"), primary_key=True),
    Column("document", Text, nullable=False, comment="as it was given"),
    Column("named_ids", StringMap, nullable=False, comment="JSON object: ARN to unique id"),
    comment="A bucket without a row has no policy.",
)
bucket_policies = Rows(bucket_policies_table, BucketPolicy)
