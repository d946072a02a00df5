"""The Condition element: reading it, and what it means; `sealgate.policy.sieve` tests requests against it.

The rules (IAM User Guide, "Condition operators", "Set operators for multivalued context keys"):

1. Every operator and every key of a Condition must hold; of the values of one key, one.
2. A key that the request does not have matches nothing: an operator fails, its negation (`StringNotEquals`, ...) holds.
3. `...IfExists` holds for a key that the request does not have.
4. `ForAllValues:` asks each value of the request, and holds for a request that has none, or empty ones only.
5. `ForAnyValue:` asks for one value of the request, and fails for a request that has none, negated or not.
6. `Null` asks whether the request does not have the key.
7. A negated operator holds where none of its values matches.

A key of several values without `ForAllValues` or `ForAnyValue`, against which AWS warns, matches by any of its values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any

from sealgate.policy import operands
from sealgate.policy.criteria import Criterion
from sealgate.policy.malformed import MalformedPolicy, syntax_error
from sealgate.policy.variables import parse_template


class Quantifier(StrEnum):
    """Which values of a key have to match."""

    ALL = "ForAllValues"
    ANY = "ForAnyValue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What an operator's name stands for, without prefix and suffix.

    Attributes:
        read: Makes the criterion of one value; takes the value and whether the policy has variables.
        negated: Holds where no value matches.
    """

    read: Callable[[str, bool], Criterion]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Condition:
    """One operator applied to one key. Equal ones that policies hold are one object.

    Attributes:
        operator: As it was written.
        name: The key, as it was written.
        key: The same in lower case.
        quantifier: `ForAllValues`, `ForAnyValue` or none.
        if_exists: A request without the key passes.
        negated: Holds where no value matches.
        null: For `Null`: whether the key has to be absent, one answer for each value; empty for other operators.
        values: The values of the policy, as they were written.
        criteria: One for each value.
        variables: The context keys that its values read, as they were written.
    """

    operator: str
    name: str
    key: str
    quantifier: Quantifier | None
    if_exists: bool
    negated: bool
    null: tuple[bool, ...]
    values: tuple[str, ...]
    criteria: tuple[Criterion, ...] = field(repr=False)
    variables: tuple[str, ...]

    @property
    def holds_without_value(self) -> bool:
        """Whether a request without the key meets it (rules 2 to 6)."""
        if self.null:
            return True in self.null
        if self.if_exists or self.quantifier is Quantifier.ALL:
            return True
        return self.negated and self.quantifier is None


def _text(value: str, variables: bool) -> Criterion:
    return operands.compile_text(value, variables=variables, fold=False)


def _folded(value: str, variables: bool) -> Criterion:
    return operands.compile_text(value, variables=variables, fold=True)


def _pattern(value: str, variables: bool) -> Criterion:
    return operands.compile_pattern(value, variables=variables)


def _arn(value: str, variables: bool) -> Criterion:
    return operands.compile_arn(value, variables=variables)


def _boolean(value: str, variables: bool) -> Criterion:
    return operands.compile_boolean(value, variables=variables)


def _binary(value: str, _: bool) -> Criterion:
    return operands.compile_binary(value)


def _address(value: str, _: bool) -> Criterion:
    return operands.compile_address(value)


def _number(order: operands.Order, value: str, _: bool) -> Criterion:
    return operands.compile_number(value, order=order)


def _date(order: operands.Order, value: str, _: bool) -> Criterion:
    return operands.compile_date(value, order=order)


_ORDERS: dict[str, operands.Order] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}

