"""What properties hold: plain JSON values, and in their midst what is not known before a resource has been made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Value = Any
"""None, text, a number, a flag, a list or a mapping with text keys, of values; or `Unknown`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A value that takes a resource which is not made, or not changed, yet.

    Attributes:
        causes: What has to be known first: logical ids (`Role`), and attributes of them (`Role.Arn`).
    """

    causes: frozenset[str]


def find_unknown(value: Value) -> frozenset[str]:
    """Answer the causes of everything unknown in a value; empty where all of it is known."""
    return frozenset(cause for each in _unknowns(value) for cause in each.causes)


def _unknowns(value: Value) -> Iterator[Unknown]:
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _unknowns(each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from _unknowns(each)
