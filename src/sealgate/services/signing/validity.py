"""How long a signature is valid: a number of days, months or years, in calendar arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.clock import add_months
from sealgate.errors import Invalid

MAX_MONTHS = 135
"""The default and the longest validity: 11 years and 3 months (AWS Signer, PutSigningProfile)."""
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """A period, as the profile's owner gave it.

    Attributes:
        value: How many units, at least one.
        unit: DAYS, MONTHS or YEARS.
    """

    value: int
    unit: str

    def end(self, start: datetime) -> datetime:
        """Answer when a signature that begins in the second of `start` ends: a whole second."""
        start = start.replace(microsecond=0)
        if self.unit == "DAYS":
            return start + timedelta(days=self.value)
        return add_months(start, self.value * (_MONTHS_A_YEAR if self.unit == "YEARS" else 1))


DEFAULT_VALIDITY = Validity(value=MAX_MONTHS, unit="MONTHS")


def check_validity(validity: Validity, *, now: datetime) -> None:
    """Check that a period is one day at least and 135 calendar months at most, counted from now.

    Raises:
        Invalid: It is not, or its unit is unknown.
    """
    longest = {
        "DAYS": (add_months(now, MAX_MONTHS) - now).days,
        "MONTHS": MAX_MONTHS,
        "YEARS": MAX_MONTHS // _MONTHS_A_YEAR,
    }
    if validity.unit not in longest:
        raise Invalid(f"Signature validity period type {validity.unit!r} must be one of {', '.join(longest)}")
    if not 1 <= validity.value <= longest[validity.unit]:
        raise Invalid(
            f"Signature validity period {validity.value} {validity.unit} must be between 1 day and {MAX_MONTHS} months"
        )
