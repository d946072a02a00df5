"""Policies: managed ones with their versions, which entities they are attached to, and those inside an entity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, func, select

from sealgate.store.database import Tx
from sealgate.store.iam.entities import Kind
from sealgate.store.keys import KeyText, after_prefix, span
from sealgate.store.rows import Rows
from sealgate.store.tables import StringMap, UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPolicy:
    """A policy with a life of its own. Its name and path never change, so its ARN is its key.

    Attributes:
        account: The owner: 12 digits, or `aws` for those that AWS offers.
        policy_id: Unique for ever: `ANPA` and 17 capitals or digits.
        key: The name in lower case: names are not distinguished by case, nor by path.
        default_version: The number of the version that counts.
        last_version: The highest number given so far; none is given twice.
        updated_at: When a version was made last.
    """

    arn: str
    account: str
    policy_id: str
    path: str
    name: str
    key: str
    description: str | None
    default_version: int
    last_version: int
    tags: Mapping[str, str]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """One version of a managed policy.

    Attributes:
        document: As it was given.
    """

    policy_arn: str
    number: int
    document: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A managed policy attached to an entity of some kind."""

    entity_id: str
    policy_arn: str
    account: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class InlinePolicy:
    """A policy inside an entity.

    Attributes:
        document: As it was given.
    """

    entity_id: str
    name: str
    document: str


policies_table = Table(
    "iam_policies",
    metadata,
    Column("arn", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.account"), nullable=False),
    Column("policy_id", Text, nullable=False),
    Column("path", KeyText, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", KeyText, nullable=False, comment="the name in lower case"),
    Column("description", Text),
    Column("default_version", Integer, nullable=False),
    Column("last_version", Integer, nullable=False, comment="the highest number given so far"),
    Column("tags", StringMap, nullable=False, comment="JSON object"),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Index("uq_iam_policies_key", "account", "key", unique=True),
    comment="Managed policies of accounts; those of AWS are not stored.",
)
versions_table = Table(
    "iam_policy_versions",
    metadata,
    Column("policy_arn", Text, ForeignKey("iam_policies.arn"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False, comment="as it was given"),
    Column("created_at", UtcTime, nullable=False),
    comment="Versions of managed policies.",
)
attachments_table = Table(
    "iam_attachments",
    metadata,
    Column("entity_id", Text, primary_key=True, comment="of a user, group or role"),
    Column("policy_arn", KeyText, primary_key=True, comment="of a managed policy, AWS's own too"),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="user, group or role"),
    Index("ix_iam_attachments_policy", "account", "policy_arn"),
    comment="Which managed policy is attached to which entity.",
)
inline_table = Table(
    "iam_inline_policies",
    metadata,
    Column("entity_id", Text, primary_key=True, comment="of a user, group or role"),
    Column("name", KeyText, primary_key=True),
    Column("document", Text, nullable=False, comment="as it was given"),
    comment="Policies inside an entity.",
)
policies = Rows(policies_table, ManagedPolicy)
versions = Rows(versions_table, PolicyVersion)
attachments = Rows(attachments_table, Attachment)
inline_policies = Rows(inline_table, InlinePolicy)


def find_policy_named(tx: Tx, *, account: str, name: str) -> ManagedPolicy | None:
    """Answer an account's policy of this name, however its case is written and whatever its path, or None."""
    found = policies.select(tx, policies_table.c.account == account, policies_table.c.key == name.lower())
    return found[0] if found else None


def list_policies(tx: Tx, *, account: str, path_prefix: str) -> list[ManagedPolicy]:
    """Answer an account's policies under a path, by key."""
    table = policies_table.c
    conditions = [table.account == account, table.path >= path_prefix, *span(table.path, after_prefix(path_prefix))]
    return policies.select(tx, *conditions, order_by=[table.key])


def count_policies(tx: Tx, account: str) -> int:
    """Answer how many policies an account has."""
    statement = select(func.count()).select_from(policies_table).where(policies_table.c.account == account)
    return int(tx.execute(statement).scalar_one())


def list_versions(tx: Tx, policy_arn: str) -> list[PolicyVersion]:
    """Answer a policy's versions, the newest first."""
    table = versions_table.c
    return versions.select(tx, table.policy_arn == policy_arn, order_by=[table.number.desc()])


def list_attachments_of(tx: Tx, entity_id: str) -> list[Attachment]:
    """Answer what is attached to an entity, by the policies' ARNs."""
    table = attachments_table.c
    return attachments.select(tx, table.entity_id == entity_id, order_by=[table.policy_arn])


def list_attachments_to(tx: Tx, *, account: str, policy_arn: str) -> list[Attachment]:
    """Answer the entities of an account that a policy is attached to."""
    table = attachments_table.c
    return attachments.select(tx, table.account == account, table.policy_arn == policy_arn)


def count_attachments(tx: Tx, account: str) -> dict[str, int]:
    """Answer how many entities of an account each policy is attached to: ARN -> number, without zeros."""
    table = attachments_table.c
    counted = select(table.policy_arn, func.count()).where(table.account == account).group_by(table.policy_arn)
    return {arn: int(number) for arn, number in tx.execute(counted)}


def list_inline_of(tx: Tx, entity_id: str) -> list[InlinePolicy]:
    """Answer an entity's own policies, by name."""
    table = inline_table.c
    return inline_policies.select(tx, table.entity_id == entity_id, order_by=[table.name])
