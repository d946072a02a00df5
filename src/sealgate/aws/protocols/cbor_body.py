"""CBOR documents (RFC 8949) to values and back: what the Smithy RPC v2 CBOR protocol uses of it.

The reading is awscrt's, AWS's own: it bounds the depth, and knows no tag but that of moments. What would be slow to
read is refused here, before: many items, and texts in pieces, which it joins one by one and no client of AWS's sends.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awscrt.cbor import AwsCborDecoder, AwsCborEncoder, AwsCborType

from sealgate.aws.faults import Malformed
from sealgate.aws.model import Shape
from sealgate.aws.protocols import scalars
from sealgate.aws.protocols.json_body import Encode, Parse, check_boolean, check_type

_UNREADABLE = (RuntimeError, ValueError, TypeError, RecursionError, MemoryError)
"""What the decoder raises for bytes that are no such document."""
_MAX_ITEMS = 100_000
"""Items of a document; 500 queries of 30 dimensions each have fewer."""
_PIECES = (AwsCborType.IndefStr, AwsCborType.IndefBytes)
_DOUBLE = b"\xfb"


@dataclass(frozen=True, slots=True)
class Moment:
    """A number with the tag that makes it seconds since 1970."""

    seconds: float


def parse_map(body: bytes) -> dict[str, Any]:
    """Read a document that must be a map; an empty body is an empty map.

    Raises:
        Malformed: It is not CBOR, not a map, or not all of the body.
    """
    if not body:
        return {}
    try:
        _check_items(body)
        decoder = AwsCborDecoder(body, on_epoch_time=Moment)
        document = decoder.pop_next_data_item()
        left = decoder.get_remaining_bytes_len()
    except _UNREADABLE as error:
        raise Malformed("The request body is not CBOR.") from error
    if left or not isinstance(document, dict):
        raise Malformed("The request body is not one CBOR map.")
    return document


def _check_items(body: bytes) -> None:
    """Refuse a document that has too many items, or says that it has, or has a text in pieces."""
    decoder, found, claimed = AwsCborDecoder(body), 0, 0
    while decoder.get_remaining_bytes_len():
        found += 1
        kind = decoder.peek_next_type()
        if kind is AwsCborType.ArrayStart:
            claimed += decoder.pop_next_array_start()
        elif kind is AwsCborType.MapStart:
            claimed += 2 * decoder.pop_next_map_start()
        else:
            decoder.consume_next_single_element()
        if kind in _PIECES:
            raise Malformed("The request body has a text in pieces, which this server does not support.")
        if max(found, claimed) > _MAX_ITEMS:
            raise Malformed(f"The request body has more than {_MAX_ITEMS:,} items, or says so.")


def encode_map(document: Mapping[str, Any]) -> bytes:
    """Write a map; a datetime becomes a moment."""
    writer = _Writer()
    writer.write(document)
    return writer.finish()


def scalar_parser(shape: Shape) -> Parse:
    """Answer the function that checks a value which a document has for a scalar."""
    type_name = shape.type_name
    if type_name in ("integer", "long"):
        return lambda value, where: scalars.check_integer(
            check_type(value, int, where, "a whole number"), where, type_name
        )
    if type_name in ("float", "double"):
        return _parse_double
    if type_name == "boolean":
        return check_boolean
    if type_name == "timestamp":
        return lambda value, where: scalars.parse_unix(
            check_type(value, Moment, where, "a moment in time").seconds, where
        )
    if type_name == "blob":
        return lambda value, where: check_type(value, bytes, where, "a byte string")
    return lambda value, where: scalars.check_text(check_type(value, str, where, "a text"), where)


def scalar_encoder(shape: Shape) -> Encode:
    """Answer the function that makes the value which a document has for a scalar."""
    return float if shape.type_name in ("float", "double") else lambda value: value


def _parse_double(value: Any, where: str) -> float:
    number = float(check_type(value, (int, float), where, "a number"))
    if not math.isfinite(number):
        raise scalars.malformed(where, "a finite number")
    return number


class _Writer:
    def __init__(self) -> None:
        self._encoder = AwsCborEncoder()
        self._pieces: list[bytes] = []

    def write(self, value: Any) -> None:
        if isinstance(value, float):
            self._write_double(value)
        elif isinstance(value, datetime):
            self._encoder.write_epoch_time(value.timestamp())
        elif isinstance(value, Mapping):
            self._encoder.write_map_start(len(value))
            for key, item in value.items():
                self._encoder.write_text(key)
                self.write(item)
        elif isinstance(value, list):
            self._encoder.write_array_start(len(value))
            for item in value:
                self.write(item)
        else:
            self._encoder.write_data_item(value)

    def _write_double(self, value: float) -> None:
        # The encoder would shorten it, down to a whole number; not every client takes one where its model says double.
        self._pieces += [self._encoder.get_encoded_data(), _DOUBLE + struct.pack(">d", value)]
        self._encoder = AwsCborEncoder()  # awscrt 0.38's cannot be reset

    def finish(self) -> bytes:
        return b"".join([*self._pieces, self._encoder.get_encoded_data()])
