"""A server that starts the function `unchecked` without verifying its code: what `invoke.py` compares with."""

from __future__ import annotations

import sys

from sealgate.cli import main
from sealgate.services.invocations.starting import Part, SignedPart, Starter
from sealgate.store.functions import Function

NAME = "unchecked"
_check = Starter.check


def _skip(starter: Starter, function: Function, parts: tuple[Part, ...]) -> tuple[SignedPart, ...]:
    return () if function.name == NAME else _check(starter, function, parts)


if __name__ == "__main__":
    Starter.check = _skip  # type: ignore[method-assign] # the one place where code runs unverified
    sys.exit(main(sys.argv[1:]))
