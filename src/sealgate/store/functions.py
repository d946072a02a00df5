"""Functions: what was deployed, under which settings, and who signed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, Table, Text, select

from sealgate.arn import config_arn, function_arn
from sealgate.store.database import Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import StringMap, UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of one account and region, as it stands (`$LATEST`).

    Attributes:
        timeout: Seconds.
        memory_size: Mebibytes.
        ephemeral_storage: Mebibytes.
        tracing_mode: `PassThrough` or `Active`; recorded only.
        log_format: `Text` or `JSON`; the two levels are None for `Text`.
        code_sha256: The package, as the name of its blob: 64 hexadecimal digits over the whole file.
        code_size: Bytes of the package.
        profile_version_arn: Who signed the package; None unless its signature verified when it was deployed.
        job_arn: The signing job of that signature; None likewise.
        config_id: The attached code signing config, of the same account and region, or None.
        revision_id: Changes with every change of code or settings.
    """

    account: str
    region: str
    name: str
    role: str
    runtime: str
    handler: str
    description: str
    timeout: int
    memory_size: int
    environment: Mapping[str, str]
    architecture: str
    ephemeral_storage: int
    tracing_mode: str
    log_format: str
    log_group: str
    application_log_level: str | None
    system_log_level: str | None
    code_sha256: str
    code_size: int
    profile_version_arn: str | None
    job_arn: str | None
    config_id: str | None
    tags: Mapping[str, str]
    revision_id: str
    last_modified: datetime

    @property
    def arn(self) -> str:
        """The function's ARN, unqualified."""
        return function_arn(self.region, self.account, self.name)

    @property
    def config_arn(self) -> str | None:
        """The ARN of the attached code signing config, or None."""
        return None if self.config_id is None else config_arn(self.region, self.account, self.config_id)


functions_table = Table(
    "functions",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("runtime", Text, nullable=False),
    Column("handler", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("timeout", Integer, nullable=False),
    Column("memory_size", Integer, nullable=False),
    Column("environment", StringMap, nullable=False),
    Column("architecture", Text, nullable=False),
    Column("ephemeral_storage", Integer, nullable=False),
    Column("tracing_mode", Text, nullable=False),
    Column("log_format", Text, nullable=False),
    Column("log_group", Text, nullable=False),
    Column("application_log_level", Text),
    Column("system_log_level", Text),
    Column("code_sha256", Text, nullable=False),
    Column("code_size", Integer, nullable=False),
    Column("profile_version_arn", Text),
    Column("job_arn", Text),
    Column("config_id", Text),
    Column("tags", StringMap, nullable=False),
    Column("revision_id", Text, nullable=False),
    Column("last_modified", UtcTime, nullable=False),
    ForeignKeyConstraint(
        ["account", "region", "config_id"],
        ["code_signing_configs.account", "code_signing_configs.region", "code_signing_configs.config_id"],
        name="fk_functions_config",
    ),
)
Index("ix_functions_config", functions_table.c.account, functions_table.c.region, functions_table.c.config_id)
functions = Rows(functions_table, Function)


def select_functions(tx: Tx, *, account: str, region: str, after: str, limit: int) -> list[Function]:
    """Answer the first functions by name after the name `after` (empty for the beginning)."""
    columns = functions_table.c
    return functions.select(
        tx,
        columns.account == account,
        columns.region == region,
        columns.name > after,
        order_by=(columns.name,),
        limit=limit,
    )


def select_functions_of_config(
    tx: Tx, *, account: str, region: str, config_id: str, after: str, limit: int
) -> list[Function]:
    """Answer the first functions by name after `after` that a code signing config is attached to."""
    columns = functions_table.c
    return functions.select(
        tx,
        columns.account == account,
        columns.region == region,
        columns.config_id == config_id,
        columns.name > after,
        order_by=(columns.name,),
        limit=limit,
    )


def list_signed_functions(tx: Tx) -> list[Function]:
    """Answer every function of every account and region whose package verified when it was deployed."""
    columns = functions_table.c
    order = (columns.account, columns.region, columns.name)
    return functions.select(tx, columns.job_arn.is_not(None), order_by=order)


def blob_references(tx: Tx) -> set[str]:
    """Answer the names of all blobs that functions need, for the sweep of the blob store."""
    return set(tx.execute(select(functions_table.c.code_sha256).distinct()).scalars())
