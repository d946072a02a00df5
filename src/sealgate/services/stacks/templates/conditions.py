"""Conditions of a template: which of them hold, for given parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.intrinsics import Evaluator, Nothing
from sealgate.services.stacks.templates.spending import Spending
from sealgate.services.stacks.templates.values import Value

MAX_OPERANDS = 10
_PAIR = 2


def evaluate_conditions(
    conditions: Mapping[str, Value], *, constants: Mapping[str, Value], mappings: Mapping[str, Value]
) -> dict[str, bool]:
    """Answer which conditions hold.

    Args:
        conditions: Of the template, by name.
        constants: Parameters and pseudo parameters.
        mappings: Of the template.

    Raises:
        TemplateInvalid: One is none, or they are defined by each other, in a circle or in a chain that is too long.
    """
    ruling = _Ruling(conditions=conditions, constants=constants, mappings=mappings)
    try:
        return {name: ruling.get(name) for name in conditions}
    except RecursionError:
        raise TemplateInvalid("Template format error: too many conditions are defined by each other.") from None


def holds(
    value: Value,
    evaluator: Evaluator,
    *,
    condition: Callable[[str], bool],
    more: Mapping[str, Callable[[Value], bool]] = MappingProxyType({}),
) -> bool:
    """Tell whether one condition holds.

    Args:
        value: As the template writes it.
        evaluator: For what it compares.
        condition: Tells whether another one holds, by its name.
        more: Functions of an evaluated argument that are allowed here besides.

    Raises:
        TemplateInvalid: It is none.
    """

    def inner(each: Value) -> bool:
        return holds(each, evaluator, condition=condition, more=more)

    match value:
        case {"Condition": str(name)} if len(value) == 1:
            return condition(name)
        case {"Fn::And": list(operands)} if _PAIR <= len(operands) <= MAX_OPERANDS:
            rulings = [inner(each) for each in operands]  # all of them, so that a bad one is found
            return all(rulings)
        case {"Fn::Or": list(operands)} if _PAIR <= len(operands) <= MAX_OPERANDS:
            rulings = [inner(each) for each in operands]
            return any(rulings)
        case {"Fn::Not": [operand]}:
            return not inner(operand)
        case {"Fn::Equals": [left, right]}:
            return bool(_text(evaluator.evaluate(left)) == _text(evaluator.evaluate(right)))
    if isinstance(value, Mapping) and len(value) == 1 and (name := next(iter(value))) in more:
        return more[name](evaluator.evaluate(value[name]))
    raise TemplateInvalid(
        f"Template format error: a condition must be one of Condition, Fn::And, Fn::Or (two to {MAX_OPERANDS} "
        f"operands), Fn::Not (one) and Fn::Equals (two): {_shown(value)}"
    )


@dataclass(slots=True, kw_only=True)
class _Ruling:
    """Conditions, ruled one by one as they are needed."""

    conditions: Mapping[str, Value]
    constants: Mapping[str, Value]
    mappings: Mapping[str, Value]
    _known: dict[str, bool] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _spending: Spending = field(default_factory=Spending)

    def get(self, name: str) -> bool:
        if name in self._known:
            return self._known[name]
        if name not in self.conditions:
            raise TemplateInvalid(
                f"Template format error: Unresolved condition dependency {name} in the Conditions block of the template"
            )
        if name in self._open:
            circle = ", ".join(self._open[self._open.index(name) :])
            raise TemplateInvalid(f"Template format error: Circular dependencies for condition {name}: [{circle}]")
        self._open.append(name)
        evaluator = Evaluator(
            constants=self.constants,
            mappings=self.mappings,
            conditions=_Lazy(self),
            names=Nothing(),
            spending=self._spending,
        )
        self._known[name] = holds(self.conditions[name], evaluator, condition=self.get)
        self._open.pop()
        return self._known[name]


class _Lazy(Mapping[str, bool]):
    """The conditions as `Fn::If` inside of a condition sees them."""

    def __init__(self, ruling: _Ruling) -> None:
        self._ruling = ruling

    def __getitem__(self, name: str) -> bool:
        if name not in self._ruling.conditions:
            raise KeyError(name)
        return self._ruling.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ruling.conditions)

    def __len__(self) -> int:
        return len(self._ruling.conditions)


def _text(value: Value) -> Value:
    """Answer a value as conditions compare it: numbers and flags as their text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _shown(value: Value) -> str:
    return str(value)[:200]
