from datetime import UTC, datetime

import pytest

from sealgate.clock import add_months, system_clock


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-09-28T09:25:38", 135, "2037-12-28T09:25:38"),
        ("2022-02-11T17:45:24", 135, "2033-05-11T17:45:24"),
        ("2026-01-31T00:00:00", 1, "2026-02-28T00:00:00"),
        ("2028-01-31T00:00:00", 1, "2028-02-29T00:00:00"),
        ("2026-12-15T00:00:00", 1, "2027-01-15T00:00:00"),
    ],
)
def test_calendar_months_keep_the_day_or_take_the_last_of_the_month(start: str, months: int, end: str) -> None:
    moment = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert add_months(moment, months).isoformat() == f"{end}+00:00"


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert system_clock().utcoffset() is not None
    assert system_clock().tzinfo is UTC
