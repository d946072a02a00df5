"""Which bytes of an object are asked for (RFC 9110 section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sealgate.services.objects.errors import InvalidArgument, RangeNotSatisfiable

_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,19})\s*-\s*([0-9]{0,19})\s*")
_COPY_RANGE = re.compile(r"bytes=([0-9]{1,19})-([0-9]{1,19})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteRange:
    """A part of some content: `length` bytes from `offset`."""

    offset: int
    length: int


def parse_range(text: str, size: int) -> ByteRange | None:
    """Read a `Range` header for content of `size` bytes.

    Answers None for what is not one range of bytes (several ranges, other units): that asks for everything.

    Raises:
        RangeNotSatisfiable: It begins at or after the end, or asks for the last 0 bytes.
    """
    match = _RANGE.fullmatch(text)
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        length = min(int(match[2]), size)
        if length == 0:
            raise RangeNotSatisfiable(text, size=size)
        return ByteRange(offset=size - length, length=length)
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable(text, size=size)
    return ByteRange(offset=first, length=min(last, size - 1) - first + 1)


def parse_copy_range(text: str, size: int) -> ByteRange:
    """Read the range of a part that is copied: both ends, and inside the source.

    Raises:
        InvalidArgument: It is not `bytes=first-last`, or goes beyond the source's `size` bytes.
    """
    match = _COPY_RANGE.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise InvalidArgument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy",
            name="x-amz-copy-source-range",
            value=text,
        )
    first, last = int(match[1]), int(match[2])
    if last >= size:
        raise InvalidArgument(
            f"Range specified is not valid for source object of size: {size}",
            name="x-amz-copy-source-range",
            value=text,
        )
    return ByteRange(offset=first, length=last - first + 1)
