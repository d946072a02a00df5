"""Time, as an argument. The wall clock is read here and nowhere else."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Answers the present moment: aware, in UTC."""


def system_clock() -> datetime:
    """Answer the machine's wall clock."""
    return datetime.now(UTC)


def add_months(moment: datetime, months: int) -> datetime:
    """Add calendar months, as AWS Signer does: the same day and time of day, or the month's last day.

    2026-01-31 plus one month is 2026-02-28.
    """
    year, month0 = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month0 + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=year, month=month0 + 1)
