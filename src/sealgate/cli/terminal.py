"""How the command line talks: data on stdout, talk on stderr, and nothing that a terminal would act on.

Talk is `sealgate: error: ...` and `sealgate: hint: ...`: lower case, one line, no full stop.
"""

import os
import sys

TYPE_CHECKING = False  # as in `early`: every millisecond of `verify` counts
if TYPE_CHECKING:
    from datetime import datetime

OK = 0
REFUSED = 1
USAGE = 2
INTERRUPTED = 130
"""The shell's own status for a process that SIGINT ended."""
BROKEN_PIPE = 141
"""The shell's own status for a process that SIGPIPE ended."""


RED, GREEN, YELLOW = "31", "32", "33"
"""Colours, as a terminal's control sequences number them (ECMA-48, SGR)."""


def is_colourful() -> bool:
    """Tell whether stdout is a terminal whose user wants colours (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str) -> str:
    """Write text in a colour; the text is printable already."""
    return f"\x1b[{colour}m{text}\x1b[0m"


def encode_time(moment: "datetime") -> str:
    """Write a moment in UTC (`2026-11-24T03:27:00Z`)."""
    return moment.isoformat().replace("+00:00", "Z")


def printable(text: str) -> str:
    """Escape control characters, line breaks and direction marks, so that no package steers a terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def say_error(message: str) -> None:
    """Tell on stderr what went wrong."""
    _say("error", message)


def say_hint(message: str) -> None:
    """Tell on stderr what would help."""
    _say("hint", message)


def _say(kind: str, message: str) -> None:
    sentence = message.rstrip(".")
    if sentence[1:2].islower():
        sentence = sentence[0].lower() + sentence[1:]
    sys.stderr.write(f"sealgate: {kind}: {printable(sentence)}\n")
