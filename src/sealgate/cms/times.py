"""GeneralizedTime, as X.690 11.7 has it: UTC, with seconds; a fraction where the reader allows one.

AWS Signer writes milliseconds in the signing time, which RFC 5652 11.3 forbids, so libraries refuse it; hence our own.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sealgate.cms.ber import GENERALIZED_TIME, EnvelopeError, encode

_TIME = re.compile(rb"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{1,9}))?Z")
_MICROSECOND_DIGITS = 6


def parse_time(content: bytes) -> datetime:
    """Read the content of a GeneralizedTime; a fraction is cut to whole microseconds.

    Raises:
        EnvelopeError: It is no such time, or no moment of the calendar.
    """
    match = _TIME.fullmatch(content)
    if match is None:
        raise EnvelopeError(f"{content[:32]!r} is not a time in UTC with seconds")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    microsecond = int((match[7] or b"0")[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, b"0"))
    try:
        return datetime(year, month, day, hour, minute, second, microsecond, UTC)
    except ValueError as error:
        raise EnvelopeError(f"{content[:32]!r} is no moment of the calendar") from error


def encode_time(moment: datetime) -> bytes:
    """Encode a moment in whole seconds; what is finer is cut off."""
    # Not strftime: its %Y does not pad years before 1000 everywhere.
    utc = moment.astimezone(UTC)
    text = f"{utc.year:04}{utc.month:02}{utc.day:02}{utc.hour:02}{utc.minute:02}{utc.second:02}Z"
    return encode(GENERALIZED_TIME, text.encode())
