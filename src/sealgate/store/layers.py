"""Layers: packages that functions share, in numbered versions that never change, and who else may use them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    TypeDecorator,
    func,
    select,
)

from sealgate.arn import layer_arn, layer_version_arn
from sealgate.store.database import Tx
from sealgate.store.functions import functions_table
from sealgate.store.rows import Rows
from sealgate.store.tables import StringList, UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of one account and region. It stays when all its versions are deleted: no number is given twice.

    Attributes:
        last_version: The newest number ever given.
    """

    account: str
    region: str
    name: str
    last_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerVersion:
    """One version of a layer.

    Attributes:
        version: Counted from 1.
        code_sha256: The package, as the name of its blob: 64 hexadecimal digits over the whole file.
        code_size: Bytes of the package.
        unzipped_size: Bytes of its contents.
        compatible_runtimes: As they were given; None where none were, which is told otherwise than an empty list.
        compatible_architectures: Likewise.
        license_info: None where none was given.
        profile_version_arn: Who signed the package; None unless its signature verified when it was published.
        job_arn: The signing job of that signature; None likewise.
        deleted_at: From when on it cannot be got or attached; functions that have it keep it. None: it can.
    """

    account: str
    region: str
    name: str
    version: int
    code_sha256: str
    code_size: int
    unzipped_size: int
    description: str
    compatible_runtimes: tuple[str, ...] | None
    compatible_architectures: tuple[str, ...] | None
    license_info: str | None
    profile_version_arn: str | None
    job_arn: str | None
    created_at: datetime
    deleted_at: datetime | None

    @property
    def layer_arn(self) -> str:
        """The ARN of the layer, whatever the version."""
        return layer_arn(self.region, self.account, self.name)

    @property
    def arn(self) -> str:
        """The ARN of this version."""
        return layer_version_arn(self.region, self.account, self.name, self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPermission:
    """One statement: an account, or everybody, may get a layer version and attach it.

    Attributes:
        principal: The 12 digits of an account, or `*`.
    """

    statement_id: str
    principal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPolicy:
    """Who else may use one layer version.

    Attributes:
        revision_id: Changes with every change of the permissions.
        permissions: In the order in which they were given; there is at least one.
    """

    account: str
    region: str
    name: str
    version: int
    revision_id: str
    permissions: tuple[LayerPermission, ...]


class LayerPermissions(TypeDecorator[tuple[LayerPermission, ...]]):
    """Permissions, kept as one JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[LayerPermission, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encode the permissions."""
        return None if value is None else orjson.dumps([dataclasses.asdict(each) for each in value]).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[LayerPermission, ...] | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Decode the permissions."""
        return None if value is None else tuple(LayerPermission(**each) for each in orjson.loads(value))


layers_table = Table(
    "layers",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("last_version", Integer, nullable=False, comment="the newest number ever given"),
    comment="Rows are never deleted: no version's number is given twice.",
)
layers = Rows(layers_table, Layer)

layer_versions_table = Table(
    "layer_versions",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("code_sha256", Text, nullable=False, comment="the blob"),
    Column("code_size", BigInteger, nullable=False),
    Column("unzipped_size", BigInteger, nullable=False),
    Column("description", Text, nullable=False),
    Column("compatible_runtimes", StringList),
    Column("compatible_architectures", StringList),
    Column("license_info", Text),
    Column("profile_version_arn", Text),
    Column("job_arn", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime, comment="from when on it cannot be got or attached"),
    ForeignKeyConstraint(["account", "region", "name"], ["layers.account", "layers.region", "layers.name"]),
    Index("ix_layer_versions_job", "job_arn"),
    comment="Rows are never deleted, since functions keep deleted versions.",
)
layer_versions = Rows(layer_versions_table, LayerVersion)
_c = layer_versions_table.c

layer_policies_table = Table(
    "layer_policies",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("revision_id", Text, nullable=False, comment="lower-case UUID; another one after every change"),
    Column("permissions", LayerPermissions, nullable=False, comment="JSON array; not empty"),
    ForeignKeyConstraint(
        ["account", "region", "name", "version"],
        [
            "layer_versions.account",
            "layer_versions.region",
            "layer_versions.name",
            "layer_versions.version",
        ],
        name="fk_layer_policies_version",
    ),
    comment="A layer version without a row is its own account's only.",
)
layer_policies = Rows(layer_policies_table, LayerPolicy)


def find_present(tx: Tx, *, account: str, region: str, name: str, version: int) -> LayerVersion | None:
    """Answer a layer version that is not deleted, or None."""
    found = layer_versions.find(tx, account=account, region=region, name=name, version=version)
    return found if found is not None and found.deleted_at is None else None


def list_layer_names(tx: Tx, *, account: str, region: str, after: str) -> list[str]:
    """Answer the names of the layers that have a version, in order, after the name `after` (empty: all)."""
    found = select(_c.name).where(_c.account == account, _c.region == region, _c.name > after, _c.deleted_at.is_(None))
    return list(tx.execute(found.distinct().order_by(_c.name)).scalars())


def list_layer_versions(
    tx: Tx, *, account: str, region: str, name: str, before: int | None = None
) -> list[LayerVersion]:
    """Answer the versions of a layer that are not deleted, the newest first; below a number, if one is given."""
    conditions = [_c.account == account, _c.region == region, _c.name == name, _c.deleted_at.is_(None)]
    if before is not None:
        conditions.append(_c.version < before)
    return layer_versions.select(tx, *conditions, order_by=(_c.version.desc(),))


def blob_references(tx: Tx) -> set[str]:
    """Answer the blobs that layers need: those of all versions that can be got, or that a function still has."""
    attached = {arn for arns in tx.execute(select(functions_table.c.layers).distinct()).scalars() for arn in arns}
    return {each.code_sha256 for each in layer_versions.select(tx) if each.deleted_at is None or each.arn in attached}


def sum_layer_code(tx: Tx, *, account: str, region: str) -> int:
    """Answer the bytes of the packages of all layer versions that are not deleted."""
    added = select(func.coalesce(func.sum(_c.code_size), 0)).where(
        _c.account == account, _c.region == region, _c.deleted_at.is_(None)
    )
    return int(tx.execute(added).scalar_one())


def list_signed_layer_versions(tx: Tx) -> list[LayerVersion]:
    """Answer every version, of whatever account and region, whose package verified when it was published.

    Deleted ones too: functions may have them.
    """
    order = (_c.account, _c.region, _c.name, _c.version)
    return layer_versions.select(tx, _c.job_arn.is_not(None), order_by=order)
