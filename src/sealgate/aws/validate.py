"""The constraints of the service models, in AWS's words: required, enum, length, range, pattern.

All violations of a request are found and counted. Checks are compiled once per operation; a shape without constraints
costs nothing. Length comes before pattern, so that no expression meets a text of a length it was not written for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sealgate.aws.faults import ConstraintViolation, DocumentViolation, MissingMembers
from sealgate.aws.model import OperationModel, Shape
from sealgate.aws.patterns import MAX_LENGTH, compile_pattern
from sealgate.aws.relaxations import Dialect

Violations = list[str]
Check = Callable[[Any, str, Violations], None]
Rule = tuple[str, Callable[[Any], bool]]
"""What AWS says of a broken constraint, and whether a value keeps it."""

_SHOWN = 1024
"""How much of a value a message repeats."""
_ABSENT = "Value null at "
"""How it is said that a member is missing; a value that was sent is shown between quotes."""


def wire_path(name: str) -> str:
    """Write a member's name as AWS's messages do (`profileName`)."""
    return name[:1].lower() + name[1:]


def compile_validator(model: OperationModel, dialect: Dialect) -> Callable[[Mapping[str, Any]], None]:
    """Answer a function that checks the input members of one operation.

    The function raises:
        ConstraintViolation: Members break constraints; a `DocumentViolation` where all stand in an XML document,
            `MissingMembers` where all are missing.
    """
    shape = model.input_shape
    check = None if shape is None else _Compiler(dialect).check_of(shape)
    payload = "" if shape is None else wire_path(shape.serialization.get("payload") or "")
    document = f" at '{payload}." if payload and model.service_model.metadata["protocol"] == "rest-xml" else None

    def validate(members: Mapping[str, Any]) -> None:
        violations: Violations = []
        if check is not None:
            check(members, "", violations)
        if violations:
            if document and all(document in each for each in violations):
                raise DocumentViolation(violations)
            if all(each.startswith(_ABSENT) for each in violations):
                raise MissingMembers(violations)
            raise ConstraintViolation(violations)

    return validate


class _Compiler:
    """Compiles the checks of one operation's shapes."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._structures: dict[str, Check] = {}

    def check_of(self, shape: Shape) -> Check | None:
        """Answer the check of a shape, or None when nothing can be wrong with it."""
        if shape.type_name == "structure":
            return self._structure(shape)
        own = _leaf_check(_rules(shape, self._dialect), is_hidden=_is_hidden(shape))
        if shape.type_name == "list":
            return _all_of(own, self._list(shape))
        return _all_of(own, self._map(shape)) if shape.type_name == "map" else own

    def _structure(self, shape: Shape) -> Check:
        name = shape.name
        if name in self._structures:  # a recursive shape: the check is there once it is called
            return lambda value, path, out: self._structures[name](value, path, out)  # noqa: PLW0108 - looked up late
        self._structures[name] = _nothing
        compiled = [
            (member, wire_path(member), member in shape.required_members, self.check_of(inner))
            for member, inner in self._dialect.members(shape).items()
        ]
        checked = [each for each in compiled if each[2] or each[3] is not None]

        def check(value: Any, path: str, out: Violations) -> None:
            prefix = f"{path}." if path else ""
            for member, shown, is_required, inner in checked:
                item = value.get(member)
                if item is None:
                    if is_required:
                        out.append(_said("null ", prefix + shown, "Member must not be null"))
                elif inner is not None:
                    inner(item, prefix + shown, out)

        self._structures[name] = check
        return check

    def _list(self, shape: Shape) -> Check | None:
        if shape.member.type_name not in ("structure", "list", "map"):
            rules = _rules(shape.member, self._dialect)
            return _items_check("Member must", rules, lambda value: value, is_hidden=_is_hidden(shape, shape.member))
        inner = self.check_of(shape.member)
        if inner is None:
            return None

        def check(value: Any, path: str, out: Violations) -> None:
            for number, item in enumerate(value, 1):
                inner(item, f"{path}.{number}.member", out)

        return check

    def _map(self, shape: Shape) -> Check | None:
        hidden = _is_hidden(shape, shape.key, shape.value)
        keys = _items_check("Map keys must", _rules(shape.key, self._dialect), lambda value: value, is_hidden=hidden)
        if shape.value.type_name not in ("structure", "list", "map"):
            rules = _rules(shape.value, self._dialect)
            return _all_of(keys, _items_check("Map value must", rules, lambda value: value.values(), is_hidden=hidden))
        inner = self.check_of(shape.value)
        if inner is None:
            return keys

        def check(value: Any, path: str, out: Violations) -> None:
            for key, item in value.items():
                inner(item, f"{path}.{key}.member", out)

        return _all_of(keys, check)


