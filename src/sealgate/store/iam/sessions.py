"""Sessions: credentials that somebody was given for a while, and what limits them.

A session is never changed. It ends with its time, or with the user or role that it is one of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Table, Text, delete, update

from sealgate.store.database import Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import StringList, StringMap, UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session of a role, of a user, or of an account's root user.

    Attributes:
        access_key_id: What a signature names: `ASIA` and 16 capitals or digits.
        account: The account it acts for.
        principal_arn: Who acts (`arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, or the user's own ARN).
        user_id: `AROA...:SESSION`, or the user's own.
        entity_id: The role or user it is a session of; the account's digits for the root user.
        secret: The signing secret, left out of `repr`.
        token_sha256: Of the token that must come along: 64 hexadecimal digits. The token itself is not kept.
        name: The session's name; empty for a user's.
        issued_by: The ARN of who asked for it.
        issued_at: When it began.
        expires_at: It is good until then.
        policies: The documents that limit it, those of managed policies as they were when it began; where there are
            any, nothing is allowed that none of them allows.
        policy_arns: The managed policies among them.
        tags: Its own tags and those it inherited; they stand before the role's.
        transitive_tag_keys: Which of them the next session of a chain inherits.
        source_identity: Who was there first, as they said; None if they did not.
    """

    access_key_id: str
    account: str
    principal_arn: str
    user_id: str
    entity_id: str
    secret: str = field(repr=False)
    token_sha256: str = field(repr=False)
    name: str
    issued_by: str
    issued_at: datetime
    expires_at: datetime
    policies: tuple[str, ...]
    policy_arns: tuple[str, ...]
    tags: Mapping[str, str]
    transitive_tag_keys: tuple[str, ...]
    source_identity: str | None


sessions_table = Table(
    "sts_sessions",
    metadata,
    Column("access_key_id", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.account"), nullable=False),
    Column("principal_arn", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("entity_id", Text, nullable=False, comment="of the role or user; the account for its root user"),
    Column("secret", Text, nullable=False),
    Column("token_sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("issued_by", Text, nullable=False, comment="ARN"),
    Column("issued_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("policies", StringList, nullable=False, comment="JSON array of documents"),
    Column("policy_arns", StringList, nullable=False, comment="JSON array"),
    Column("tags", StringMap, nullable=False, comment="JSON object"),
    Column("transitive_tag_keys", StringList, nullable=False, comment="JSON array"),
    Column("source_identity", Text),
    Index("ix_sts_sessions_entity_id", "entity_id"),
    Index("ix_sts_sessions_expires_at", "expires_at"),
    comment="Temporary credentials. Rows are deleted with their role or user, and some time after they have expired.",
)
sessions = Rows(sessions_table, Session)


def delete_sessions_of(tx: Tx, entity_id: str) -> None:
    """End every session of a role or user."""
    tx.execute(delete(sessions_table).where(sessions_table.c.entity_id == entity_id))


def delete_expired(tx: Tx, *, before: datetime) -> int:
    """Forget the sessions that expired before some moment; answer how many."""
    return tx.execute(delete(sessions_table).where(sessions_table.c.expires_at < before)).rowcount


def rename_sessions_of(tx: Tx, entity_id: str, *, principal_arn: str) -> None:
    """Give every session of a user the user's new ARN."""
    of_user = sessions_table.c.entity_id == entity_id
    tx.execute(update(sessions_table).where(of_user).values(principal_arn=principal_arn))
