"""Where the statements of a policy stand in its text, as the policy simulator says it.

Lines and columns count from 1; a statement begins at its opening brace and ends at its closing one. A statement that is
not in a list is counted as if it were: the bracket in front of it moves what follows in its line by one column (the
example of `simulate-custom-policy` in the AWS CLI's reference).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A character of a text, by line and column."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the first to the last character of a statement."""

    start: Position
    end: Position


def locate_statements(text: str) -> tuple[Span, ...]:
    """Find the statements of a document that has been read as a policy."""
    at = _statement_element(text)
    if text[at] == "[":
        return tuple(_spans_of_list(text, at))
    end = _skip_value(text, at)
    return (_span(text[:at] + "[" + text[at:], at + 1, end + 1),)


def _statement_element(text: str) -> int:
    """Find where the value of the Statement element begins."""
    at = _skip_space(text, text.index("{") + 1)
    while True:
        name, at = _DECODER.raw_decode(text, at)
        at = _skip_space(text, _skip_space(text, at) + 1)
        if name == "Statement":
            return at
        at = _skip_space(text, _skip_space(text, _skip_value(text, at)) + 1)


def _spans_of_list(text: str, at: int) -> list[Span]:
    spans = []
    while text[at] != "]":
        start = _skip_space(text, at + 1)
        end = _skip_value(text, start)
        spans.append(_span(text, start, end))
        at = _skip_space(text, end)
    return spans


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _skip_value(text: str, at: int) -> int:
    return _DECODER.raw_decode(text, at)[1]


def _span(text: str, start: int, end: int) -> Span:
    return Span(start=_position(text, start), end=_position(text, end - 1))


def _position(text: str, at: int) -> Position:
    return Position(line=text.count("\n", 0, at) + 1, column=at - text.rfind("\n", 0, at))
