"""A package taken to pieces and put together again, consistently: what a careful forger's tool would do."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from sealgate.package.layout import SIGNATURE_NAME, end_records

_RECORD_SIZE = 46
_HEADER_SIZE = 30
_LIMIT_16 = 0xFFFF


@dataclass(frozen=True, kw_only=True)
class Part:
    """One entry: its local header with the data, and its central record."""

    local: bytes
    record: bytes

    @property
    def name(self) -> bytes:
        length = int.from_bytes(self.record[28:30], "little")
        return self.record[_RECORD_SIZE : _RECORD_SIZE + length]

    @property
    def body(self) -> bytes:
        name, extra = struct.unpack_from("<HH", self.local, 26)
        return self.local[_HEADER_SIZE + name + extra :]

    def patched(self, *, local: int | None, record: int, value: bytes) -> Self:
        """Overwrite a field in the local header, if it is there, and in the central record."""
        changed = self.local if local is None else _patch(self.local, local, value)
        return replace(self, local=changed, record=_patch(self.record, record, value))


def _patch(data: bytes, offset: int, value: bytes) -> bytes:
    return data[:offset] + value + data[offset + len(value) :]


def dissect(package: bytes) -> list[Part]:
    """Take a well-formed package without comments to pieces."""
    count, _, size, offset = struct.unpack_from("<HHII", package, len(package) - 14)[:1] + struct.unpack_from(
        "<HII", package, len(package) - 12
    )
    records, position = [], offset
    while position < offset + size:
        name, extra, comment = struct.unpack_from("<HHH", package, position + 28)
        end = position + _RECORD_SIZE + name + extra + comment
        records.append(package[position:end])
        position = end
    assert count in (len(records), _LIMIT_16)
    starts = [int.from_bytes(record[42:46], "little") for record in records]
    ends = [*starts[1:], offset]
    return [
        Part(local=package[start:end], record=record) for start, end, record in zip(starts, ends, records, strict=True)
    ]


def assemble(parts: Iterable[Part]) -> bytes:
    """Put parts together: offsets, counts and sizes all true."""
    parts = list(parts)
    offset, records = 0, []
    for part in parts:
        records.append(_patch(part.record, 42, offset.to_bytes(4, "little")))
        offset += len(part.local)
    directory = b"".join(records)
    return b"".join(part.local for part in parts) + directory + end_records(len(parts), len(directory), offset)


def signature_of(parts: Iterable[Part]) -> Part:
    """Answer the signature's part."""
    return next(part for part in parts if part.name == SIGNATURE_NAME)
