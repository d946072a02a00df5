"""Asynchronous invocations that wait for their function, how they are retried, and starts that were refused.

Trust: whoever can write here can make a function run once more, with any payload, or never; code that does not verify
runs for nobody. Durability: an invocation that was acknowledged is here until it has succeeded, or for good with the
reason why it failed. Ownership: an invocation is one worker's while its lease lasts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, and_, func, or_, select, update

from sealgate.arn import function_arn
from sealgate.store.database import Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import UtcTime, metadata

InvocationStatus = Literal["Waiting", "Failed"]
"""Waiting: for its first attempt or the next one. Failed: given up, for the reason in the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedInvocation:
    """An asynchronous invocation; its row goes when it has succeeded.

    Attributes:
        request_id: Of the call that has asked for it, which the function sees in every attempt.
        function: Bare name.
        qualifier: As it was invoked: a version, an alias, or empty.
        invoked_by: The ARN of who has asked.
        payload: The event, as it came.
        client_context: Base64, as it came; None where none did.
        due_at: When to try next.
        attempts: How often the function has run for it and failed.
        reason: How the last attempt failed; None before the first.
        lease_owner: The server that is running it, until `lease_until`.
    """

    request_id: str
    account: str
    region: str
    function: str
    qualifier: str
    invoked_by: str
    payload: bytes = field(repr=False)
    client_context: str | None
    created_at: datetime
    due_at: datetime
    status: InvocationStatus = "Waiting"
    attempts: int = 0
    reason: str | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvokeConfig:
    """How asynchronous invocations of a function, or one version or alias of it, are retried.

    Attributes:
        function: Bare name.
        qualifier: A version or an alias; empty for the function itself.
        max_retries: Attempts after the first one; None: as by default.
        max_age: Seconds that an invocation may wait; None: as by default.
    """

    account: str
    region: str
    function: str
    qualifier: str
    max_retries: int | None
    max_age: int | None
    last_modified: datetime

    @property
    def function_arn(self) -> str:
        """The function's ARN, unqualified."""
        return function_arn(self.region, self.account, self.function)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRefusal:
    """A start that was refused, since the code was not the one that had been deployed, or was revoked or expired.

    Attributes:
        refusal_id: A UUID.
        function: Bare name.
        version: As it is named.
        package_sha256: The package at fault: the function's code, or a layer.
        layer_version_arn: The layer version that it is; None for the function's own code.
        reason: The broken rule, in one word.
        detail: The same in a sentence.
    """

    refusal_id: str
    refused_at: datetime
    account: str
    region: str
    function: str
    version: str
    package_sha256: str
    layer_version_arn: str | None
    reason: str
    detail: str


queued_invocations_table = Table(
    "queued_invocations",
    metadata,
    Column("request_id", Text, primary_key=True, comment="lower-case UUID"),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("function", Text, nullable=False, comment="bare name"),
    Column("qualifier", Text, nullable=False, comment="a version or an alias; empty: the function itself"),
    Column("invoked_by", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("client_context", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("status", Text, nullable=False, comment="Waiting or Failed"),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text),
    Column("lease_owner", Text),
    Column("lease_until", UtcTime),
    Index("ix_queued_invocations_due", "status", "due_at"),
    comment="Asynchronous invocations that have not succeeded yet, or never will.",
)
invoke_configs_table = Table(
    "invoke_configs",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("function", Text, primary_key=True, comment="bare name"),
    Column("qualifier", Text, primary_key=True, comment="a version or an alias; empty: the function itself"),
    Column("max_retries", Integer),
    Column("max_age", Integer, comment="seconds"),
    Column("last_modified", UtcTime, nullable=False),
)
start_refusals_table = Table(
    "start_refusals",
    metadata,
    Column("refusal_id", Text, primary_key=True, comment="lower-case UUID"),
    Column("refused_at", UtcTime, nullable=False),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("function", Text, nullable=False, comment="bare name"),
    Column("version", Text, nullable=False, comment="$LATEST or a number"),
    Column("package_sha256", Text, nullable=False),
    Column("layer_version_arn", Text, comment="null: the function's own code"),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_start_refusals_function", "account", "region", "refused_at", "function"),
    comment="Starts that were refused. Rows are never changed or deleted.",
)
queued_invocations = Rows(queued_invocations_table, QueuedInvocation)
invoke_configs = Rows(invoke_configs_table, InvokeConfig)
start_refusals = Rows(start_refusals_table, StartRefusal)
_q = queued_invocations_table.c


def list_due_invocations(tx: Tx, *, now: datetime, limit: int, without: Collection[str] = ()) -> list[QueuedInvocation]:
    """Answer invocations that are due and that nobody runs, or whose runner's lease is over; the oldest first.

    Args:
        tx: A transaction.
        now: The time.
        limit: How many at most.
        without: Accounts whose invocations have to wait.
    """
    free = or_(_q.lease_until.is_(None), _q.lease_until <= now)
    due = and_(_q.status == "Waiting", _q.due_at <= now, free, _q.account.not_in(without))
    return queued_invocations.select(tx, due, order_by=[_q.due_at, _q.request_id], limit=limit)


def find_next_due(tx: Tx, *, without: Collection[str] = ()) -> datetime | None:
    """Answer when the next invocation that nobody runs is due, of other accounts than these; None where none waits."""
    waiting = and_(_q.status == "Waiting", _q.lease_until.is_(None), _q.account.not_in(without))
    return tx.execute(select(func.min(_q.due_at)).where(waiting)).scalar()


def renew_leases(tx: Tx, *, owner: str, request_ids: Collection[str], until: datetime) -> None:
    """Lengthen the leases that an owner holds on these invocations."""
    held = and_(_q.lease_owner == owner, _q.request_id.in_(request_ids))
    tx.execute(update(queued_invocations_table).where(held).values(lease_until=until))


def release_leases(tx: Tx, *, owner: str) -> None:
    """Give back every invocation that an owner has taken up and not ended."""
    held = _q.lease_owner == owner
    tx.execute(update(queued_invocations_table).where(held).values(lease_owner=None, lease_until=None))


def select_invoke_configs(
    tx: Tx, *, account: str, region: str, function: str, start: str, limit: int
) -> list[InvokeConfig]:
    """Answer the first configs of a function by qualifier, from the qualifier `start` on; empty: from the beginning."""
    columns = invoke_configs_table.c
    return invoke_configs.select(
        tx,
        columns.account == account,
        columns.region == region,
        columns.function == function,
        columns.qualifier >= start,
        order_by=[columns.qualifier],
        limit=limit,
    )


def delete_invocations_of(tx: Tx, *, account: str, region: str, function: str) -> None:
    """Remove what waits for a function that is deleted, and how it was retried."""
    for table in (queued_invocations_table, invoke_configs_table):
        columns = table.c
        of_function = and_(columns.account == account, columns.region == region, columns.function == function)
        tx.execute(table.delete().where(of_function))
