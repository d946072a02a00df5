"""What the rows add up to: metrics are counted when they are asked for, and kept nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Table, func, select, true, type_coerce

from sealgate.store.database import Tx
from sealgate.store.decisions import decisions_table, has_failed
from sealgate.store.invocations import start_refusals_table
from sealgate.store.jobs import jobs_table

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Something that happens to functions, and is counted.

    Attributes:
        table: Where it is written down, by account, region and function.
        moment: When it happened.
        identity: What counts once, in however many rows.
        condition: Which rows are about it.
    """

    table: Table
    moment: Column[Any]
    identity: Column[Any]
    condition: ColumnElement[bool]

    def count(
        self,
        tx: Tx,
        *,
        account: str,
        region: str,
        function: str | None,
        since: datetime,
        until: datetime,
        period: timedelta,
    ) -> dict[int, int]:
        """Count it by period.

        Args:
            tx: A transaction.
            account: Whose functions.
            region: Where they are.
            function: One function's bare name; None for all.
            since: The moment that the first period begins.
            until: The moment at which the last one ends at the latest.
            period: The length of a period.

        Returns:
            How many there are in the period of each number, counted from 0; a period without any is left out.
        """
        conditions = [*self._since(account, region, since), self.moment < until]
        if function is not None:
            conditions.append(self.table.c.function == function)
        start = (since - _EPOCH) // _MICROSECOND
        number = ((type_coerce(self.moment, BigInteger) - start) // (period // _MICROSECOND)).label("number")
        numbers = select(number, self.identity).where(*conditions).distinct().subquery()
        counted = select(numbers.c.number, func.count()).group_by(numbers.c.number)
        return {int(number): int(count) for number, count in tx.execute(counted)}

    def list_functions(self, tx: Tx, *, account: str, region: str, since: datetime) -> list[str]:
        """Answer the names of the functions that it has happened to since a moment, in the order of characters."""
        found = select(self.table.c.function).where(*self._since(account, region, since))
        return sorted(tx.execute(found.distinct()).scalars())

    def _since(self, account: str, region: str, since: datetime) -> list[ColumnElement[bool]]:
        columns = self.table.c
        return [self.condition, columns.account == account, columns.region == region, self.moment >= since]


FAILED_DEPLOYMENTS = Tally(
    table=decisions_table,
    moment=decisions_table.c.decided_at,
    identity=decisions_table.c.deployment_id,
    condition=has_failed,
)
"""Deployments with a failed signature check; one of several packages counts once."""
REFUSED_STARTS = Tally(
    table=start_refusals_table,
    moment=start_refusals_table.c.refused_at,
    identity=start_refusals_table.c.refusal_id,
    condition=true(),
)
"""Starts of functions that were refused."""


def count_waiting_jobs(tx: Tx) -> int:
    """Count the signing jobs that have not ended, of every account."""
    unfinished = select(func.count()).select_from(jobs_table).where(jobs_table.c.status == "InProgress")
    return int(tx.execute(unfinished).scalar_one())