OPERATORS = {
    "StringEquals": Operator(read=_text),
    "StringNotEquals": Operator(read=_text, negated=True),
    "StringEqualsIgnoreCase": Operator(read=_folded),
    "StringNotEqualsIgnoreCase": Operator(read=_folded, negated=True),
    "StringLike": Operator(read=_pattern),
    "StringNotLike": Operator(read=_pattern, negated=True),
    **{f"Numeric{name}": Operator(read=partial(_number, order)) for name, order in _ORDERS.items()},
    "NumericNotEquals": Operator(read=partial(_number, operator.eq), negated=True),
    **{f"Date{name}": Operator(read=partial(_date, order)) for name, order in _ORDERS.items()},
    "DateNotEquals": Operator(read=partial(_date, operator.eq), negated=True),
    "Bool": Operator(read=_boolean),
    "BinaryEquals": Operator(read=_binary),
    "IpAddress": Operator(read=_address),
    "NotIpAddress": Operator(read=_address, negated=True),
    "ArnEquals": Operator(read=_arn),
    "ArnLike": Operator(read=_arn),
    "ArnNotEquals": Operator(read=_arn, negated=True),
    "ArnNotLike": Operator(read=_arn, negated=True),
}
"""Every operator but `Null`, which asks for no value."""

_KNOWN = 4096
"""How many are remembered, so that equal ones are one object; whoever has more loses time only."""
_QUANTIFIERS = frozenset(Quantifier)
_NULL = "Null"
_IF_EXISTS = "IfExists"
_VARIABLE_FAMILIES = ("String", "Arn", "Bool")


def parse_conditions(element: Any, *, variables: bool) -> tuple[Condition, ...]:
    """Read a Condition element.

    Args:
        element: Operators to keys to values, as in the document.
        variables: Whether the policy's version has variables.

    Raises:
        MalformedPolicy: It has not this form, an operator does not exist, a key has no vendor, or a value is not what
            its operator compares.
    """
    return tuple(
        _parse_condition(name, key, _values(name, key, values), variables=variables)
        for name, keys in _entries(element, "Condition")
        for key, values in _entries(keys, name)
    )


def _entries(element: Any, name: str) -> list[tuple[str, Any]]:
    if not isinstance(element, dict):
        raise syntax_error(f"{name} must be an object.")
    return list(element.items())


@lru_cache(maxsize=_KNOWN)
def _parse_condition(name: str, key: str, values: tuple[str, ...], *, variables: bool) -> Condition:
    quantifier, base, if_exists = _parse_operator(name)
    if not 0 < key.find(":") < len(key) - 1:
        raise MalformedPolicy(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", f"The key is {key!r}."
        )
    uses = variables and base.startswith(_VARIABLE_FAMILIES)
    known = OPERATORS.get(base)
    return Condition(
        operator=name,
        name=key,
        key=key.lower(),
        quantifier=quantifier,
        if_exists=if_exists,
        negated=known is not None and known.negated,
        null=() if known else tuple(_parse_null(value) for value in values),
        values=values,
        criteria=tuple(_criterion(base, value, variables) for value in values) if known else (),
        variables=tuple(name for value in values for name in parse_template(value, variables=uses).names),
    )


@lru_cache(maxsize=_KNOWN)
def _criterion(base: str, value: str, variables: bool) -> Criterion:
    return OPERATORS[base].read(value, variables)


def _parse_operator(name: str) -> tuple[Quantifier | None, str, bool]:
    """Take an operator's name apart: quantifier, name, IfExists."""
    prefix, colon, rest = name.rpartition(":")
    base = rest.removesuffix(_IF_EXISTS)
    if name == _NULL or (base in OPERATORS and (not colon or prefix in _QUANTIFIERS)):
        return (Quantifier(prefix) if colon else None), base, base != rest
    raise syntax_error(f"{name} is no condition operator.")


def _values(name: str, key: str, element: Any) -> tuple[str, ...]:
    values = element if isinstance(element, list) else [element]
    if not values:
        raise syntax_error(f"{name} {key} has no value.")
    return tuple(_value(name, key, value) for value in values)


def _value(name: str, key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):  # a number too
        return str(value)
    raise syntax_error(f"{name} {key} must be a string, a number, a Boolean, or a list of them.")


def _parse_null(value: str) -> bool:
    if value.lower() not in {"true", "false"}:
        raise syntax_error(f"Null takes true or false, not {value!r}.")
    return value.lower() == "true"
