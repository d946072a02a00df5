"""Functions as answers show them: how far a change is, with which layers, and which name they were asked for by."""

from __future__ import annotations

import dataclasses
import enum
import uuid
from dataclasses import dataclass

from sealgate.services.layers.attachment import list_attached
from sealgate.store.database import Tx
from sealgate.store.functions import Function
from sealgate.store.layers import LayerVersion


class Phase(enum.Enum):
    """How far a change is, as an answer tells it."""

    CREATING = "being created, in the answer to that call"
    UPDATING = "being changed, in the answer to that call"
    TRIED = "tried out and left as it was, in the answer to a dry run"
    SETTLED = "as every read finds it"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionState:
    """A version of a function as an answer shows it.

    Attributes:
        function: The version; after a dry run with the package that was tried, which is not stored.
        phase: How far the change is.
        layers: The layer versions that it has, in order.
        qualifier: The version or alias that the caller asked for by name, else None.
        latest: `$LATEST` of the same function, which has its tags and its reserved concurrency; told to whoever asks
            for the function, else None.
    """

    function: Function
    phase: Phase
    layers: tuple[LayerVersion, ...] = ()
    qualifier: str | None = None
    latest: Function | None = None


def new_revision() -> str:
    """Draw a name for the state of a function or an alias, which no other state ever has."""
    return str(uuid.uuid4())


def settled(
    tx: Tx, function: Function, *, qualifier: str | None = None, latest: Function | None = None
) -> FunctionState:
    """Answer a version as every read finds it."""
    layers = list_attached(tx, function)
    return FunctionState(function=function, phase=Phase.SETTLED, layers=layers, qualifier=qualifier, latest=latest)


def still_changing(
    function: Function, phase: Phase, *, layers: tuple[LayerVersion, ...], qualifier: str | None = None
) -> FunctionState:
    """Answer a change as under way: its revision is not the one that reads will show, as on AWS."""
    shown = dataclasses.replace(function, revision_id=new_revision())
    return FunctionState(function=shown, phase=phase, layers=layers, qualifier=qualifier)
