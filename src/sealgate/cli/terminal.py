"""How the command line talks: data on stdout, talk on stderr, and nothing that a terminal would act on.

Talk is `sealgate: error: ...` and `sealgate: hint: ...`: lower case, one line, no full stop.
"""

import sys

OK = 0
REFUSED = 1
USAGE = 2
INTERRUPTED = 130
"""The shell's own status for a process that SIGINT ended."""
BROKEN_PIPE = 141
"""The shell's own status for a process that SIGPIPE ended."""


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
