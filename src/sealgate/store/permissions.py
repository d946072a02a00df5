"""What the owner of a signing profile lets other accounts and roles do with it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Column, Dialect, ForeignKeyConstraint, Table, Text, TypeDecorator

from sealgate.store.rows import Rows
from sealgate.store.tables import metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePermission:
    """One thing that one account or role may do.

    Attributes:
        statement_id: The owner's name for it; unique within the profile.
        action: As IAM names it (`signer:StartSigningJob`).
        principal: 12 digits, or the ARN of a role; as it was given.
        principal_id: The unique id of the role when the permission was given; empty for an account.
        profile_version: The only version that it is about; None: whatever the version.
    """

    statement_id: str
    action: str
    principal: str
    principal_id: str = ""
    profile_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePolicy:
    """All permissions on one profile, in the order in which they were given; never none.

    Attributes:
        account: Of the profile, as the next two.
        revision_id: A lower-case UUID, drawn anew with every change.
    """

    account: str
    region: str
    name: str
    revision_id: str
    permissions: tuple[ProfilePermission, ...]


class PermissionsJson(TypeDecorator[tuple[ProfilePermission, ...]]):
    """Permissions, kept as one JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[ProfilePermission, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encode the permissions."""
        return None if value is None else orjson.dumps([dataclasses.asdict(each) for each in value]).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[ProfilePermission, ...] | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Decode the permissions."""
        return None if value is None else tuple(ProfilePermission(**each) for each in orjson.loads(value))


profile_policies_table = Table(
    "profile_policies",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("name", Text, primary_key=True, comment="of the profile"),
    Column("revision_id", Text, nullable=False, comment="lower-case UUID; another one after every change"),
    Column("permissions", PermissionsJson, nullable=False, comment="JSON array; not empty"),
    ForeignKeyConstraint(["account", "region", "name"], ["profiles.account", "profiles.region", "profiles.name"]),
    comment="What accounts and roles may do with a signing profile. A profile without a row has no permissions.",
)
profile_policies = Rows(profile_policies_table, ProfilePolicy)
