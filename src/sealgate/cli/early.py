"""Hashing begins here, before the arguments are understood and before anything else is loaded.

What is begun is a guess: the file that a quick look at the command line names. `take` hands it to the command only for
the file that the full parser found, and the verifier compares what was measured with what was signed, so a wrong guess
costs time and nothing else.
"""

from __future__ import annotations

import gc
import os
import sys

from sealgate.errors import SealgateError
from sealgate.package.files import FileSource
from sealgate.package.measure import Measurement, begin_measuring

TYPE_CHECKING = False  # type checkers read True; `typing` itself would cost milliseconds before hashing has begun
if TYPE_CHECKING:
    from typing import NoReturn

_TAKES_VALUE = frozenset({"--data", "--trust", "--publisher", "--at", "--revocations"})
_SWITCH_SECONDS = 0.0001
_begun: dict[str, tuple[FileSource, Measurement | None]] = {}


def begin(arguments: list[str]) -> None:
    """Start measuring the file that `verify`'s arguments seem to name; whatever is wrong is left to the command."""
    # A process this short makes no garbage worth looking for, and loading modules would make it look often.
    gc.disable()
    # The hashing threads need the interpreter for a moment after each chunk, and the main thread holds it to load.
    sys.setswitchinterval(_SWITCH_SECONDS)
    path = find_file(arguments)
    if path is None:
        return
    try:
        source = FileSource(path)
        # One core is left to loading, which takes about as long; whoever is done first helps the other.
        threads = max(1, len(os.sched_getaffinity(0)) - 1)
        _begun[path] = source, begin_measuring(source, threads=threads)
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


def end(status: int) -> NoReturn:
    """End the process without unloading anything; stdout has been flushed, and nothing else is open for writing."""
    sys.stderr.flush()
    os._exit(status)
