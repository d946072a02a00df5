"""Users, groups and roles: what policies are attached to.

A name is unique within its account and kind, whatever its case. Everything else refers to the unique id, which is never
used again, so a new user of an old name inherits nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, Literal, TypeVar

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, func, select

from sealgate.arn import entity_arn
from sealgate.store.database import Tx
from sealgate.store.keys import KeyText, after_prefix, span
from sealgate.store.rows import Rows
from sealgate.store.tables import StringMap, UtcTime, metadata

Kind = Literal["user", "group", "role"]
"""As ARNs name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """What users, groups and roles have in common.

    Attributes:
        account: The owner: 12 digits.
        entity_id: Unique for ever: `AIDA`, `AGPA` or `AROA` and 17 capitals or digits.
        partition: Of its ARN (`aws`).
        path: Begins and ends with a slash.
        name: As it was given.
        key: The name in lower case: names are not distinguished by case.
    """

    kind: ClassVar[Kind]

    account: str
    entity_id: str
    partition: str
    path: str
    name: str
    key: str
    created_at: datetime

    @property
    def arn(self) -> str:
        """The ARN, path and all."""
        return entity_arn(self.partition, self.account, self.kind, self.path, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor(Entity):
    """What can act: users and roles.

    Attributes:
        tags: At most 50; policies read them.
        boundary: The ARN of the managed policy that bounds what it may do; None without one.
    """

    tags: Mapping[str, str]
    boundary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Actor):
    """Somebody, or something, with long-term credentials."""

    kind: ClassVar[Kind] = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Entity):
    """Users that share policies."""

    kind: ClassVar[Kind] = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Actor):
    """What others may become for a while.

    Attributes:
        trust: The document that says who, as it was given.
        trusted_ids: The unique ids that the users and roles which it names had when it was given, by ARN: a new user
            of an old name is not the one that was meant.
        max_session_seconds: How long they stay it at most.
    """

    kind: ClassVar[Kind] = "role"

    trust: str
    trusted_ids: Mapping[str, str]
    description: str | None
    max_session_seconds: int


def _table(name: str, *columns: Column[str] | Column[int] | Column[Mapping[str, str]], comment: str) -> Table:
    return Table(
        name,
        metadata,
        Column("entity_id", Text, primary_key=True),
        Column("account", Text, ForeignKey("accounts.account"), nullable=False),
        Column("partition", Text, nullable=False),
        Column("path", KeyText, nullable=False),
        Column("name", Text, nullable=False),
        Column("key", KeyText, nullable=False, comment="the name in lower case"),
        Column("created_at", UtcTime, nullable=False),
        *columns,
        Index(f"uq_{name}_key", "account", "key", unique=True),
        comment=comment,
    )


users_table = _table(
    "iam_users",
    Column("tags", StringMap, nullable=False, comment="JSON object"),
    Column("boundary", Text, comment="ARN of a managed policy"),
    comment="IAM users. Moments are microseconds since 1970.",
)
groups_table = _table("iam_groups", comment="IAM groups.")
roles_table = _table(
    "iam_roles",
    Column("tags", StringMap, nullable=False, comment="JSON object"),
    Column("trust", Text, nullable=False, comment="the trust policy, as it was given"),
    Column("trusted_ids", StringMap, nullable=False, comment="JSON object: ARN in the trust policy to unique id"),
    Column("description", Text),
    Column("max_session_seconds", Integer, nullable=False),
    Column("boundary", Text, comment="ARN of a managed policy"),
    comment="IAM roles.",
)

E = TypeVar("E", bound=Entity)


class Entities(Generic[E]):
    """The entities of one kind, by id and by name."""

    def __init__(self, table: Table, record: type[E]) -> None:
        self.kind = record.kind
        self.rows = Rows(table, record)
        self._columns = table.c

    def find(self, tx: Tx, *, account: str, name: str) -> E | None:
        """Answer the entity of this name, however its case is written, or None."""
        found = self.rows.select(tx, self._columns.account == account, self._columns.key == name.lower())
        return found[0] if found else None

    def list(self, tx: Tx, *, account: str, path_prefix: str, after: str, limit: int) -> list[E]:
        """Answer the entities under a path, by key, from the one after the key `after` on."""
        table = self._columns
        conditions = [table.account == account, table.key > after, table.path >= path_prefix]
        conditions += span(table.path, after_prefix(path_prefix))
        return self.rows.select(tx, *conditions, order_by=[table.key], limit=limit)

    def count(self, tx: Tx, account: str) -> int:
        """Answer how many an account has."""
        statement = select(func.count()).select_from(self.rows.table).where(self._columns.account == account)
        return int(tx.execute(statement).scalar_one())


users = Entities(users_table, User)
groups = Entities(groups_table, Group)
roles = Entities(roles_table, Role)


def find_bounded(tx: Tx, *, account: str, policy_arn: str) -> list[Actor]:
    """Answer the users and roles of an account that a managed policy bounds."""
    return [
        *users.rows.select(tx, users_table.c.account == account, users_table.c.boundary == policy_arn),
        *roles.rows.select(tx, roles_table.c.account == account, roles_table.c.boundary == policy_arn),
    ]


def count_bounded(tx: Tx, account: str) -> Counter[str]:
    """Answer how many users and roles of an account each policy bounds: ARN -> number."""
    counted: Counter[str] = Counter()
    for table in (users_table.c, roles_table.c):
        bounded = select(table.boundary, func.count()).where(table.account == account, table.boundary.is_not(None))
        counted.update({arn: int(number) for arn, number in tx.execute(bounded.group_by(table.boundary))})
    return counted
