"""Functions and their versions: what was deployed, under which settings, and who signed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, Table, Text, and_, delete, func, or_, select

from sealgate.arn import config_arn, function_arn
from sealgate.store.database import Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import StringList, StringMap, UtcTime, metadata

LATEST = "$LATEST"
"""The name of what is not published: the code and settings that calls change."""
LATEST_NUMBER = 0
"""Its number in the rows; published versions count from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One version of one function of one account and region: `$LATEST`, or a published one, which is frozen.

    Attributes:
        version: `LATEST_NUMBER`, or the number of a published version.
        last_version: The newest number that was ever given, on `$LATEST`; no number is given twice.
        timeout: Seconds.
        memory_size: Mebibytes.
        ephemeral_storage: Mebibytes.
        tracing_mode: `PassThrough` or `Active`; recorded only.
        log_format: `Text` or `JSON`; the two levels are None for `Text`.
        code_sha256: The package, as the name of its blob: 64 hexadecimal digits over the whole file.
        code_size: Bytes of the package.
        profile_version_arn: Who signed the package; None unless its signature verified when it was deployed.
        job_arn: The signing job of that signature; None likewise.
        unzipped_size: Bytes of its contents; 0 where it was deployed before that was recorded.
        layers: The ARNs of the layer versions that it is run with, in order.
        config_id: The attached code signing config, of the same account and region, or None; on `$LATEST`.
        reserved_concurrency: How many invocations may run at once, of all versions together; None: as many as the
            account has left. On `$LATEST`, as the tags are.
        revision_id: Changes with every change of code or settings.
    """

    account: str
    region: str
    name: str
    version: int
    last_version: int
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
    unzipped_size: int
    profile_version_arn: str | None
    job_arn: str | None
    layers: tuple[str, ...]
    config_id: str | None
    reserved_concurrency: int | None
    tags: Mapping[str, str]
    revision_id: str
    last_modified: datetime

    @property
    def arn(self) -> str:
        """The function's ARN, unqualified."""
        return function_arn(self.region, self.account, self.name)

    @property
    def version_name(self) -> str:
        """The version as calls name it: `$LATEST`, or its number."""
        return LATEST if self.version == LATEST_NUMBER else str(self.version)

    @property
    def qualified_arn(self) -> str:
        """The ARN of this very version."""
        return f"{self.arn}:{self.version_name}"

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
    Column("version", Integer, primary_key=True, autoincrement=False, comment="0: $LATEST"),
    Column("last_version", Integer, nullable=False, comment="the newest ever given; on $LATEST"),
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
    Column("unzipped_size", Integer, nullable=False, comment="bytes of the contents; 0: not recorded"),
    Column("profile_version_arn", Text),
    Column("job_arn", Text),
    Column("layers", StringList, nullable=False, comment="JSON array of layer version ARNs"),
    Column("config_id", Text),
    Column("reserved_concurrency", Integer, comment="on $LATEST; null: what the account has left"),
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


def find_latest(tx: Tx, *, account: str, region: str, name: str) -> Function | None:
    """Answer `$LATEST` of a function, or None where there is no such function."""
    return functions.find(tx, account=account, region=region, name=name, version=LATEST_NUMBER)


def select_functions(tx: Tx, *, account: str, region: str, after: str, limit: int) -> list[Function]:
    """Answer `$LATEST` of the first functions by name after the name `after` (empty for the beginning)."""
    columns = functions_table.c
    return functions.select(
        tx,
        columns.account == account,
        columns.region == region,
        columns.version == LATEST_NUMBER,
        columns.name > after,
        order_by=(columns.name,),
        limit=limit,
    )


def select_all_versions(tx: Tx, *, account: str, region: str, after: tuple[str, int], limit: int) -> list[Function]:
    """Answer the first versions of all functions by name and number after `after`, `$LATEST` first of each."""
    columns = functions_table.c
    name, version = after
    return functions.select(
        tx,
        columns.account == account,
        columns.region == region,
        or_(columns.name > name, and_(columns.name == name, columns.version > version)),
        order_by=(columns.name, columns.version),
        limit=limit,
    )


def select_versions(
    tx: Tx, *, account: str, region: str, name: str, after: int = LATEST_NUMBER - 1, limit: int | None = None
) -> list[Function]:
    """Answer the versions of a function after a number: `$LATEST`, then the published ones, the oldest first."""
    columns = functions_table.c
    return functions.select(
        tx,
        columns.account == account,
        columns.region == region,
        columns.name == name,
        columns.version > after,
        order_by=(columns.version,),
        limit=limit,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What the functions of one account and region add up to.

    Attributes:
        functions: How many there are, versions not counted.
        code_size: Bytes of their packages, each version counted.
        reserved: The invocations at once that they reserve.
    """

    functions: int
    code_size: int
    reserved: int


def measure_functions(tx: Tx, *, account: str, region: str) -> Measures:
    """Add up the functions of one account and region."""
    columns = functions_table.c
    added = select(
        func.count().filter(columns.version == LATEST_NUMBER),
        func.coalesce(func.sum(columns.code_size), 0),
        func.coalesce(func.sum(columns.reserved_concurrency), 0),
    ).where(columns.account == account, columns.region == region)
    count, size, reserved = tx.execute(added).one()
    return Measures(functions=int(count), code_size=int(size), reserved=int(reserved))


def find_newest_version(tx: Tx, function: Function) -> Function | None:
    """Answer the newest of a function's published versions that are still there, or None."""
    columns = functions_table.c
    found = functions.select(
        tx,
        columns.account == function.account,
        columns.region == function.region,
        columns.name == function.name,
        columns.version > LATEST_NUMBER,
        order_by=(columns.version.desc(),),
        limit=1,
    )
    return found[0] if found else None


def delete_all_versions(tx: Tx, *, account: str, region: str, name: str) -> bool:
    """Delete a function with all its versions; tell whether there was one."""
    columns = functions_table.c
    where = (columns.account == account, columns.region == region, columns.name == name)
    return tx.execute(delete(functions_table).where(*where)).rowcount > 0


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
    """Answer every version of every function, of all accounts and regions, whose package verified when deployed."""
    columns = functions_table.c
    order = (columns.account, columns.region, columns.name, columns.version)
    return functions.select(tx, columns.job_arn.is_not(None), order_by=order)


def blob_references(tx: Tx) -> set[str]:
    """Answer the names of all blobs that functions need, for the sweep of the blob store."""
    return set(tx.execute(select(functions_table.c.code_sha256).distinct()).scalars())
