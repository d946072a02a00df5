"""Filter patterns: which events FilterLogEvents shows.

The unstructured form (CloudWatch Logs user guide, "Filter pattern syntax"): terms that must all occur, each a word or a
text in double quotes, upper and lower case told apart; `?term` of which one must occur, where there are no other terms;
`-term` that must not occur. Patterns for JSON (`{ ... }`), for fields between spaces (`[ ... ]`) and with regular
expressions (`%...%`) are refused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sealgate.errors import Unsupported
from sealgate.services.logs.errors import InvalidLogParameter

_TERM = re.compile(r'\s*(?P<sign>[?-]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"]+))(?=\s|$)')
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterPattern:
    """A pattern, read.

    Attributes:
        required: Texts that must all occur.
        alternatives: Texts of which one must occur, unless some are required: then, as on AWS, they do not count.
        excluded: Texts that must not occur.
    """

    required: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def matches(self, message: str) -> bool:
        """Tell whether an event with this message is shown."""
        if any(text in message for text in self.excluded):
            return False
        if self.required:
            return all(text in message for text in self.required)
        return not self.alternatives or any(text in message for text in self.alternatives)


EVERYTHING = FilterPattern()
"""What matches every event."""


def parse_pattern(text: str) -> FilterPattern:
    """Read a pattern; an empty one matches everything.

    Raises:
        Unsupported: It is of a form that is not there.
        InvalidLogParameter: It cannot be read.
    """
    text = text.strip()
    if text[:1] in ("{", "[", "%"):
        raise Unsupported(
            f"filter pattern {text!r}: patterns for JSON, for fields and with regular expressions are not supported"
        )
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise InvalidLogParameter(f"Invalid filter pattern: {text!r}, from {text[position:]!r} on")
        quoted = match["quoted"]
        terms[match["sign"]].append(match["word"] if quoted is None else _ESCAPE.sub(r"\1", quoted))
        position = match.end()
    return FilterPattern(required=tuple(terms[""]), alternatives=tuple(terms["?"]), excluded=tuple(terms["-"]))
