"""JSON documents from strangers: objects in which each name stands once.

Readers differ in which of two values of one name they take (RFC 8259 §4); what a proxy or an audit has read must not be
another request than the one that is served. orjson takes the last and says nothing, so the names are counted.
"""

from __future__ import annotations

import json
from typing import Any, AnyStr

import orjson

from sealgate.aws.faults import Malformed

_ESCAPED = b"\\u003"
"""How every escape of a colon begins."""
_STRETCH = 4096


def parse_object(body: bytes) -> dict[str, Any]:
    """Read a document that must be an object; an empty body is an empty object.

    Raises:
        Malformed: It is not JSON, or not an object.
    """
    if not body:
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The request body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Malformed("The request body is not a JSON object.")
    return document


def refuse_repeated(body: bytes, document: dict[str, Any]) -> None:
    """Refuse a body in which an object names something twice.

    A text has a colon after each name, and those inside its strings. Where the document that was read accounts for all
    of them, nothing was lost.

    Args:
        body: What was read.
        document: As `parse_object` has read it.

    Raises:
        Malformed: A name is given twice.
    """
    is_escaped = b"\\" in body and _ESCAPED in body  # one byte is looked for ten times as fast as several
    if is_escaped or _count_in(document) != _count(body, b":"):
        _refuse_first(body)


def _count_in(document: dict[str, Any]) -> int:
    """Count the colons that a document accounts for."""
    colons, waiting = 0, [document]
    while waiting:
        value: Any = waiting.pop()
        if isinstance(value, str):
            colons += value.count(":") if len(value) < _STRETCH else _count(value, ":")
        elif isinstance(value, dict):
            colons += len(value)
            waiting += value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return colons


def _count(text: AnyStr, colon: AnyStr) -> int:
    """Count colons; stretches without any, as in packages, are passed over ten times as fast as `count` does."""
    colons, at = 0, text.find(colon)
    while at >= 0:
        colons += text.count(colon, at, at + _STRETCH)
        at = text.find(colon, at + _STRETCH)
    return colons


def _refuse_first(body: bytes) -> None:
    try:
        json.loads(body, object_pairs_hook=_unique, parse_int=str)
    except RecursionError:
        raise Malformed("The request body is nested too deep.") from None


def _unique(pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise Malformed(f"The request body gives '{name}' twice.")
        seen.add(name)
