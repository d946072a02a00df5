"""The command line. `main` is the entry point; each command is one module here.

This module imports nothing but `sys`: `sealgate verify FILE` starts hashing FILE on other threads before anything
else is loaded, since loading takes as long as hashing.
"""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run one command and answer its exit status: 0 ok, 1 refused, 2 usage or unreadable file.

    Args:
        arguments: What follows the program's name; None takes them from the process.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["verify"]:
        from sealgate.cli import early  # noqa: PLC0415 - nothing is loaded before hashing has begun

        early.begin(arguments[1:])
    from sealgate.cli.dispatch import dispatch  # noqa: PLC0415 - see above

    return dispatch(arguments)
