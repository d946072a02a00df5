"""What the values of a condition mean, by the operator's family; each makes a criterion of one value of the request.

(IAM User Guide, "IAM JSON policy elements: Condition operators".)
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache, partial
from operator import eq

from sealgate.policy.criteria import Aspect, Criterion, Test, equal, framed
from sealgate.policy.malformed import legacy_error, syntax_error
from sealgate.policy.request import Context
from sealgate.policy.variables import Template, parse_template
from sealgate.policy.wildcards import check_pattern

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
_REMEMBERED = 1024  # values of requests: policy after policy asks for the same ones
_LATEST = 16  # the same, where each aspect remembers them for itself


def is_readable(text: str, kind: str) -> bool:
    """Tell whether a value of a request says something of a kind.

    Args:
        text: The value.
        kind: `string`, `numeric`, `date`, `boolean`, `ip` or `binary`, in the policy simulator's words.
    """
    return _READERS[kind](text)


def compile_text(text: str, *, variables: bool, fold: bool) -> Criterion:
    """Equal texts; with `fold`, whatever their case."""
    template = parse_template(text, variables=variables)
    constant = template.text({}) if template.is_constant else None
    if constant is not None:
        return Criterion(aspect=str.casefold, wanted=constant.casefold()) if fold else equal(constant)
    if fold:
        return framed("", "", lambda value, context: _is_same_but_for_case(value, template.text(context)))
    return replace(template.criterion, test=lambda value, context: value == template.text(context))


def _is_same_but_for_case(value: str, wanted: str | None) -> bool:
    return wanted is not None and value.casefold() == wanted.casefold()


def compile_pattern(text: str, *, variables: bool) -> Criterion:
    """A text that matches a pattern.

    Raises:
        MalformedPolicy: It is too long.
    """
    return parse_template(check_pattern(text), variables=variables).criterion


def compile_arn(text: str, *, variables: bool) -> Criterion:
    """An ARN of which each of the six parts matches that part of a pattern; ArnEquals and ArnLike are the same.

    Raises:
        MalformedPolicy: The pattern has not six parts, and is neither `*` nor made of variables; or is too long.
    """
    template = parse_template(check_pattern(text), variables=variables)
    parts = template.split(_ARN_PARTS)
    if len(parts) == _ARN_PARTS:
        return _arn_criterion(parts)
    if text != _ANYTHING and template.is_constant:
        raise legacy_error(f"{text!r} is no ARN.")
    return template.criterion


def _arn_criterion(parts: list[Template]) -> Criterion:
    """Ask each part what the criterion of that part asks."""
    checks = [(place, part.criterion) for place, part in enumerate(parts) if part.parts != (_ANYTHING,)]
    tests = [(place, check.test) for place, check in checks if check.test is not None]
    return Criterion(
        aspect=_aspect_of_arn(tuple((place, check.aspect) for place, check in checks)),
        wanted=tuple(check.wanted for _, check in checks),
        test=partial(_passes_each, tests) if tests else None,
    )


@lru_cache(maxsize=_REMEMBERED)
def _aspect_of_arn(shape: tuple[tuple[int, Aspect], ...]) -> Aspect:
    """Look at something of some parts."""

    @lru_cache(maxsize=_LATEST)
    def aspect(value: str) -> Hashable:
        parts = _parts(value)
        if len(parts) != _ARN_PARTS:
            return None
        return tuple(look(parts[place]) for place, look in shape)

    return aspect


def _passes_each(tests: Sequence[tuple[int, Test]], value: str, context: Context) -> bool:
    parts = _parts(value)
    return all(test(parts[place], context) for place, test in tests)


@lru_cache(maxsize=_REMEMBERED)
def _parts(text: str) -> list[str]:
    return text.split(":", _ARN_PARTS - 1)


def compile_number(text: str, *, order: Order) -> Criterion:
    """A number in some order to another.

    Raises:
        MalformedPolicy: It is no number.
    """
    wanted = _number(text)
    if wanted is None:
        raise legacy_error(f"{text!r} is no number.")
    return _in_order(_number, wanted, order)


def _in_order(read: Callable[[str], Decimal | None], wanted: Decimal, order: Order) -> Criterion:
    if order is eq:
        return Criterion(aspect=read, wanted=wanted)

    def test(value: str, _: Context) -> bool:
        number = read(value)
        return number is not None and order(number, wanted)

    return framed("", "", test)


@lru_cache(maxsize=_REMEMBERED)
def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def compile_date(text: str, *, order: Order) -> Criterion:
    """A moment in some order to another.

    Raises:
        MalformedPolicy: It is neither ISO 8601 nor seconds of the epoch.
    """
    wanted = _moment(text)
    if wanted is None:
        raise legacy_error(f"{text!r} is no date.")
    return _in_order(_moment, wanted, order)


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


def compile_boolean(text: str, *, variables: bool) -> Criterion:
    """`true` or `false`, in any case.

    Raises:
        MalformedPolicy: It is neither, and no variable.
    """
    if parse_template(text, variables=variables).is_constant and text.lower() not in _BOOLEANS:
        raise syntax_error(f"{text!r} is neither true nor false.")
    return compile_text(text, variables=variables, fold=True)


def compile_binary(text: str) -> Criterion:
    """The same bytes, both written in base64.

    Raises:
        MalformedPolicy: It is no base64.
    """
    wanted = _bytes(text)
    if wanted is None:
        raise legacy_error(f"{text!r} is no base64.")
    return Criterion(aspect=_bytes, wanted=wanted)


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.encode(), validate=True)
    except ValueError:  # no base64, or a lone surrogate
        return None


def compile_address(text: str) -> Criterion:
    """An address, of version 4 or 6, in a range (CIDR; an address alone is a range of one).

    Raises:
        MalformedPolicy: It is no range of addresses.
    """
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise legacy_error(f"{text!r} is no range of IP addresses.") from None
    width = network.max_prefixlen - network.prefixlen
    return Criterion(aspect=_network(network.version, width), wanted=int(network.network_address) >> width)


@lru_cache(maxsize=_REMEMBERED)
def _network(version: int, width: int) -> Aspect:
    """Look at all but so many last bits of an address of some version."""

    @lru_cache(maxsize=_LATEST)
    def aspect(value: str) -> Hashable:
        for kind, number in _addresses(value):
            if kind == version:
                return number >> width
        return None

    return aspect


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
