"""How a property's value is checked and read: types as CloudFormation takes them, unknown names refused at any depth.

CloudFormation converts between text, numbers and flags, since parameters are text; so does this. What is not known yet
(`Unknown`) passes every check, and is checked when it is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sealgate.services.stacks.templates.values import Unknown, Value

_FLAGS = {"true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:[eE][-+]?[0-9]{1,2})?")


class Problems:
    """Collects what is wrong, each said as CloudFormation says it (`#/Code: required key [S3Key] not found`)."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, where: str, problem: str) -> None:
        """Note one problem at a place (`#/Code`)."""
        self.found.append(f"{where}: {problem}")


class Shape(Protocol):
    """What a value must be."""

    def read(self, value: Value, where: str, problems: Problems) -> Value:
        """Answer a value as the resource is given it, and note what is wrong with it."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """Text; numbers and flags are written out."""

    def read(self, value: Value, where: str, problems: Problems) -> Value:
        """Answer text."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int | float):
            return str(value)
        return value if isinstance(value, str | Unknown) else _mistyped(value, "String", where, problems)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or text that is one."""

    def read(self, value: Value, where: str, problems: Problems) -> Value:
        """Answer a whole number where it is one, else a float."""
        if isinstance(value, int | float | Unknown) and not isinstance(value, bool):
            return value
        found = _find_number(value) if isinstance(value, str) else None
        return _mistyped(value, "Number", where, problems) if found is None else found


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false, or text that says so."""

    def read(self, value: Value, where: str, problems: Problems) -> Value:
        """Answer a flag."""
        if isinstance(value, bool | Unknown):
            return value
        found = _FLAGS.get(value.lower()) if isinstance(value, str) else None
        return _mistyped(value, "Boolean", where, problems) if found is None else found


@dataclass(frozen=True, slots=True)
class Json:
    """Any JSON object or array, or its text, as policies are given."""

    def read(self, value: Value, where: str, problems: Problems) -> Value:
        """Answer the value as it is."""
        if isinstance(value, str | Mapping | list | Unknown):
            return value
        return _mistyped(value, "JSONObject", where, problems)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items are all of one shape."""

    item: Shape

    def read(self, value: Value, where: str, problems: Problems) -> Value:
        """Answer the items, each read."""
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, list):
            return _mistyped(value, "JSONArray", where, problems)
        return [self.item.read(each, f"{where}/{index}", problems) for index, each in enumerate(value)]


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with keys of the user's, whose values are all of one shape."""

    item: Shape

    def read(self, value: Value, where: str, problems: Problems) -> Value:
        """Answer the mapping, each value read."""
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, Mapping):
            return _mistyped(value, "JSONObject", where, problems)
        return {key: self.item.read(each, f"{where}/{key}", problems) for key, each in value.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of a resource type, or of a structure in one.

    Attributes:
        shape: What it must be.
        required: It must be given.
        replaces: A change of it makes a new resource in the place of the old ("Update requires: Replacement"). Counts
            at the top of a resource type only; a change inside of a structure is one of the whole property.
    """

    shape: Shape
    required: bool = False
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """A mapping whose keys are all declared; any other is refused by name."""

    properties: Mapping[str, Property] = field(default_factory=dict)

    def read(self, value: Value, where: str, problems: Problems) -> Value:
        """Answer the declared properties that are given, each read."""
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, Mapping):
            return _mistyped(value, "JSONObject", where, problems)
        for name in value.keys() - self.properties.keys():
            problems.add(where, f"extraneous key [{name}] is not permitted")
        for name, each in self.properties.items():
            if each.required and name not in value:
                problems.add(where, f"required key [{name}] not found")
        return {
            name: each.shape.read(value[name], f"{where}/{name}", problems)
            for name, each in self.properties.items()
            if name in value
        }


def _find_number(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else None


def _mistyped(value: Value, expected: str, where: str, problems: Problems) -> Value:
    problems.add(where, f"expected type: {expected}, found: {_name_type(value)}")
    return value


def _name_type(value: Value) -> str:
    if isinstance(value, Mapping):
        return "JSONObject"
    names = {str: "String", bool: "Boolean", int: "Integer", float: "Double", list: "JSONArray"}
    return names.get(type(value), "Null")
