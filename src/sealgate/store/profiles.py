"""Signing profiles: who signs, on which platform, for how long, and whether it still may."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Column, Index, Integer, Table, Text

from sealgate.arn import profile_arn, profile_version_arn
from sealgate.store.database import Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import StringMap, UtcTime, metadata

ProfileStatus = Literal["Active", "Canceled", "Revoked"]
"""A profile is made Active; Canceled and Revoked end it, and Canceled may still become Revoked. Nothing is deleted."""

PROFILE_STATUSES: tuple[ProfileStatus, ...] = ("Active", "Canceled", "Revoked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A signing profile. It has one version for its whole life, and only its status and tags change.

    Attributes:
        version: 10 letters and digits, drawn at random.
        validity_value: How many units its signatures are valid for.
        validity_type: The unit: DAYS, MONTHS or YEARS, as the owner gave it.
        revocation_effective_from: Signatures made after this moment are not trusted; None unless Revoked.
        revoked_at: When it was revoked first.
        revoked_by: The ARN of who revoked it first.
        revocation_reason: The reason given then.
    """

    account: str
    region: str
    name: str
    version: str
    platform_id: str
    validity_value: int
    validity_type: str
    status: ProfileStatus
    tags: Mapping[str, str]
    created_at: datetime
    revocation_effective_from: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    revocation_reason: str | None = None

    @property
    def arn(self) -> str:
        """The ARN without the version."""
        return profile_arn(self.region, self.account, self.name)

    @property
    def version_arn(self) -> str:
        """The ARN with the version: the publisher that signatures carry."""
        return profile_version_arn(self.region, self.account, self.name, self.version)


profiles_table = Table(
    "profiles",
    metadata,
    Column("account", Text, primary_key=True, comment="owner: 12 digits"),
    Column("region", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Text, nullable=False, comment="10 letters and digits; the profile's only version"),
    Column("platform_id", Text, nullable=False),
    Column("validity_value", Integer, nullable=False),
    Column("validity_type", Text, nullable=False, comment="DAYS, MONTHS or YEARS"),
    Column("status", Text, nullable=False, comment="Active, Canceled or Revoked"),
    Column("tags", StringMap, nullable=False, comment="JSON object"),
    Column("created_at", UtcTime, nullable=False),
    Column("revocation_effective_from", UtcTime, comment="set if and only if the status is Revoked"),
    Column("revoked_at", UtcTime),
    Column("revoked_by", Text),
    Column("revocation_reason", Text),
    Index("ix_profiles_status", "status"),
    comment="Signing profiles. Moments are microseconds since 1970. A signature of the version is revoked when its"
    " signing time lies after revocation_effective_from. Rows are never deleted.",
)
profiles = Rows(profiles_table, Profile)


def list_profiles(
    tx: Tx,
    *,
    account: str,
    region: str,
    statuses: Collection[ProfileStatus],
    platform_id: str | None,
    after: str,
    limit: int,
) -> list[Profile]:
    """Answer the profiles of some statuses, by name, from the one after the name `after` on."""
    table = profiles_table.c
    conditions = [table.account == account, table.region == region, table.name > after, table.status.in_(statuses)]
    if platform_id is not None:
        conditions.append(table.platform_id == platform_id)
    return profiles.select(tx, *conditions, order_by=[table.name], limit=limit)


def list_profiles_of_name(tx: Tx, name: str) -> list[Profile]:
    """Answer the profiles of a name, of whatever account and region and in whatever status."""
    table = profiles_table.c
    return profiles.select(tx, table.name == name, order_by=[table.account, table.region])


def list_revoked_profiles(tx: Tx) -> list[Profile]:
    """Answer every revoked profile of every account and region, the first revoked first."""
    table = profiles_table.c
    return profiles.select(tx, table.status == "Revoked", order_by=[table.revoked_at, table.name])
