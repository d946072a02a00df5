"""Code signing configs: which publishers a function accepts, and what happens when a package breaks the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Table, Text

from sealgate.arn import config_arn
from sealgate.store.database import Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import StringList, StringMap, UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSigningConfig:
    """One config of one account and region.

    Attributes:
        config_id: `csc-` and 17 hexadecimal digits.
        description: None until one is given or the config is first updated, which makes it empty text.
        publishers: ARNs of profile versions, in AWS's form and in the order given; never resolved.
        policy: `Warn` or `Enforce`: what an untrusted package meets.
        last_modified: When any of the above last changed; tags do not count.
    """

    account: str
    region: str
    config_id: str
    description: str | None
    publishers: tuple[str, ...]
    policy: str
    tags: Mapping[str, str]
    last_modified: datetime

    @property
    def arn(self) -> str:
        """The config's ARN."""
        return config_arn(self.region, self.account, self.config_id)


configs_table = Table(
    "code_signing_configs",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("config_id", Text, primary_key=True),
    Column("description", Text),
    Column("publishers", StringList, nullable=False),
    Column("policy", Text, nullable=False),
    Column("tags", StringMap, nullable=False),
    Column("last_modified", UtcTime, nullable=False),
)
configs = Rows(configs_table, CodeSigningConfig)


def select_configs(tx: Tx, *, account: str, region: str, after: str, limit: int) -> list[CodeSigningConfig]:
    """Answer the first configs by id after the id `after` (empty for the beginning)."""
    columns = configs_table.c
    return configs.select(
        tx,
        columns.account == account,
        columns.region == region,
        columns.config_id > after,
        order_by=(columns.config_id,),
        limit=limit,
    )
