"""The functions that values of a template are made of (CloudFormation user guide, "Intrinsic function reference").

    Evaluator(...).evaluate({"Fn::Sub": "arn:aws:s3:::${Bucket}/*"}) -> "arn:aws:s3:::b/*"

What takes something that is not known yet is not known yet. What is `AWS::NoValue` is left out of the list or mapping
that it stands in.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.spending import Spending
from sealgate.services.stacks.templates.values import Unknown, Value, find_unknown

NO_VALUE = "AWS::NoValue"
ZONES = ("a", "b", "c")
MAX_CIDRS = 256

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_PAIR = 2
_TRIPLE = 3
_INDEX = re.compile(r"[0-9]{1,6}")
_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")
_ABSENT = object()


class Names(Protocol):
    """What the functions look up."""

    def find_resource(self, logical_id: str) -> Value:
        """Answer what `Ref` of a resource is.

        Raises:
            TemplateInvalid: There is no such resource.
        """
        ...

    def find_attribute(self, logical_id: str, attribute: str) -> Value:
        """Answer what `Fn::GetAtt` of a resource is.

        Raises:
            TemplateInvalid: There is no such resource, or it has no such attribute.
        """
        ...

    def find_export(self, name: str) -> Value:
        """Answer what `Fn::ImportValue` is.

        Raises:
            TemplateInvalid: No stack exports it.
        """
        ...


class Nothing:
    """The names where a value may take parameters only, such as conditions."""

    def find_resource(self, logical_id: str) -> Value:
        """Refuse."""
        raise TemplateInvalid(f"Template format error: Unresolved dependencies [{logical_id}].")

    def find_attribute(self, logical_id: str, attribute: str) -> Value:
        """Refuse."""
        raise TemplateInvalid(f"Template format error: Unresolved dependencies [{logical_id}.{attribute}].")

    def find_export(self, name: str) -> Value:
        """Refuse."""
        raise TemplateInvalid(f"Template error: Fn::ImportValue of {name!r} is not allowed here.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator:
    """Evaluates values of one template.

    Attributes:
        constants: Parameters and pseudo parameters, by name.
        mappings: Of the template.
        conditions: Which of them hold.
        names: Everything else.
        spending: How much text the functions may make.
    """

    constants: Mapping[str, Value]
    mappings: Mapping[str, Value]
    conditions: Mapping[str, bool]
    names: Names
    spending: Spending = field(default_factory=Spending)

    def evaluate(self, value: Value) -> Value:
        """Answer a value without functions; None where the whole of it is no value.

        Raises:
            TemplateInvalid: A function is given what it does not take.
        """
        found = self._evaluate(value)
        return None if found is _ABSENT else found

    def _evaluate(self, value: Value) -> Value:
        if isinstance(value, Mapping):
            return self._apply(value)
        if isinstance(value, list):
            return [found for each in value if (found := self._evaluate(each)) is not _ABSENT]
        if isinstance(value, str):
            refuse_dynamic(value)
        return value

    def _apply(self, value: Mapping[str, Value]) -> Value:
        name = find_function(value)
        if name is None:
            return {key: found for key, each in value.items() if (found := self._evaluate(each)) is not _ABSENT}
        argument = value[name]
        special = _SPECIAL.get(name)
        if special is not None:
            return self.spending.spend_on(special(self, argument))
        plain = _PLAIN.get(name)
        if plain is None:
            raise TemplateInvalid(f"Template error: {name} is not supported here.")
        found = self.evaluate(argument)
        causes = find_unknown(found)
        return Unknown(causes=causes) if causes else self.spending.spend_on(plain(found, self.spending))

    def _ref(self, name: Value) -> Value:
        if not isinstance(name, str):
            raise TemplateInvalid("Template error: Ref takes the name of a parameter or a resource.")
        if name == NO_VALUE:
            return _ABSENT
        return self.constants[name] if name in self.constants else self.names.find_resource(name)

    def _get_att(self, argument: Value) -> Value:
        logical_id, attribute = read_attribute(argument)
        named = self.evaluate(attribute)
        if isinstance(named, Unknown) or not isinstance(named, str):
            raise TemplateInvalid("Template error: the attribute of Fn::GetAtt has to be known before the resource is.")
        return self.names.find_attribute(logical_id, named)

    def _if(self, argument: Value) -> Value:
        if not isinstance(argument, list) or len(argument) != _TRIPLE:
            raise TemplateInvalid("Template error: Fn::If takes a condition and two values.")
        condition, then, otherwise = argument
        if not isinstance(condition, str) or condition not in self.conditions:
            raise TemplateInvalid(f"Template error: unresolved condition dependency {condition} in Fn::If.")
        return self._evaluate(then if self.conditions[condition] else otherwise)

    def _sub(self, argument: Value) -> Value:
        text, given = argument if isinstance(argument, list) and len(argument) == _PAIR else (argument, {})
        if not isinstance(text, str) or not isinstance(given, Mapping):
            raise TemplateInvalid(
                "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments."
            )
        refuse_dynamic(text)
        variables = {name: self.evaluate(each) for name, each in given.items()}
        causes: set[str] = set()

        def put(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            found = variables[name] if name in variables else self._find_variable(name)
            causes.update(find_unknown(found))
            text = "" if find_unknown(found) else _as_text(found, f"Fn::Sub of ${{{name}}}")
            self.spending.spend(len(text))
            return text

        done = _VARIABLE.sub(put, text)
        return Unknown(causes=frozenset(causes)) if causes else done

    def _find_variable(self, name: str) -> Value:
        if name in self.constants or "." not in name:
            return self._ref(name)
        logical_id, _, attribute = name.partition(".")
        return self.names.find_attribute(logical_id, attribute)

    def _find_in_map(self, argument: Value) -> Value:
        keys = self.evaluate(argument)
        if not isinstance(keys, list) or len(keys) not in (_TRIPLE, _TRIPLE + 1) or find_unknown(keys[:_TRIPLE]):
            raise TemplateInvalid(
                "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and "
                "the attribute for return value"
            )
        name, first, second = map(str, keys[:_TRIPLE])
        found = self.mappings.get(name, {}).get(first, {}).get(second, _ABSENT)
        if found is not _ABSENT:
            return found
        if len(keys) > _TRIPLE and isinstance(keys[_TRIPLE], Mapping) and "DefaultValue" in keys[_TRIPLE]:
            return keys[_TRIPLE]["DefaultValue"]
        raise TemplateInvalid(f"Template error: Unable to get mapping for {name}::{first}::{second}")

    def _import(self, argument: Value) -> Value:
        name = self.evaluate(argument)
        if not isinstance(name, str):
            raise TemplateInvalid(
                "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported "
                "values, or Fn::GetAZs"
            )
        return self.names.find_export(name)

    def _zones(self, argument: Value) -> Value:
        region = self.evaluate(argument) or self.constants["AWS::Region"]
        return [f"{region}{zone}" for zone in ZONES]


def find_function(value: Mapping[str, Value]) -> str | None:
    """Answer the function that a mapping is a call of; None where it is a plain mapping."""
    if len(value) != 1:
        return None
    name = next(iter(value))
    return name if name == "Ref" or name.startswith("Fn::") else None


def read_attribute(argument: Value) -> tuple[str, Value]:
    """Answer the logical id and the attribute that an `Fn::GetAtt` names.

    Raises:
        TemplateInvalid: It names none.
    """
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) < _PAIR or not isinstance(parts[0], str):
        raise TemplateInvalid(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the "
            "resource attribute"
        )
    logical_id, *rest = parts
    return logical_id, rest[0] if len(rest) == 1 else ".".join(map(str, rest))


def variables_of(text: str) -> list[str]:
    """Answer the names that an `Fn::Sub` puts values in for."""
    return [name for name in (match.strip() for match in _VARIABLE.findall(text)) if not name.startswith("!")]


def refuse_dynamic(text: str) -> None:
    """Refuse a dynamic reference by name.

    Raises:
        TemplateInvalid: The text has one.
    """
    found = _DYNAMIC.search(text)
    if found is not None:
        raise TemplateInvalid(f"Dynamic references are not supported here: {found[0]}")


def refuse_dynamic_in(value: Value) -> None:
    """Refuse dynamic references in a value that is evaluated: parameters can hold them, and functions join them.

    Raises:
        TemplateInvalid: There is one.
    """
    if isinstance(value, str):
        refuse_dynamic(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            refuse_dynamic_in(each)
    elif isinstance(value, list):
        for each in value:
            refuse_dynamic_in(each)


def _as_text(value: Value, where: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise TemplateInvalid(f"Template error: {where} must resolve to a string.")


def _join(argument: Value, spending: Spending) -> str:
    match argument:
        case [str(delimiter), list(items)]:
            return spending.joined([_as_text(each, "every item of Fn::Join") for each in items], delimiter)
    raise TemplateInvalid(
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
        "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
    )


def _split(argument: Value, _: Spending) -> list[str]:
    match argument:
        case [str(delimiter), str(text)] if delimiter:
            return text.split(delimiter)
    raise TemplateInvalid(
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to "
        "be split or a function that returns a string to be split."
    )


def _select(argument: Value, _: Spending) -> Value:
    match argument:
        case [int() | str() as index, list(items)] if _INDEX.fullmatch(str(index)):
            if int(index) < len(items):
                return items[int(index)]
            raise TemplateInvalid(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    raise TemplateInvalid(
        "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
    )


def _base64(argument: Value, _: Spending) -> str:
    return base64.b64encode(_as_text(argument, "Fn::Base64").encode()).decode()


def _cidr(argument: Value, _: Spending) -> list[str]:
    match argument:
        case [str(block), int() | str() as count, int() | str() as bits] if _INDEX.fullmatch(str(count)):
            pass
        case [str(block), int() | str() as count] if _INDEX.fullmatch(str(count)):
            bits = 8
        case _:
            raise TemplateInvalid("Template error: Fn::Cidr takes an IP block, a count and the bits of each subnet.")
    try:
        network, wanted = ipaddress.ip_network(block), int(count)
        if not 1 <= wanted <= MAX_CIDRS:
            raise TemplateInvalid(f"Template error: Fn::Cidr makes 1 to {MAX_CIDRS} subnets, and not {wanted}.")
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        found = [str(next(subnets)) for _ in range(wanted)]
    except (ValueError, StopIteration):
        raise TemplateInvalid(
            f"Template error: Fn::Cidr cannot make {count} subnets of {block} with {bits} bits."
        ) from None
    return found


def _to_json(argument: Value, spending: Spending) -> str:
    return spending.joined(json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).iterencode(argument))


def _length(argument: Value, _: Spending) -> int:
    if not isinstance(argument, list):
        raise TemplateInvalid("Template error: Fn::Length takes a list.")
    return len(argument)


_SPECIAL: Mapping[str, Callable[[Evaluator, Value], Value]] = {
    "Ref": Evaluator._ref,  # noqa: SLF001 - the evaluator's own table
    "Fn::GetAtt": Evaluator._get_att,  # noqa: SLF001
    "Fn::If": Evaluator._if,  # noqa: SLF001
    "Fn::Sub": Evaluator._sub,  # noqa: SLF001
    "Fn::FindInMap": Evaluator._find_in_map,  # noqa: SLF001
    "Fn::ImportValue": Evaluator._import,  # noqa: SLF001
    "Fn::GetAZs": Evaluator._zones,  # noqa: SLF001
}
"""Functions that decide themselves what of their argument is evaluated."""

_PLAIN: Mapping[str, Callable[[Value, Spending], Value]] = {
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::ToJsonString": _to_json,
}
"""Functions of an evaluated argument; those that make one text of many pieces count it as they go."""
