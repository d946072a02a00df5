"""Which users are in which groups."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ForeignKey, Index, Table, Text, func, select

from sealgate.store.database import Tx
from sealgate.store.iam.entities import Group, User, groups, groups_table, users, users_table
from sealgate.store.rows import Rows
from sealgate.store.tables import metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """One user in one group."""

    user_id: str
    group_id: str


memberships_table = Table(
    "iam_memberships",
    metadata,
    Column("user_id", Text, ForeignKey("iam_users.entity_id"), primary_key=True),
    Column("group_id", Text, ForeignKey("iam_groups.entity_id"), primary_key=True),
    Index("ix_iam_memberships_group_id", "group_id"),
    comment="Which IAM user is in which group.",
)
memberships = Rows(memberships_table, Membership)


def list_groups_of(tx: Tx, user_id: str, *, after: str = "", limit: int | None = None) -> list[Group]:
    """Answer the groups that a user is in, by key, from the one after the key `after` on."""
    own = select(memberships_table.c.group_id).where(memberships_table.c.user_id == user_id)
    table = groups_table.c
    return groups.rows.select(tx, table.entity_id.in_(own), table.key > after, order_by=[table.key], limit=limit)


def list_users_of(tx: Tx, group_id: str, *, after: str = "", limit: int | None = None) -> list[User]:
    """Answer the users that are in a group, by key, from the one after the key `after` on."""
    own = select(memberships_table.c.user_id).where(memberships_table.c.group_id == group_id)
    table = users_table.c
    return users.rows.select(tx, table.entity_id.in_(own), table.key > after, order_by=[table.key], limit=limit)


def count_groups_of(tx: Tx, user_id: str) -> int:
    """Answer how many groups a user is in."""
    statement = select(func.count()).select_from(memberships_table).where(memberships_table.c.user_id == user_id)
    return int(tx.execute(statement).scalar_one())
