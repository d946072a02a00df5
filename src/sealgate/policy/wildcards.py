"""Patterns with `*` (any characters, none included) and `?` (exactly one).

A pattern is held as a glob in the notation of `fnmatch`, in which `[x]` is the very character x: so values of policy
variables, whose `*` and `?` are no wildcards, can stand in one text with wildcards. `fnmatch.translate` answers regular
expressions with atomic groups: no pattern backtracks further than its last star, so that the work is at most the
product of both lengths.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

Matcher = Callable[[str], object]
"""Answers something true for a text that matches."""

_SPECIAL = re.compile(r"[*?\[]")
_WILD = re.compile(r"[*?]")
_COMPILED = 4096


def glob_of_pattern(text: str) -> str:
    """Write a policy's pattern as a glob: `*` and `?` are wildcards, all else itself."""
    return text.replace("[", "[[]")


def glob_of_literal(text: str) -> str:
    """Write a text as a glob that matches itself only."""
    return _SPECIAL.sub(r"[\g<0>]", text)


@lru_cache(maxsize=_COMPILED)
def compile_glob(glob: str) -> Matcher:
    """Make the quickest matcher for one glob."""
    if not _SPECIAL.search(glob):
        return glob.__eq__
    if glob.endswith("*") and not _SPECIAL.search(glob, 0, len(glob) - 1):
        prefix = glob[:-1]
        return lambda text: text.startswith(prefix)
    return re.compile(fnmatch.translate(glob)).match


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Several patterns; most are plain names or plain prefixes, which are looked up together.

    Attributes:
        names: Those without wildcards.
        prefixes: Those with one wildcard, a last `*`; without it.
        others: Matches what any of the rest does; None where there is none.
    """

    names: frozenset[str]
    prefixes: tuple[str, ...]
    others: Matcher | None = field(compare=False, repr=False)  # functions do not compare

    @classmethod
    def compile(cls, patterns: Iterable[str]) -> Self:
        """Sort the patterns of a policy by what they need."""
        names, prefixes, others = set(), set(), set()
        for pattern in patterns:
            if not _WILD.search(pattern):
                names.add(pattern)
            elif pattern.endswith("*") and not _WILD.search(pattern, 0, len(pattern) - 1):
                prefixes.add(pattern[:-1])
            else:
                others.add(glob_of_pattern(pattern))
        return cls(
            names=frozenset(names),
            prefixes=tuple(sorted(prefixes)),
            others=re.compile("|".join(fnmatch.translate(glob) for glob in sorted(others))).match if others else None,
        )

    def match(self, text: str) -> bool:
        """Tell whether any pattern matches the whole text."""
        return (
            text in self.names
            or text.startswith(self.prefixes)
            or (self.others is not None and bool(self.others(text)))
        )
