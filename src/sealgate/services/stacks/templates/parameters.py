"""Parameters of a stack: what is given, checked against what the template declares (user guide, "Parameters")."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.patterns import matches
from sealgate.services.stacks.templates.template import ParameterDeclaration
from sealgate.store.stacks import StackParameter, split_list

_LISTS = frozenset({"CommaDelimitedList", "List<Number>", "List<String>"})
_TYPES = frozenset({"String", "Number", *_LISTS})
_STORED = "AWS::SSM::Parameter::Value<"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_MAX_BYTES = 4096

Lookup = Callable[[str], str]
"""Answers the value of a parameter in Systems Manager's store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenParameter:
    """A parameter in a request: a value, or that the one from before is kept."""

    name: str
    value: str | None = None
    use_previous: bool = False


def resolve_parameters(
    declared: Mapping[str, ParameterDeclaration],
    given: Mapping[str, GivenParameter],
    *,
    previous: Mapping[str, StackParameter],
    lookup: Lookup,
) -> dict[str, StackParameter]:
    """Answer the value of each declared parameter.

    Args:
        declared: By the template.
        given: By the request.
        previous: Of the stack as it is; empty for a new one.
        lookup: Reads Systems Manager's store.

    Raises:
        TemplateInvalid: One is missing, unknown, or not what its declaration allows.
    """
    unknown = sorted(given.keys() - declared.keys())
    if unknown:
        raise TemplateInvalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    texts = {name: _find_text(each, given.get(name), previous.get(name)) for name, each in declared.items()}
    missing = [name for name, text in texts.items() if text is None]
    if missing:
        raise TemplateInvalid(f"Parameters: [{', '.join(missing)}] must have values")
    return {name: _resolve(each, texts[name] or "", lookup) for name, each in declared.items()}


def _find_text(
    declared: ParameterDeclaration, given: GivenParameter | None, previous: StackParameter | None
) -> str | None:
    if given is None:
        return declared.default
    if not given.use_previous:
        return given.value
    if given.value is not None:
        raise TemplateInvalid(
            f"Invalid input for parameter key {declared.name}. "
            "Cannot specify usePreviousValue as true and nonempty value for a parameter"
        )
    if previous is None:
        raise TemplateInvalid(f"Invalid input for parameter key {declared.name}. There is no previous value to use.")
    return previous.text


def _resolve(declared: ParameterDeclaration, text: str, lookup: Lookup) -> StackParameter:
    kind = declared.type
    is_stored = kind.startswith(_STORED) and kind.endswith(">")
    inner = kind[len(_STORED) : -1] if is_stored else kind
    if inner not in _TYPES:
        raise TemplateInvalid(f"Template format error: Unrecognized parameter type: {kind}")
    _check(declared, text, is_number=not is_stored and "Number" in inner, is_list=not is_stored and inner in _LISTS)
    return StackParameter(
        name=declared.name,
        text=text,
        resolved=lookup(text) if is_stored else None,
        is_list=inner in _LISTS,
        no_echo=declared.no_echo,
    )


def _check(declared: ParameterDeclaration, text: str, *, is_number: bool, is_list: bool) -> None:
    if len(text.encode()) > _MAX_BYTES:
        raise TemplateInvalid(f"Parameter '{declared.name}' must not exceed {_MAX_BYTES} bytes.")
    items = split_list(text) if is_list else [text]
    found = (_find_problem(declared, each, is_number=is_number) for each in items)
    problem = next(filter(None, found), None) or _find_mismatch(None if is_number else declared.allowed_pattern, items)
    if problem is not None:
        said = declared.constraint_description
        raise TemplateInvalid(
            f"Parameter {declared.name} failed to satisfy constraint: {said}"
            if said
            else f"Parameter '{declared.name}' {problem}"
        )


def _find_problem(declared: ParameterDeclaration, text: str, *, is_number: bool) -> str | None:
    if is_number and _NUMBER.fullmatch(text) is None:
        return "must be a number."
    if declared.allowed_values is not None and text not in declared.allowed_values:
        return "must be one of AllowedValues"
    if is_number:
        return _find_excess(float(text), declared.min_value, declared.max_value, "be a number not {} than {:g}")
    return _find_excess(len(text), declared.min_length, declared.max_length, "not have {} than {:g} characters")


def _find_excess(number: float, least: float | None, most: float | None, rule: str) -> str | None:
    if least is not None and number < least:
        return f"must {rule.format('less', least)}"
    return f"must {rule.format('more', most)}" if most is not None and number > most else None


def _find_mismatch(pattern: str | None, items: list[str]) -> str | None:
    return None if pattern is None or matches(pattern, items) else f"must match pattern {pattern}"
