"""What the values of a condition mean, by the operator's family; each makes a test of one value of the request.

(IAM User Guide, "IAM JSON policy elements: Condition operators".)
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache, partial

from sealgate.policy.malformed import legacy_error, syntax_error
from sealgate.policy.request import Context
from sealgate.policy.variables import parse_template
from sealgate.policy.wildcards import check_pattern

Test = Callable[[str, Context], bool]
"""Does one value of the request match one value of the policy?"""

Order = Callable[[Decimal, Decimal], bool]

_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII)
_EPOCH = re.compile(r"\d{1,19}", re.ASCII)
_MOMENT = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d{1,2})(-(?P<day>\d{1,2}))?)?"
    r"([Tt](?P<hour>\d{1,2})(:(?P<minute>\d{1,2})(:(?P<second>\d{1,2})(\.(?P<fraction>\d{1,9}))?)?)?"
    r"(?P<zone>[Zz]|[+-]\d{2}(:\d{2})?)?)?",
    re.ASCII,
)
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_EPOCH = 2**63 - 1
_ARN_PARTS = 6
_ANYTHING = "*"
_BOOLEANS = frozenset({"true", "false"})
_REMEMBERED = 1024  # values of requests: statement after statement asks for the same ones


def is_readable(text: str, kind: str) -> bool:
    """Tell whether a value of a request says something of a kind.

    Args:
        text: The value.
        kind: `string`, `numeric`, `date`, `boolean`, `ip` or `binary`, in the policy simulator's words.
    """
    return _READERS[kind](text)


def compile_text(text: str, *, variables: bool, fold: bool) -> Test:
    """Equal texts; with `fold`, whatever their case."""
    template = parse_template(text, variables=variables)
    if fold:
        return lambda value, context: _is_same_but_for_case(value, template.text(context))
    constant = template.text({})
    if template.is_constant:
        return lambda value, _: value == constant
    return lambda value, context: value == template.text(context)


def _is_same_but_for_case(value: str, wanted: str | None) -> bool:
    return wanted is not None and value.casefold() == wanted.casefold()


def compile_pattern(text: str, *, variables: bool) -> Test:
    """A text that matches a pattern.

    Raises:
        MalformedPolicy: It is too long.
    """
    return parse_template(check_pattern(text), variables=variables).match


def compile_arn(text: str, *, variables: bool) -> Test:
    """An ARN of which each of the six parts matches that part of a pattern; ArnEquals and ArnLike are the same.

    Raises:
        MalformedPolicy: The pattern has not six parts, and is neither `*` nor made of variables; or is too long.
    """
    template = parse_template(check_pattern(text), variables=variables)
    parts = template.split(_ARN_PARTS)
    if len(parts) == _ARN_PARTS:
        # The last part tells ARNs apart best.
        checks = [
            (place, part.match) for place, part in reversed(tuple(enumerate(parts))) if part.parts != (_ANYTHING,)
        ]
        return partial(_match_each, checks)
    if text != _ANYTHING and template.is_constant:
        raise legacy_error(f"{text!r} is no ARN.")
    return template.match


def _match_each(checks: Sequence[tuple[int, Test]], value: str, context: Context) -> bool:
    values = _parts(value)
    if len(values) != _ARN_PARTS:
        return False
    for place, match in checks:  # noqa: SIM110 - a generator for each condition of a request shows
        if not match(values[place], context):
            return False
    return True


@lru_cache(maxsize=_REMEMBERED)
def _parts(text: str) -> list[str]:
    return text.split(":", _ARN_PARTS - 1)


def compile_number(text: str, *, order: Order) -> Test:
    """A number in some order to another.

    Raises:
        MalformedPolicy: It is no number.
    """
    wanted = _number(text)
    if wanted is None:
        raise legacy_error(f"{text!r} is no number.")
    return lambda value, _: _ordered(_number(value), wanted, order)


def _ordered(value: Decimal | None, wanted: Decimal, order: Order) -> bool:
    return value is not None and order(value, wanted)


@lru_cache(maxsize=_REMEMBERED)
def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def compile_date(text: str, *, order: Order) -> Test:
    """A moment in some order to another.

    Raises:
        MalformedPolicy: It is neither ISO 8601 nor seconds of the epoch.
    """
    wanted = _moment(text)
    if wanted is None:
        raise legacy_error(f"{text!r} is no date.")
    return lambda value, _: _ordered(_moment(value), wanted, order)


@lru_cache(maxsize=_REMEMBERED)
def _moment(text: str) -> Decimal | None:
    """Read seconds of the epoch. Four digits are seconds, not a year, as IAM reads them."""
    if _EPOCH.fullmatch(text):
        return Decimal(text) if int(text) <= _MAX_EPOCH else None
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    fields = [int(found[name] or least) for name, least in _FIELDS]
    try:
        since = datetime(*fields[:6], tzinfo=_zone(found["zone"])) - _EPOCH_START  # type: ignore[misc, arg-type]
    except ValueError:
        return None
    return Decimal(since.days * 86400 + since.seconds) + Decimal(f"0.{found['fraction'] or 0}")


_FIELDS = (("year", 1), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))


def _zone(text: str | None) -> timezone:
    """Read a time zone; none is UTC.

    Raises:
        ValueError: It is a day or more.
    """
    if text is None or text in "Zz":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[4:] or 0)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def compile_boolean(text: str, *, variables: bool) -> Test:
    """`true` or `false`, in any case.

    Raises:
        MalformedPolicy: It is neither, and no variable.
    """
    if parse_template(text, variables=variables).is_constant and text.lower() not in _BOOLEANS:
        raise syntax_error(f"{text!r} is neither true nor false.")
    return compile_text(text, variables=variables, fold=True)


def compile_binary(text: str) -> Test:
    """The same bytes, both written in base64.

    Raises:
        MalformedPolicy: It is no base64.
    """
    wanted = _bytes(text)
    if wanted is None:
        raise legacy_error(f"{text!r} is no base64.")
    return lambda value, _: _bytes(value) == wanted


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.encode(), validate=True)
    except ValueError:  # no base64, or a lone surrogate
        return None


def compile_address(text: str) -> Test:
    """An address, of version 4 or 6, in a range (CIDR; an address alone is a range of one).

    Raises:
        MalformedPolicy: It is no range of addresses.
    """
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise legacy_error(f"{text!r} is no range of IP addresses.") from None
    version, first, last = network.version, int(network.network_address), int(network.broadcast_address)

    def test(value: str, _: Context) -> bool:
        for kind, number in _addresses(value):  # noqa: SIM110 - a generator for each condition of a request shows
            if version == kind and first <= number <= last:
                return True
        return False

    return test


@lru_cache(maxsize=_REMEMBERED)
def _addresses(text: str) -> tuple[tuple[int, int], ...]:
    """Read an address: version and number. None where it is none; two where it is of version 4 written in 6.

    A socket of both versions shows a client of version 4 as `::ffff:192.0.2.1`.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ()
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return tuple((each.version, int(each)) for each in (address, mapped) if each is not None)


_READERS: Mapping[str, Callable[[str], bool]] = {
    "string": lambda _: True,
    "numeric": lambda text: _number(text) is not None,
    "date": lambda text: _moment(text) is not None,
    "boolean": lambda text: text.lower() in _BOOLEANS,
    "ip": lambda text: bool(_addresses(text)),
    "binary": lambda text: _bytes(text) is not None,
}
