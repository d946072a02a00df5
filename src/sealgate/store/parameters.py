"""Parameters of Systems Manager: named texts that templates and deployment tools look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Integer, Table, Text

from sealgate.store.database import Tx
from sealgate.store.keys import KeyText
from sealgate.store.rows import Rows
from sealgate.store.tables import StringMap, UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of one account and region, as it is now.

    Attributes:
        name: With its leading slash, if it has one.
        type: `String` or `StringList`.
        value: The text; a list's items are separated by commas.
        version: 1, and one more with each new value.
        description: None where nothing was said.
        modified_by: The ARN of who gave it its value.
    """

    account: str
    region: str
    name: str
    type: str
    value: str
    version: int
    description: str | None
    tags: Mapping[str, str]
    modified_at: datetime
    modified_by: str


parameters_table = Table(
    "parameters",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("name", KeyText, primary_key=True),
    Column("type", Text, nullable=False, comment="String or StringList"),
    Column("value", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("description", Text),
    Column("tags", StringMap, nullable=False),
    Column("modified_at", UtcTime, nullable=False),
    Column("modified_by", Text, nullable=False),
    comment="Parameters of Systems Manager; only the latest version of each is kept.",
)
parameters = Rows(parameters_table, Parameter)


def select_parameters(tx: Tx, *, account: str, region: str, after: str) -> list[Parameter]:
    """Answer parameters by name, after the name `after` (empty for the beginning)."""
    columns = parameters_table.c
    return parameters.select(
        tx,
        columns.account == account,
        columns.region == region,
        columns.name > after,
        order_by=(columns.name,),
    )
