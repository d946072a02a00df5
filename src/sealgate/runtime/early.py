"""Whether an interpreter may be started before the function's code has been verified.

It may where nothing of the function would be read by that: no variable that a loader or an interpreter heeds, and no
shared library that could come in the place of another. Else the first program waits, and starts it afterwards.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from sealgate.runtime.launch import Launch

_HEEDED = (
    "AWS_LAMBDA_", "GCONV_", "GLIBC_", "LANG", "LC_", "LD_", "LOCPATH", "MALLOC_", "NODE_", "OPENSSL_", "PYTHON",
    "SSL_", "TZ", "UV_",
)  # fmt: skip
"""What names of variables begin with that count when a program starts, and not when they are read later."""


def may_start_early(launch: Launch) -> bool:
    """Tell whether the function has nothing that an interpreter would heed when it starts.

    The interface client for Python looks at the log format while it is loaded.
    """
    is_heeded = launch.logs_json or any(name.startswith(_HEEDED) for name in launch.environment)
    return not is_heeded and not _has_libraries(launch)


def _has_libraries(launch: Launch) -> bool:
    """Look for shared libraries where the loader would, given the function's search path (ld.so(8)).

    Who adds one after this look gains nothing: an interpreter that starts early has another search path.
    """
    roots = (launch.task, *launch.layers)
    folders = (launch.task, *(root / "lib" for root in roots))
    return any(True for _ in chain.from_iterable(Path(folder).glob("lib*.so*") for folder in folders))
