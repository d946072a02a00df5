"""What a template refers to, found without evaluating it: so that a name which is nothing is refused, wherever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sealgate.services.stacks.templates.intrinsics import NO_VALUE, find_function, read_attribute, variables_of
from sealgate.services.stacks.templates.values import Value

_PAIR = 2


class Reference(NamedTuple):
    """One use of a name.

    Attributes:
        name: A resource, or for `Ref` a parameter.
        attribute: What `Fn::GetAtt` asks for; None for `Ref`. Empty where it is itself evaluated.
    """

    name: str
    attribute: str | None = None


def find_references(value: Value) -> Iterator[Reference]:
    """Answer every reference in a value, those in branches that are not taken too.

    Raises:
        TemplateInvalid: An `Fn::GetAtt` names nothing.
    """
    if isinstance(value, list):
        for each in value:
            yield from find_references(each)
    elif isinstance(value, Mapping):
        yield from _of_mapping(value)


def find_conditions(value: Value) -> Iterator[str]:
    """Answer the conditions that every `Fn::If` in a value names."""
    if isinstance(value, Mapping):
        match value:
            case {"Fn::If": [str(name), *_]}:
                yield name
        for each in value.values():
            yield from find_conditions(each)
    elif isinstance(value, list):
        for each in value:
            yield from find_conditions(each)


def _of_mapping(value: Mapping[str, Value]) -> Iterator[Reference]:
    name = find_function(value)
    argument = None if name is None else value[name]
    if name == "Ref":
        if isinstance(argument, str) and argument != NO_VALUE:
            yield Reference(argument)
    elif name == "Fn::GetAtt":
        logical_id, attribute = read_attribute(argument)
        yield Reference(logical_id, attribute if isinstance(attribute, str) else "")
        yield from find_references(attribute)
    elif name == "Fn::Sub":
        yield from _of_sub(argument)
    else:
        for each in value.values():
            yield from find_references(each)


def _of_sub(argument: Value) -> Iterator[Reference]:
    text, given = (argument, {}) if isinstance(argument, str) else _pair(argument)
    for name in variables_of(text):
        if name in given:
            continue
        if name.startswith("AWS::") or "." not in name:
            yield Reference(name)
        else:
            logical_id, _, attribute = name.partition(".")
            yield Reference(logical_id, attribute)
    yield from find_references(list(given.values()))


def _pair(argument: Value) -> tuple[str, Mapping[str, Value]]:
    if isinstance(argument, list) and len(argument) == _PAIR:
        text, given = argument
        if isinstance(text, str) and isinstance(given, Mapping):
            return text, given
    return "", {}  # the evaluation refuses it
