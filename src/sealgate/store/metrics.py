"""What the rows add up to: metrics are counted when they are asked for, and kept nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, func, select, type_coerce

from sealgate.store.database import Tx
from sealgate.store.decisions import decisions_table, has_failed
from sealgate.store.jobs import jobs_table

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_columns = decisions_table.c


def count_failures(
    tx: Tx, *, account: str, region: str, function: str | None, since: datetime, until: datetime, period: timedelta
) -> dict[int, int]:
    """Count deployments with a failed signature check, by period; one of several packages counts once.

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
    moment = type_coerce(_columns.decided_at, BigInteger)
    start = (since - _EPOCH) // _MICROSECOND
    conditions = [
        has_failed,
        _columns.account == account,
        _columns.region == region,
        _columns.decided_at >= since,
        _columns.decided_at < until,
    ]
    if function is not None:
        conditions.append(_columns.function == function)
    number = ((moment - start) // (period // _MICROSECOND)).label("number")
    numbers = select(number, _columns.deployment_id).where(*conditions).distinct().subquery()
    counted = select(numbers.c.number, func.count()).group_by(numbers.c.number)
    return {int(number): int(count) for number, count in tx.execute(counted)}


def list_failing_functions(tx: Tx, *, account: str, region: str, since: datetime) -> list[str]:
    """Answer the names of the functions with such a deployment since a moment, in the order of their characters."""
    found = select(_columns.function).where(
        has_failed, _columns.account == account, _columns.region == region, _columns.decided_at >= since
    )
    return sorted(tx.execute(found.distinct()).scalars())


def count_waiting_jobs(tx: Tx) -> int:
    """Count the signing jobs that have not ended, of every account."""
    unfinished = select(func.count()).select_from(jobs_table).where(jobs_table.c.status == "InProgress")
    return int(tx.execute(unfinished).scalar_one())
