"""Rules of a template: what must be true of its parameters (user guide, "Rules section")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.conditions import holds
from sealgate.services.stacks.templates.intrinsics import Nothing
from sealgate.services.stacks.templates.setting import Setting
from sealgate.services.stacks.templates.values import Value

_MEMBERS = frozenset({"Assertions", "RuleCondition"})
_ASSERTION = frozenset({"Assert", "AssertDescription"})


def check_rules(setting: Setting) -> None:
    """Refuse parameters that a rule forbids.

    Raises:
        TemplateInvalid: An assertion does not hold, or a rule is none.
    """
    for name, rule in setting.template.rules.items():
        assertions = _read_assertions(name, rule)
        if "RuleCondition" in rule and not _holds(setting, rule["RuleCondition"]):
            continue
        for each in assertions:
            if not _holds(setting, each["Assert"]):
                said = each.get("AssertDescription", "an assertion of it does not hold")
                raise TemplateInvalid(f"Template validation error: Rule {name} failed: {said}")


def _read_assertions(name: str, rule: Mapping[str, Value]) -> list[dict[str, Any]]:
    assertions = rule.get("Assertions")
    is_read = rule.keys() <= _MEMBERS and isinstance(assertions, list)
    if not is_read or not all(isinstance(each, dict) and "Assert" in each for each in assertions or []):
        raise TemplateInvalid(f"Template format error: [/Rules/{name}] must have Assertions, each with an Assert.")
    found: list[dict[str, Any]] = assertions or []
    for each in found:
        for unknown in sorted(each.keys() - _ASSERTION):
            raise TemplateInvalid(f"Template format error: [/Rules/{name}] {unknown} is no member of an assertion.")
    return found


def _holds(setting: Setting, value: Value) -> bool:
    return holds(value, setting.evaluator(Nothing()), condition=_no_condition, more=_FUNCTIONS)


def _no_condition(name: str) -> bool:
    raise TemplateInvalid(f"Template format error: a rule cannot take the condition {name}.")


def _contains(argument: Value) -> bool:
    items, text = _pair("Fn::Contains", argument)
    return _text(text) in _texts(items)


def _each_equals(argument: Value) -> bool:
    items, text = _pair("Fn::EachMemberEquals", argument)
    return all(each == _text(text) for each in _texts(items))


def _each_in(argument: Value) -> bool:
    items, allowed = _pair("Fn::EachMemberIn", argument)
    return set(_texts(items)) <= set(_texts(allowed))


def _pair(function: str, argument: Value) -> tuple[Value, Value]:
    match argument:
        case [list(items), other]:
            return items, other
    raise TemplateInvalid(f"Template error: {function} takes a list, and what it is compared with.")


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(values: Value) -> list[str]:
    return [_text(each) for each in (values if isinstance(values, list) else [values])]


_FUNCTIONS: Mapping[str, Callable[[Value], bool]] = {
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _each_equals,
    "Fn::EachMemberIn": _each_in,
}
