"""Patterns with `*` (any characters, none included) and `?` (exactly one).

A pattern is held as a glob: a text in which `*` and `?` are wildcards and `[x]` is the very character x. So values of
policy variables, whose `*` and `?` are no wildcards, can stand in one text with wildcards.

No pattern is slow, to make or to match. Between stars, plain texts are looked for one after the other: the first place
of each is as good as any. A pattern with `?` is an automaton whose states are the bits of one number: each character
of the text moves them all at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Self

from sealgate.policy.malformed import syntax_error

Matcher = Callable[[str], bool]
"""Tells whether a whole text matches."""

_SPECIAL = re.compile(r"[*?\[]")
_WILD = re.compile(r"[*?]")
_TOKEN = re.compile(r"\[(?P<character>.)\]|(?P<text>[^*?\[]+)|(?P<wildcard>[*?])", re.DOTALL)
_COMPILED = 4096
MAX_PATTERN = 2048
"""The longest pattern with `?`, in characters: no name of a resource is longer (`ResourceNameType` of IAM's model).

What an automaton needs grows with the square of it.
"""


def check_pattern(text: str) -> str:
    """Answer a policy's pattern again.

    Raises:
        MalformedPolicy: It has a `?` and is longer than `MAX_PATTERN`.
    """
    if "?" in text and len(text) > MAX_PATTERN:
        raise syntax_error(f"A pattern with ? has more than {MAX_PATTERN} characters.")
    return text


def glob_of_pattern(text: str) -> str:
    """Write a policy's pattern as a glob: `*` and `?` are wildcards, all else itself."""
    return text.replace("[", "[[]")


def glob_of_literal(text: str) -> str:
    """Write a text as a glob that matches itself only."""
    return _SPECIAL.sub(r"[\g<0>]", text)


@lru_cache(maxsize=_COMPILED)
def compile_glob(glob: str) -> Matcher:
    """Make the quickest matcher for one glob."""
    tokens = [(found["wildcard"] or "", found["character"] or found["text"] or "") for found in _TOKEN.finditer(glob)]
    if ("?", "") in tokens:
        return _compile_automaton(tokens)
    pieces = _split_at_stars(tokens)
    if len(pieces) == 1:
        return partial(_equals, pieces[0])
    head, tail, middle = pieces[0], pieces[-1], [piece for piece in pieces[1:-1] if piece]
    if not head and not tail and len(middle) == 1:
        return partial(_contains, middle[0])
    return partial(_finds, head, middle, tail)


def _split_at_stars(tokens: Sequence[tuple[str, str]]) -> list[str]:
    pieces: list[list[str]] = [[]]
    for wildcard, text in tokens:
        if wildcard:
            pieces.append([])
        else:
            pieces[-1].append(text)
    return ["".join(piece) for piece in pieces]


def _equals(wanted: str, text: str) -> bool:
    return text == wanted


def _contains(wanted: str, text: str) -> bool:
    return wanted in text


def _finds(head: str, middle: Sequence[str], tail: str, text: str) -> bool:
    at, end = len(head), len(text) - len(tail)
    if at > end or not text.startswith(head) or not text.endswith(tail):
        return False
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _compile_automaton(tokens: Sequence[tuple[str, str]]) -> Matcher:
    """Make an automaton: bit i of its state says that the pattern's first i characters have been matched."""
    takes: dict[str, int] = {}
    takes_any = stays = length = 0
    for wildcard, text in tokens:
        if wildcard == "*":
            stays |= 1 << length
        elif wildcard:
            takes_any |= 1 << length
            length += 1
        for character in text:
            takes[character] = takes.get(character, 0) | 1 << length
            length += 1
    moves = {character: bits | takes_any for character, bits in takes.items()}
    return partial(_runs, moves, takes_any, stays, length)


def _runs(moves: dict[str, int], takes_any: int, stays: int, length: int, text: str) -> bool:
    state = 1
    for character in text:
        state = (state & moves.get(character, takes_any)) << 1 | (state & stays)
        if not state:
            return False
    return bool(state >> length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Several patterns; most are plain names or plain prefixes, which are looked up together.

    Attributes:
        names: Those without wildcards.
        prefixes: Those with one wildcard, a last `*`; without it.
        others: The rest.
    """

    names: frozenset[str]
    prefixes: tuple[str, ...]
    others: tuple[Matcher, ...] = field(compare=False, repr=False)  # functions do not compare

    @classmethod
    def compile(cls, patterns: Iterable[str]) -> Self:
        """Sort the patterns of a policy by what they need.

        Raises:
            MalformedPolicy: One is too long.
        """
        names, prefixes, others = set(), set(), set()
        for pattern in patterns:
            if not _WILD.search(pattern):
                names.add(pattern)
            elif pattern.endswith("*") and not _WILD.search(pattern, 0, len(pattern) - 1):
                prefixes.add(pattern[:-1])
            else:
                others.add(glob_of_pattern(check_pattern(pattern)))
        return cls(
            names=frozenset(names),
            prefixes=tuple(sorted(prefixes)),
            others=tuple(compile_glob(glob) for glob in sorted(others)),
        )

    def match(self, text: str) -> bool:
        """Tell whether any pattern matches the whole text."""
        if text in self.names or (self.prefixes and text.startswith(self.prefixes)):
            return True
        for matcher in self.others:  # noqa: SIM110 - a generator for each statement of a request shows
            if matcher(text):
                return True
        return False
