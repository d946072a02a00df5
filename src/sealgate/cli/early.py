"""Hashing begins here, before the arguments are understood and before anything else is loaded.

What is begun is a guess: the file that a quick look at the command line names. `take` hands it to the command only for
the file that the full parser found, and the verifier compares what was measured with what was signed, so a wrong guess
costs time and nothing else.
"""

from sealgate.errors import SealgateError
from sealgate.package.files import FileSource
from sealgate.package.measure import Measurement, begin_measuring

_TAKES_VALUE = frozenset({"--data", "--trust", "--publisher", "--at", "--revocations"})
_begun: dict[str, tuple[FileSource, Measurement | None]] = {}


def begin(arguments: list[str]) -> None:
    """Start measuring the file that `verify`'s arguments seem to name; whatever is wrong is left to the command."""
    path = find_file(arguments)
    if path is None:
        return
    try:
        source = FileSource(path)
        _begun[path] = source, begin_measuring(source)
    except (OSError, SealgateError):
        return


def find_file(arguments: list[str]) -> str | None:
    """Answer the first argument that is neither an option nor the value right after one, or None."""
    is_value = False
    for argument in arguments:
        if not argument.startswith("-") and not is_value:
            return argument
        is_value = argument in _TAKES_VALUE
    return None


def take(path: str) -> tuple[FileSource, Measurement | None] | None:
    """Hand over the open file and its measurement, if `begin` guessed this path."""
    return _begun.pop(path, None)
