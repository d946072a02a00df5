"""What the owner of a function lets services, other accounts and their roles do with it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Column, Dialect, Table, Text, TypeDecorator, delete

from sealgate.store.database import Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPermission:
    """One thing that one principal may do; each condition that is None asks for nothing.

    Attributes:
        statement_id: The owner's name for it; unique within the policy.
        action: As IAM names it (`lambda:InvokeFunction`, `lambda:*`).
        principal: A service (`s3.amazonaws.com`), 12 digits, an ARN of IAM, or `*`; as it was given.
        principal_id: The unique id of the user or role when the permission was given; empty for everything else.
        source_arn: What the service must act for; a pattern of `*` and `?`.
        source_account: Whose that must be.
        organization_id: Of which organization the principal must be.
        event_source_token: What Alexa must show.
        url_auth_type: `AWS_IAM` or `NONE`.
    """

    statement_id: str
    action: str
    principal: str
    principal_id: str = ""
    source_arn: str | None = None
    source_account: str | None = None
    organization_id: str | None = None
    event_source_token: str | None = None
    url_auth_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPolicy:
    """All permissions on one function, version or alias, in the order in which they were given; never none.

    Attributes:
        function: The function's bare name.
        qualifier: The version or alias that it is about; empty: the function when it is named without one.
    """

    account: str
    region: str
    function: str
    qualifier: str
    permissions: tuple[FunctionPermission, ...]


class PermissionsJson(TypeDecorator[tuple[FunctionPermission, ...]]):
    """Permissions, kept as one JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[FunctionPermission, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encode the permissions."""
        return None if value is None else orjson.dumps([dataclasses.asdict(each) for each in value]).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[FunctionPermission, ...] | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Decode the permissions."""
        return None if value is None else tuple(FunctionPermission(**each) for each in orjson.loads(value))


function_policies_table = Table(
    "function_policies",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("function", Text, primary_key=True, comment="bare name"),
    Column("qualifier", Text, primary_key=True, comment="a version or an alias; empty: the function itself"),
    Column("permissions", PermissionsJson, nullable=False, comment="JSON array; not empty"),
    comment="What principals may do with a function, a version or an alias. One without a row has no policy.",
)
function_policies = Rows(function_policies_table, FunctionPolicy)


def delete_policies(tx: Tx, *, account: str, region: str, function: str) -> None:
    """Delete all policies of a function, those of its versions and aliases too."""
    columns = function_policies_table.c
    where = (columns.account == account, columns.region == region, columns.function == function)
    tx.execute(delete(function_policies_table).where(*where))