def _nothing(value: Any, path: str, out: Violations) -> None:
    """Find nothing wrong."""


def _all_of(*checks: Check | None) -> Check | None:
    found = [check for check in checks if check is not None]
    if len(found) < 2:  # noqa: PLR2004 - one needs no wrapping
        return found[0] if found else None

    def check(value: Any, path: str, out: Violations) -> None:
        for each in found:
            each(value, path, out)

    return check


def _leaf_check(rules: Sequence[Rule], *, is_hidden: bool) -> Check | None:
    """Answer a check that reports each broken rule of one value by itself."""
    if not rules:
        return None

    def check(value: Any, path: str, out: Violations) -> None:
        for text, holds in rules:
            if not holds(value):
                out.append(_said(_shown(value, is_hidden=is_hidden), path, text))

    return check


def _items_check(said: str, rules: Sequence[Rule], items_of: Callable[[Any], Any], *, is_hidden: bool) -> Check | None:
    """Answer a check that reports a collection once, with all rules of its items, if any item breaks one."""
    if not rules:
        return None
    constraints = f"{said} satisfy constraint: [{', '.join(text for text, _ in rules)}]"

    def check(value: Any, path: str, out: Violations) -> None:
        if not all(holds(item) for item in items_of(value) for _, holds in rules):
            out.append(_said(_shown(value, is_hidden=is_hidden), path, constraints))

    return check


def _is_hidden(*shapes: Shape) -> bool:
    return any(shape.metadata.get("sensitive") for shape in shapes)


def _said(value: str, path: str, constraint: str) -> str:
    return f"Value {value}at '{path}' failed to satisfy constraint: {constraint}"


def _shown(value: Any, *, is_hidden: bool) -> str:
    """Answer a value as a message repeats it; a secret one is not repeated at all, as on AWS."""
    if is_hidden:
        return ""
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}={item}" for key, item in value.items()) + "}"
    elif isinstance(value, list):
        text = f"[{', '.join(str(item) for item in value)}]"
    else:
        text = f"{len(value)} bytes" if isinstance(value, bytes) else str(value)
    return f"'{text}' " if len(text) <= _SHOWN else f"'{text[:_SHOWN]}...' "


def _rules(shape: Shape, dialect: Dialect) -> list[Rule]:
    """Answer the rules of one shape itself, in the order in which AWS lists them."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.type_name in ("integer", "long", "float", "double"):
        return _range_rules(low, high)
    rules = _length_rules(low, high) if shape.type_name in ("string", "blob", "list", "map") else []
    if shape.type_name == "string":
        if shape.enum:
            allowed = frozenset(shape.enum)
            rules.append((f"Member must satisfy enum value set: [{', '.join(shape.enum)}]", allowed.__contains__))
        pattern = dialect.pattern(shape)
        if pattern is not None:
            rules.append(_pattern_rule(pattern, high))
    return rules


def _range_rules(low: float | None, high: float | None) -> list[Rule]:
    rules: list[Rule] = []
    if high is not None:
        rules.append((f"Member must have value less than or equal to {high}", lambda value: value <= high))
    if low is not None:
        rules.append((f"Member must have value greater than or equal to {low}", lambda value: value >= low))
    return rules


def _length_rules(low: int | None, high: int | None) -> list[Rule]:
    rules: list[Rule] = []
    if high is not None:
        rules.append((f"Member must have length less than or equal to {high}", lambda value: len(value) <= high))
    if low:
        rules.append((f"Member must have length greater than or equal to {low}", lambda value: len(value) >= low))
    return rules


def _pattern_rule(pattern: str, high: int | None) -> Rule:
    matches = compile_pattern(pattern)
    text = f"Member must satisfy regular expression pattern: {pattern}"
    if high is None:
        return (text, lambda value: len(value) <= MAX_LENGTH and matches(value))
    # A text that is too long has been reported as that; matching it could take any time.
    return (text, lambda value: len(value) > high or matches(value))
