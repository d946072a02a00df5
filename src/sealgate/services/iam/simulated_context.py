"""What a simulation says of the request that it imagines: condition keys, each with a type and values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sealgate.policy.operands import is_readable
from sealgate.policy.request import Context
from sealgate.services.iam.errors import InvalidInput

_LIST = "List"
_FORMATS = {
    "numeric": "numeric format",
    "date": "DateTime format",
    "boolean": "true or false",
    "ip": "IP address",
    "binary": "base-64 encoded binary format",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextEntry:
    """One condition key of the imagined request.

    Attributes:
        name: In whichever case (`aws:SourceIp`); empty where it was not given.
        type: `string`, `numeric`, `boolean`, `ip`, `binary` or `date`, or one of these and `List`; None where it was
            not given.
        values: One, or any number of a list.
    """

    name: str
    type: str | None
    values: tuple[str, ...]


def read_entries(entries: Iterable[ContextEntry]) -> Context:
    """Answer the context that entries make.

    Raises:
        InvalidInput: An entry has no name, type or values, more values than its type can have, or values that its type
            cannot have; or a key stands twice.
    """
    context: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        _check(entry)
        if entry.name.lower() in context:
            raise InvalidInput(f"Duplicate context key: {entry.name}.")
        context[entry.name.lower()] = entry.values
    return context


def _check(entry: ContextEntry) -> None:
    if not entry.name:
        raise InvalidInput("ContextKeyName cannot be null or empty.")
    if entry.type is None:
        raise InvalidInput(f"Context key {entry.name} has invalid type null.")
    if not entry.values:
        raise InvalidInput(f"Context values for context key {entry.name} cannot be null or empty.")
    kind = entry.type.removesuffix(_LIST)
    if kind == entry.type and len(entry.values) > 1:
        raise InvalidInput(f"Context key {entry.name} expected a single value, but received {len(entry.values)}.")
    if not all(is_readable(value, kind) for value in entry.values):
        raise InvalidInput(f"Invalid context value for key {entry.name}: expected {_FORMATS[kind]}.")
