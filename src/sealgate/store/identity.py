"""Accounts and their access keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Column, ForeignKey, Index, Table, Text, update

from sealgate.store.database import Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An owner of resources: 12 digits."""

    account: str
    created_at: datetime


KeyStatus = Literal["Active", "Inactive"]
"""An Inactive key is kept, and signs nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """A long-term credential.

    Attributes:
        access_key_id: What a signature names: `AKIA` and 16 capitals or digits.
        account: The account it acts for.
        principal_arn: Who acts.
        user_id: The unique id of who acts, as GetCallerIdentity answers it.
        secret: The signing secret. SigV4 is a shared-secret scheme, so the server has to keep it as it is; it is left
            out of `repr`, so that no log shows it.
        status: A root user's key is always Active.
    """

    access_key_id: str
    account: str
    principal_arn: str
    user_id: str
    secret: str = field(repr=False)
    created_at: datetime
    status: KeyStatus = "Active"


accounts_table = Table(
    "accounts", metadata, Column("account", Text, primary_key=True), Column("created_at", UtcTime, nullable=False)
)
access_keys_table = Table(
    "access_keys",
    metadata,
    Column("access_key_id", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.account"), nullable=False),
    Column("principal_arn", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("status", Text, nullable=False, comment="Active or Inactive"),
    Index("ix_access_keys_user_id", "user_id"),
)
accounts = Rows(accounts_table, Account)
access_keys = Rows(access_keys_table, AccessKey)


def find_root_key(tx: Tx, account: str) -> AccessKey | None:
    """Answer the access key of an account's root user, or None where there is no such account."""
    keys = access_keys.select(tx, access_keys_table.c.account == account, access_keys_table.c.user_id == account)
    return keys[0] if keys else None


def list_keys_of(tx: Tx, user_id: str) -> list[AccessKey]:
    """Answer the access keys of a user, by id."""
    return access_keys.select(tx, access_keys_table.c.user_id == user_id, order_by=[access_keys_table.c.access_key_id])


def rename_keys_of(tx: Tx, user_id: str, *, principal_arn: str) -> None:
    """Give every access key of a user the user's new ARN."""
    of_user = access_keys_table.c.user_id == user_id
    tx.execute(update(access_keys_table).where(of_user).values(principal_arn=principal_arn))


def list_accounts(tx: Tx) -> list[Account]:
    """Answer every account, by its digits."""
    return accounts.select(tx, order_by=[accounts_table.c.account])
