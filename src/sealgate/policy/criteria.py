"""One value of a policy, in a form that many of them can be looked up by at once.

A text of a request matches a criterion if one aspect of it (the text itself, its first eight characters, the network
of an address) is what the criterion wants. Criteria that look at the same aspect stand in one dictionary, so that of a
thousand statements those are found, by a few look-ups, that say something about this text (`Lookup`). Where the aspect
does not tell all, a test has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Self

from sealgate.policy.request import Context

Aspect = Callable[[str], Hashable]
"""What is looked at of a text. Equal ones have to be one object."""

Test = Callable[[str, Context], bool]
"""Does a text of the request match a value of the policy?"""

_ASPECTS = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Criterion:
    """What one value of a policy asks of a text.

    Attributes:
        aspect: What it looks at.
        wanted: What that has to be.
        test: What must hold besides; None where nothing must.
    """

    aspect: Aspect
    wanted: Hashable
    test: Test | None = None


def equal(text: str) -> Criterion:
    """The text itself."""
    return Criterion(aspect=str, wanted=text)


def framed(head: str, tail: str, test: Test | None = None) -> Criterion:
    """A text that begins and ends with given ones, which may be empty, and may overlap."""
    wanted = (head, tail) if head and tail else head or tail
    return Criterion(aspect=_ends(len(head), len(tail)), wanted=wanted, test=test)


@lru_cache(maxsize=_ASPECTS)
def _ends(head: int, tail: int) -> Aspect:
    """Look at the first and the last so many characters; at one of them where the other would be none."""
    first, last = slice(head), slice(-tail, None)
    if not tail:
        return itemgetter(first)
    return itemgetter(first, last) if head else itemgetter(last)


Found = tuple[int, list[tuple[int, Test]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """The criteria of many, each of whom has a bit of its own in a number.

    Attributes:
        tables: For each aspect, what it may be: the bits of those for whom that is enough, and the tests of the others.
    """

    tables: tuple[tuple[Aspect, dict[Hashable, Found]], ...] = field(repr=False)

    @classmethod
    def of(cls, entries: Iterable[tuple[int, Iterable[Criterion]]]) -> Self:
        """Arrange criteria by what they look at.

        Args:
            entries: The bit of each, and its criteria, of which one has to match.
        """
        bits: dict[Criterion, int] = {}
        for bit, criteria in entries:
            for criterion in criteria:
                bits[criterion] = bits.get(criterion, 0) | bit
        tables: dict[Aspect, dict[Hashable, Found]] = {}
        for criterion, those in bits.items():
            table = tables.setdefault(criterion.aspect, {})
            sure, tests = table.get(criterion.wanted, (0, []))
            if criterion.test is None:
                sure |= those
            else:
                tests.append((those, criterion.test))
            table[criterion.wanted] = (sure, tests)
        return cls(tables=tuple(tables.items()))

    def matching(self, text: str, context: Context) -> int:
        """Answer the bits of those of whose criteria one matches a text of the request."""
        matching = 0
        for aspect, table in self.tables:
            found = table.get(aspect(text))
            if found is not None:
                matching |= found[0]
                for bits, test in found[1]:
                    if bits & ~matching and test(text, context):
                        matching |= bits
        return matching
