"""Single values as text: in paths, queries, headers, forms and XML, both ways.

Reading is strict: what is not of its type ends in `Malformed`, never in a guess.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from sealgate.aws.faults import Malformed
from sealgate.aws.model import Shape

Parse = Callable[[str, str], Any]
"""Reads a text; the second argument says where it stands, for messages."""

ISO8601 = "iso8601"
RFC822 = "rfc822"
UNIX = "unixTimestamp"

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,32}(\.[0-9]{1,32})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_BITS = {"integer": 31, "long": 63}


def malformed(where: str, what: str) -> Malformed:
    """Say that the value at some place is not what it must be."""
    return Malformed(f"The value at '{where}' is not {what}.")


def check_text(value: str, where: str) -> str:
    """Answer a text as it is.

    Raises:
        Malformed: It has a NUL, which no store of ours can hold, or half a surrogate pair.
    """
    if "\0" in value:
        raise malformed(where, "a text without NUL characters")
    return value


def check_integer(value: int, where: str, type_name: str) -> int:
    """Answer a whole number as it is.

    Raises:
        Malformed: It does not fit the type (`integer` 32 bits, `long` 64).
    """
    limit = 1 << _BITS[type_name]
    if not -limit <= value < limit:
        raise malformed(where, f"within the range of {type_name}")
    return value


def parse_base64(value: str, where: str) -> bytes:
    """Read a blob.

    Raises:
        Malformed: It is not base64.
    """
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed(where, "base64") from error


def parse_unix(value: float, where: str) -> datetime:
    """Read seconds since 1970.

    Raises:
        Malformed: No moment of the years 1 to 9999.
    """
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise malformed(where, "a moment in time") from error


def parser_of(shape: Shape, timestamp_format: str) -> Parse:
    """Answer the function that reads a scalar from text.

    Args:
        shape: A shape that is no structure, list or map.
        timestamp_format: Of timestamps whose shape says none.
    """
    if shape.type_name == "timestamp":
        return _MOMENTS[shape.serialization.get("timestampFormat", timestamp_format)]
    if shape.type_name in _BITS:
        type_name = shape.type_name
        return lambda value, where: _parse_integer(value, where, type_name)
    return _PARSERS[shape.type_name]


def encoder_of(shape: Shape, timestamp_format: str) -> Callable[[Any], str]:
    """Answer the function that writes a scalar as text."""
    if shape.type_name == "timestamp":
        encode = _ENCODED_MOMENTS[shape.serialization.get("timestampFormat", timestamp_format)]
        # A moment that was kept as the text it was given as goes out as that text (S3's Expires).
        return lambda value: value if isinstance(value, str) else encode(value)
    if shape.type_name == "boolean":
        return lambda value: "true" if value else "false"
    if shape.type_name == "blob":
        return lambda value: base64.b64encode(value).decode()
    return str


def encode_unix(moment: datetime) -> float:
    """Write a moment as seconds since 1970, a whole number where it is one."""
    seconds = moment.timestamp()
    return int(seconds) if seconds.is_integer() else seconds


def _parse_integer(value: str, where: str, type_name: str) -> int:
    if not _INTEGER.fullmatch(value):
        raise malformed(where, "a whole number")
    return check_integer(int(value), where, type_name)


def _parse_float(value: str, where: str) -> float:
    number = float(value) if _NUMBER.fullmatch(value) else math.inf
    if not math.isfinite(number):
        raise malformed(where, "a number")
    return number


def _parse_boolean(value: str, where: str) -> bool:
    if value not in ("true", "false"):
        raise malformed(where, "true or false")
    return value == "true"


def _parse_iso8601(value: str, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise malformed(where, "a moment in ISO 8601 form") from error


def _parse_rfc822(value: str, where: str) -> datetime:
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise malformed(where, "an HTTP date") from error


def _encode_iso8601(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


_PARSERS: dict[str, Parse] = {
    "string": check_text,
    "character": check_text,
    "float": _parse_float,
    "double": _parse_float,
    "boolean": _parse_boolean,
    "blob": parse_base64,
}
_MOMENTS: dict[str, Parse] = {
    ISO8601: _parse_iso8601,
    RFC822: _parse_rfc822,
    UNIX: lambda value, where: parse_unix(_parse_float(value, where), where),
}
_ENCODED_MOMENTS: dict[str, Callable[[datetime], str]] = {
    ISO8601: _encode_iso8601,
    RFC822: lambda moment: format_datetime(moment.astimezone(UTC), usegmt=True),
    UNIX: lambda moment: str(encode_unix(moment)),
}
