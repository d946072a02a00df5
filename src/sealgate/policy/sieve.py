"""The conditions of many statements on one context key, tested all at once.

A statement is a bit in a number. What a request says under the key is looked up among all the conditions; which values
match which conditions, and the rules of `sealgate.policy.conditions`, make the number of those that pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Self

from sealgate.policy.conditions import Condition, Quantifier
from sealgate.policy.criteria import Lookup
from sealgate.policy.request import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """The conditions on one key, of each statement at most one.

    Attributes:
        key: In lower case.
        lookup: Finds the statements of whose condition a value matches.
        negated: Those whose condition holds where none matches.
        every: Those that ask each value of the request.
        some: Those that ask for one value of the request.
        present: Those that pass whatever the values are: they have no condition on the key, or ask whether it is there.
        absent: Those that pass where there is no value.
    """

    key: str
    lookup: Lookup
    negated: int
    every: int
    some: int
    present: int
    absent: int

    @classmethod
    def of(cls, key: str, conditions: Iterable[tuple[int, Condition]], everything: int) -> Self:
        """Arrange the conditions on one key.

        Args:
            key: In lower case.
            conditions: The conditions, each with its statement.
            everything: All statements, those too that have no condition on the key.
        """
        known = tuple(conditions)
        others = everything & ~sum(bit for bit, _ in known)
        return cls(
            key=key,
            lookup=Lookup.of((bit, condition.criteria) for bit, condition in known),
            negated=sum(bit for bit, condition in known if condition.negated),
            every=sum(bit for bit, condition in known if condition.quantifier is Quantifier.ALL),
            some=sum(bit for bit, condition in known if condition.quantifier is Quantifier.ANY),
            present=others | sum(bit for bit, condition in known if False in condition.null),
            absent=others | sum(bit for bit, condition in known if condition.holds_without_value),
        )

    def find_passing(self, context: Context) -> int:
        """Answer the statements whose condition a request meets, and those that have none."""
        values = context.get(self.key, ())
        if not values:
            return self.absent
        if len(values) == 1 and values[0]:  # what most requests have: each condition asks the same of it
            return self.present | (self.lookup.matching(values[0], context) ^ self.negated)
        return self.present | self._find_meeting(values, context)

    def _find_meeting(self, values: tuple[str, ...], context: Context) -> int:
        matching = {value: self.lookup.matching(value, context) for value in values}
        quantified = self.every | self.some
        meeting = (reduce(or_, matching.values()) ^ self.negated) & ~quantified
        asked = [bits ^ self.negated for value, bits in matching.items() if value]
        if not asked:
            return meeting | (self.absent & quantified)
        return meeting | (reduce(and_, asked) & self.every) | (reduce(or_, asked) & self.some)


def make_sieves(conditions: Iterable[tuple[int, Condition]], everything: int) -> tuple[Sieve, ...]:
    """Arrange conditions by key: a sieve for each, and more where a statement has several conditions on one key.

    First come those that let least through: what a condition names is less than what a negated one leaves.

    Args:
        conditions: The conditions, each with its statement.
        everything: All statements, those too that have no condition.
    """
    rows: dict[tuple[str, int], list[tuple[int, Condition]]] = {}
    for nth, bit, condition in _numbered(conditions):
        rows.setdefault((condition.key, nth), []).append((bit, condition))
    sieves = (Sieve.of(key, row, everything) for (key, _), row in rows.items())
    return tuple(sorted(sieves, key=lambda sieve: sieve.negated.bit_count()))


def _numbered(conditions: Iterable[tuple[int, Condition]]) -> Iterator[tuple[int, int, Condition]]:
    """Count the conditions that a statement has on one key."""
    seen: dict[tuple[int, str], int] = {}
    for bit, condition in conditions:
        nth = seen.get((bit, condition.key), 0)
        seen[bit, condition.key] = nth + 1
        yield nth, bit, condition
