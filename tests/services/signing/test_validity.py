from datetime import UTC, datetime

import pytest

from sealgate.errors import Invalid
from sealgate.services.signing.validity import DEFAULT_VALIDITY, Validity, check_validity

NOW = datetime(2026, 9, 28, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("validity", "end"),
    [
        (DEFAULT_VALIDITY, datetime(2037, 12, 28, 12, tzinfo=UTC)),
        (Validity(value=1, unit="DAYS"), datetime(2026, 9, 29, 12, tzinfo=UTC)),
        (Validity(value=5, unit="MONTHS"), datetime(2027, 2, 28, 12, tzinfo=UTC)),
        (Validity(value=2, unit="YEARS"), datetime(2028, 9, 28, 12, tzinfo=UTC)),
    ],
)
def test_a_validity_ends_in_calendar_arithmetic_at_a_whole_second(validity: Validity, end: datetime) -> None:
    check_validity(validity, now=NOW)
    assert validity.end(NOW) == end


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (0, "DAYS"),
        (-1, "MONTHS"),
        (4110, "DAYS"),
        (136, "MONTHS"),
        (12, "YEARS"),
        (10**30, "DAYS"),
        (1, "WEEKS"),
        (1, "days"),
    ],
)
def test_a_validity_beyond_one_day_to_135_months_is_refused(value: int, unit: str) -> None:
    with pytest.raises(Invalid, match="validity period"):
        check_validity(Validity(value=value, unit=unit), now=NOW)


def test_the_longest_number_of_days_reaches_135_months_and_no_further() -> None:
    check_validity(Validity(value=4109, unit="DAYS"), now=NOW)
    assert Validity(value=4109, unit="DAYS").end(NOW) == DEFAULT_VALIDITY.end(NOW)
