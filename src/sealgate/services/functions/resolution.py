"""From a function's name to the version that is meant.

Without a qualifier, and with `$LATEST`, that is what was deployed last; with a number the version of that number; with
the name of an alias the version that it points to, or one of its two, drawn by their weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sealgate.services.functions.errors import FunctionNotFound
from sealgate.services.functions.names import FunctionName, parse_version
from sealgate.store.aliases import Alias, aliases
from sealgate.store.database import Tx
from sealgate.store.functions import LATEST_NUMBER, Function, functions

Draw = Callable[[], float]
"""Answers a number from 0 up to 1, evenly distributed, as `random.random` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The version that a name means.

    Attributes:
        function: The version.
        alias: The alias that it was named by, or None.
    """

    function: Function
    alias: Alias | None = None


def resolve(tx: Tx, name: FunctionName, *, draw: Draw | None = None) -> Resolved:
    """Find the version that a name means.

    Args:
        tx: A transaction.
        name: Of the function, with its qualifier.
        draw: Chooses between the versions of an alias; None takes the one that it points to.

    Raises:
        FunctionNotFound: There is no such function, version or alias.
    """
    alias = None
    number: int | None = LATEST_NUMBER
    if name.qualifier is not None:
        number = parse_version(name.qualifier)
        if number is None:
            alias = aliases.find(tx, **name.place, function=name.name, name=name.qualifier)
            number = None if alias is None else _choose(alias, draw)
    found = None if number is None else functions.find(tx, **name.place, name=name.name, version=number)
    if found is None:
        raise FunctionNotFound(name.arn)
    return Resolved(function=found, alias=alias)


def _choose(alias: Alias, draw: Draw | None) -> int:
    if draw is None:
        return alias.version
    drawn = draw()
    for version, weight in alias.routing.items():
        if drawn < weight:
            return version
        drawn -= weight
    return alias.version
