"""The service models' regular expressions, which are Java's, as Python's.

Everything is matched as a whole (`fullmatch`), since not every pattern is anchored, with ASCII classes as in Java.
Unicode categories, which Python's expressions do not know, are matched by their ASCII representatives, after each
other character of the category in the text was replaced by one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

MAX_LENGTH = 4096
"""No longer text is matched against a pattern whose shape has no maximum of its own."""

_REPRESENTATIVES = {"L": "a", "N": "0", "Z": " "}
_ASCII_CLASSES = {r"\p{L}": "a-zA-Z", r"\p{N}": "0-9", r"\p{Z}": " "}


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """Answer a function that tells whether a whole text matches.

    Raises:
        re.error: The pattern uses what is not translated; at start, so no server runs with it.
    """
    translated = pattern
    for category, ascii_class in _ASCII_CLASSES.items():
        translated = translated.replace(category, ascii_class)
    fullmatch = re.compile(translated, re.ASCII).fullmatch
    if translated == pattern:
        return lambda text: fullmatch(text) is not None
    return lambda text: fullmatch(text if text.isascii() else _fold(text)) is not None


def _fold(text: str) -> str:
    return "".join(
        char if char.isascii() else _REPRESENTATIVES.get(unicodedata.category(char)[0], char) for char in text
    )
