"""JSON as policies are written in: nothing twice, nothing that JSON does not have, numbers as they were written."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from sealgate.policy.malformed import syntax_error

MAX_TEXT = 131072
"""The longest policy text read, in characters; IAM's model bounds every document by it (`policyDocumentType`)."""


class Number(str):
    """A number, as it was written."""

    __slots__ = ()


def parse_object(text: str) -> dict[str, Any]:
    """Read one JSON object. Numbers become `Number`.

    Raises:
        MalformedPolicy: The text is longer than `MAX_TEXT`, no JSON object, nested too deep, names a key twice, or
            holds NaN or Infinity.
    """
    if len(text) > MAX_TEXT:
        raise syntax_error(f"The document has more than {MAX_TEXT} characters.")
    try:
        read = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=Number,
            parse_int=Number,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise syntax_error("The document is nested too deep.") from None
    except json.JSONDecodeError as error:
        raise syntax_error(f"It is no JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from None
    if not isinstance(read, dict):
        raise syntax_error("The document must be a JSON object.")
    return read


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise syntax_error(f"{twice} is given twice.")
    return read


def _refuse_constant(name: str) -> NoReturn:
    raise syntax_error(f"It is no JSON: {name}.")
