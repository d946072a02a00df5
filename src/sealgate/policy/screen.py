"""Statements that are about one action, arranged so that all of them are asked at once: which are about a request?

A statement is a bit in a number. The resource is looked up among all that the statements list, and what the request
says under a context key among all the conditions on that key; each look-up leaves some of the bits. So there are as
many questions as there are keys, and not as many as there are conditions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from sealgate.policy.criteria import Lookup
from sealgate.policy.request import Ask
from sealgate.policy.resources import Resources
from sealgate.policy.sieve import Sieve, make_sieves
from sealgate.policy.statement import Effect, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Some statements, arranged by what they ask of a request. The first is the lowest bit.

    Attributes:
        statements: The statements.
        everything: All of them, as bits.
        resources: Finds those that list a resource.
        excluding: Those that are about the resources that they do not list.
        anywhere: Those that list none: of trust policies, which are about their role.
        sieves: What else must hold.
        fragile: Those that allow what they do not list, and list variables.
    """

    statements: tuple[Statement, ...]
    everything: int
    resources: Lookup
    excluding: int
    anywhere: int
    sieves: tuple[Sieve, ...]
    fragile: tuple[tuple[int, Resources], ...]

    @classmethod
    def of(cls, statements: tuple[Statement, ...]) -> Self:
        """Arrange some statements."""
        everything = (1 << len(statements)) - 1
        listing = [(bit, each, each.resources) for bit, each in _bits(statements) if each.resources is not None]
        return cls(
            statements=statements,
            everything=everything,
            resources=Lookup.of((bit, resources.criteria) for bit, _, resources in listing),
            excluding=sum(bit for bit, _, resources in listing if resources.excluding),
            anywhere=everything & ~sum(bit for bit, _, _ in listing),
            sieves=make_sieves(((bit, each) for bit, one in _bits(statements) for each in one.conditions), everything),
            fragile=tuple((bit, resources) for bit, each, resources in listing if _is_fragile(each, resources)),
        )

    def find_applying(self, ask: Ask) -> Sequence[Statement]:
        """Find the statements that are about a request whose action they cover; whom they name does not count."""
        context = ask.context
        left = self.anywhere | (self.resources.matching(ask.resource, context) ^ self.excluding)
        for sieve in self.sieves:
            if not left:
                return ()
            left &= sieve.find_passing(context)
        for bit, resources in self.fragile:
            # A variable without value excludes nothing: it must not widen what is allowed.
            if left & bit and not resources.is_complete(context):
                left &= ~bit
        if left == self.everything:
            return self.statements
        return [statement for bit, statement in _bits(self.statements) if left & bit] if left else ()


def _is_fragile(statement: Statement, resources: Resources) -> bool:
    return resources.excluding and statement.effect is Effect.ALLOW and bool(resources.templates)


def _bits(statements: Sequence[Statement]) -> Iterator[tuple[int, Statement]]:
    return ((1 << place, statement) for place, statement in enumerate(statements))
