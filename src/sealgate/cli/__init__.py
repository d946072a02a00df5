"""The command line. `main` is the entry point; each command is one module here.

This module imports nothing but `sys`: `sealgate verify FILE` starts hashing FILE on other threads before anything
else is loaded, since loading takes as long as hashing.
"""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run one command and answer its exit status: 0 ok, 1 refused, 2 usage or unreadable file.

    Args:
        arguments: What follows the program's name. None takes them from the process, and takes the process as this
            command's own: `verify` then ends it at once, since unloading what it has loaded takes longer than its work.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["verify"]:
        return _verify(words, is_own_process=arguments is None)
    from sealgate.cli.dispatch import dispatch  # noqa: PLC0415 - see _verify

    return dispatch(words)


def _verify(words: list[str], *, is_own_process: bool) -> int:
    from sealgate.cli import early  # noqa: PLC0415 - nothing is loaded before hashing has begun

    early.begin(words[1:])
    from sealgate.cli.dispatch import dispatch  # noqa: PLC0415 - see above

    status = dispatch(words)
    if is_own_process:
        early.end(status)
    return status
