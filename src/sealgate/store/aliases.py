"""Aliases: names for versions of functions that can be pointed elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Column, Dialect, ForeignKeyConstraint, Integer, Table, Text, TypeDecorator, delete

from sealgate.arn import function_arn
from sealgate.store.database import Tx
from sealgate.store.functions import LATEST, LATEST_NUMBER
from sealgate.store.rows import Rows
from sealgate.store.tables import metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name for a version of one function of one account and region.

    Attributes:
        function: The function's bare name.
        name: The alias's own.
        version: The number of the version that it points to, or `LATEST_NUMBER`.
        routing: Another published version and the share of invocations that it gets, over 0 up to 1; the version above
            gets the rest.
        revision_id: Changes with every change of the alias, or of its policy.
    """

    account: str
    region: str
    function: str
    name: str
    version: int
    description: str
    routing: Mapping[int, float]
    revision_id: str

    @property
    def arn(self) -> str:
        """The ARN of the function with the alias as its qualifier."""
        return f"{function_arn(self.region, self.account, self.function)}:{self.name}"

    @property
    def version_name(self) -> str:
        """The version that it points to, as calls name it."""
        return LATEST if self.version == LATEST_NUMBER else str(self.version)


class Weights(TypeDecorator[Mapping[int, float]]):
    """Shares of versions, kept as a JSON object."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[int, float] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encode the shares."""
        return None if value is None else orjson.dumps(dict(value), option=orjson.OPT_NON_STR_KEYS).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Mapping[int, float] | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Decode the shares."""
        return None if value is None else {int(version): weight for version, weight in orjson.loads(value).items()}


aliases_table = Table(
    "aliases",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("function", Text, primary_key=True, comment="bare name"),
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False, comment="0: $LATEST"),
    Column("description", Text, nullable=False),
    Column("routing", Weights, nullable=False, comment="JSON object: version to its share of invocations"),
    Column("revision_id", Text, nullable=False),
    ForeignKeyConstraint(
        ["account", "region", "function", "version"],
        ["functions.account", "functions.region", "functions.name", "functions.version"],
        name="fk_aliases_function",
    ),
)
aliases = Rows(aliases_table, Alias)


def select_aliases(
    tx: Tx, *, account: str, region: str, function: str, after: str = "", limit: int | None = None
) -> list[Alias]:
    """Answer the first aliases of a function by name after the name `after` (empty for the beginning)."""
    columns = aliases_table.c
    return aliases.select(
        tx,
        columns.account == account,
        columns.region == region,
        columns.function == function,
        columns.name > after,
        order_by=(columns.name,),
        limit=limit,
    )


def delete_aliases(tx: Tx, *, account: str, region: str, function: str) -> None:
    """Delete all aliases of a function."""
    columns = aliases_table.c
    where = (columns.account == account, columns.region == region, columns.function == function)
    tx.execute(delete(aliases_table).where(*where))
