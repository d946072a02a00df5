"""Whether a statement of a policy is about a request, read as plainly as it can be said, one condition after another.

For requests that have each variable's value, without wildcards in it, and for well-formed values.
"""

import operator
import re
from base64 import b64decode
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from sealgate.policy.request import Ask, Context

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


@lru_cache
def is_like(pattern: str, text: str) -> bool:
    """Match a text with a pattern, one character after another."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return is_like(pattern[1:], text) or (bool(text) and is_like(pattern, text[1:]))
    return bool(text) and pattern[0] in {"?", text[0]} and is_like(pattern[1:], text[1:])


def applies(statement: dict[str, Any], ask: Ask) -> bool:
    """Tell whether a statement is about a request."""
    return (
        _lists(statement, "Action", ask.action.lower(), str.lower)
        and _lists(statement, "Resource", ask.resource, lambda text: _filled(text, ask.context))
        and all(
            _holds(name, key, _listed(values), ask.context)
            for name, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _lists(statement: dict[str, Any], element: str, text: str, read: Callable[[str], str]) -> bool:
    if f"Not{element}" in statement:
        return not any(is_like(read(pattern), text) for pattern in _listed(statement[f"Not{element}"]))
    return any(is_like(read(pattern), text) for pattern in _listed(statement[element]))


def _listed(element: Any) -> list[str]:
    return element if isinstance(element, list) else [element]


def _filled(text: str, context: Context) -> str:
    return re.sub(r"\$\{(.+?)\}", lambda found: context[found[1].lower()][0], text)


def _holds(name: str, key: str, wanted: list[str], context: Context) -> bool:
    values = context.get(key.lower(), ())
    quantifier, _, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    if base == "Null":
        return any((word == "true") is (not values) for word in wanted)
    if quantifier:
        values = tuple(value for value in values if value)
    if not values:
        return rest != base or quantifier == "ForAllValues" or ("Not" in base and not quantifier)
    matching = [
        any(_matches(base.replace("Not", ""), _filled(text, context), value) for text in wanted) for value in values
    ]
    if "Not" not in base:
        return all(matching) if quantifier == "ForAllValues" else any(matching)
    return not all(matching) if quantifier == "ForAnyValue" else not any(matching)


def _matches(base: str, wanted: str, value: str) -> bool:
    if base.startswith(("Numeric", "Date")):
        return ORDERS[re.sub("Numeric|Date", "", base)](Decimal(value), Decimal(wanted))
    return MATCHES[base](wanted, value)


def _is_arn_like(wanted: str, value: str) -> bool:
    parts = value.split(":", 5)
    return len(parts) == 6 and all(map(is_like, wanted.split(":", 5), parts))


MATCHES: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": operator.eq,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": is_like,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
    "BinaryEquals": lambda wanted, value: b64decode(wanted) == b64decode(value),
    "IpAddress": lambda wanted, value: ip_address(value) in ip_network(wanted, strict=False),
    "ArnEquals": _is_arn_like,
    "ArnLike": _is_arn_like,
}
