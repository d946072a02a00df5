"""Accounts and their access keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Table, Text

from sealgate.store.database import Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An owner of resources: 12 digits."""

    account: str
    created_at: datetime


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
    """

    access_key_id: str
    account: str
    principal_arn: str
    user_id: str
    secret: str = field(repr=False)
    created_at: datetime


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
)
accounts = Rows(accounts_table, Account)
access_keys = Rows(access_keys_table, AccessKey)


def find_root_key(tx: Tx, account: str) -> AccessKey | None:
    """Answer the access key of an account's root user, or None where there is no such account."""
    keys = access_keys.select(tx, access_keys_table.c.account == account, access_keys_table.c.user_id == account)
    return keys[0] if keys else None
