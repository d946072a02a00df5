"""Where the statements of a policy stand in its text, as the policy simulator says it.

Lines and columns count from 1. AWS tells where its reader stood before and after a statement: a span begins behind the
bracket of the list, or behind the statement before, white space and comma included, and ends behind the closing brace.
The span of a statement that is not in a list begins behind its own opening brace. (The examples of
`simulate-custom-policy` and `simulate-principal-policy` in the AWS CLI's reference, and answers of AWS that others have
published.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_SPACE = re.compile(r"[ \t\n\r]*")
_REMEMBERED = 64  # one simulation asks for the same text again and again
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A character of a text, by line and column."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From what stands before a statement to what stands behind it."""

    start: Position
    end: Position


@lru_cache(maxsize=_REMEMBERED)
def locate_statements(text: str) -> tuple[Span, ...]:
    """Find the statements of a document that has been read as a policy."""
    at = _statement_element(text)
    if text[at] == "[":
        return tuple(_spans_of_list(text, at + 1))
    return (_span(text, at + 1, _skip_value(text, at)),)


def _statement_element(text: str) -> int:
    """Find where the value of the Statement element begins."""
    at = _skip_space(text, text.index("{") + 1)
    while True:
        name, at = _DECODER.raw_decode(text, at)
        at = _skip_space(text, _skip_space(text, at) + 1)
        if name == "Statement":
            return at
        at = _skip_space(text, _skip_space(text, _skip_value(text, at)) + 1)


def _spans_of_list(text: str, at: int) -> Iterator[Span]:
    """Find the statements of a list, which is not empty, from behind its bracket on."""
    separator = ","
    begin = _skip_space(text, at)
    while separator == ",":
        end = _skip_value(text, begin)
        yield _span(text, at, end)
        at = end
        separator = text[_skip_space(text, end)]
        begin = _skip_space(text, _skip_space(text, end) + 1)


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _skip_value(text: str, at: int) -> int:
    return _DECODER.raw_decode(text, at)[1]


def _span(text: str, start: int, end: int) -> Span:
    return Span(start=_position(text, start), end=_position(text, end))


def _position(text: str, at: int) -> Position:
    return Position(line=text.count("\n", 0, at) + 1, column=at - text.rfind("\n", 0, at))
