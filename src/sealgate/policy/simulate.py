"""What the policy simulator shows of a ruling: the statements that decided, and the context keys that were not given.

The simulator rules by the same function as the door does (`evaluate.authorise`); only what it tells is more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sealgate.policy.document import Policy
from sealgate.policy.evaluate import Decision, Layer, Ruling
from sealgate.policy.positions import Span, locate_statements
from sealgate.policy.request import Context
from sealgate.policy.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingStatement:
    """A statement that decided.

    Attributes:
        policy: The name of its policy.
        layer: What kind of policy that is.
        span: Where it stands in the policy's text.
    """

    policy: str
    layer: Layer
    span: Span


def locate_matches(ruling: Ruling) -> tuple[DecidingStatement, ...]:
    """Find the statements that decided in the texts of their policies.

    None has made an implicit denial. A boundary is told only where it denies: it gives nothing.
    """
    if ruling.decision is Decision.IMPLICIT_DENY:
        return ()
    return tuple(
        DecidingStatement(
            policy=match.policy.name,
            layer=verdict.layer,
            span=locate_statements(match.policy.text)[match.statement.index],
        )
        for verdict in ruling.verdicts
        if verdict.decision is ruling.decision and not (ruling.is_allowed and verdict.layer is Layer.BOUNDARY)
        for match in verdict.matches
    )


def find_context_keys(policies: Iterable[Policy]) -> tuple[str, ...]:
    """Find the context keys that policies read, each once, as first written."""
    return _unique(name for policy in policies for statement in policy.statements for name in _keys(statement))


def find_missing_keys(policies: Iterable[Policy], action: str, context: Context) -> tuple[str, ...]:
    """Find the context keys that a ruling on an action may hang on and that the request does not have.

    Args:
        policies: Those that were asked.
        action: As IAM names it; only statements about it count.
        context: What the request has.
    """
    covering = (statement for policy in policies for statement in policy.find(action.lower()).statements)
    names = _unique(name for statement in covering for name in _keys(statement))
    return tuple(name for name in names if name.lower() not in context)


def _keys(statement: Statement) -> Iterator[str]:
    if statement.resources is not None:
        for template in statement.resources.templates:
            yield from template.names
    for condition in statement.conditions:
        yield condition.name
        yield from condition.variables


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    """Leave out the repetitions, whatever their case."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name.lower(), name)
    return tuple(first.values())
