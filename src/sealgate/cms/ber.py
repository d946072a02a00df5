"""Tag, length, value: a strict reader of BER and an encoder of DER, for the few types of our envelopes.

The reader is driven by what its caller expects, so hostile nesting cannot make it recurse. It takes one-byte tags
and minimal definite lengths only; an indefinite length (which DER forbids, and AWS Signer writes in the outer layers
of its signatures) is taken solely where the caller allows it, on constructed nodes. Every node must be used up: bytes
that nobody reads are an error, never ignored.

Sources: X.690 clauses 8.1 (BER), 10 and 11 (DER).
"""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from sealgate.errors import IntegrityError

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31
CONTEXT_0 = 0xA0
CONTEXT_1 = 0xA1

MAX_DEPTH = 32
"""The deepest nesting that `verify_der` follows; the deepest honest attribute nests 5."""

_CONSTRUCTED = 0x20
_TAG_NUMBER = 0x1F  # all ones: the tag goes on in further bytes (X.690 8.1.2.4), which nothing here needs
_LONG_LENGTH = 0x80
_INDEFINITE = 0x80
_MAX_LENGTH_BYTES = 4
_END_OF_CONTENTS = b"\0\0"


class EnvelopeError(IntegrityError):
    """A signature block is not what it must be; `reason` is `MalformedSignature` unless a check is more precise."""

    def __init__(self, message: str, *, reason: str = "MalformedSignature") -> None:
        super().__init__(f"signature block: {message}", reason=reason)


class Reader:
    """A cursor over the content of one node; as a context, it must have been used up when the block ends.

    Args:
        data: The bytes that the whole reading is about; positions count from their start.
        start: Where the content starts.
        end: Where it ends at the latest.
        indefinite: The content ends at an end-of-contents mark somewhere before `end`, not at `end`.
        parent: The reader to take up again after this node.
    """

    __slots__ = ("_data", "_end", "_indefinite", "_parent", "_position")

    def __init__(
        self,
        data: bytes,
        start: int = 0,
        end: int | None = None,
        *,
        indefinite: bool = False,
        parent: Reader | None = None,
    ) -> None:
        self._data = data
        self._position = start
        self._end = len(data) if end is None else end
        self._indefinite = indefinite
        self._parent = parent

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()

    def is_at_end(self) -> bool:
        """Say whether the node is used up."""
        if self._indefinite:
            return self._data[self._position : min(self._position + 2, self._end)] == _END_OF_CONTENTS
        return self._position == self._end

    def is_next(self, tag: int) -> bool:
        """Say whether a node of this tag follows."""
        return self._position < self._end and self._data[self._position] == tag

    def read(self, tag: int) -> bytes:
        """Answer the content of the next node, which must have this tag and a definite length."""
        start, self._position = self._expect(tag)
        return self._data[start : self._position]

    def read_raw(self, tag: int | None = None) -> bytes:
        """Answer the next node whole: tag, length and content. None takes any tag."""
        begin = self._position
        _, self._position = self._expect(tag)
        return self._data[begin : self._position]

    def enter(self, tag: int, *, indefinite: bool = False) -> Reader:
        """Read inside the next node; this reader goes on behind it once the answer is finished.

        Args:
            tag: The constructed tag expected.
            indefinite: Take an indefinite length as well.
        """
        begin = self._position
        if indefinite and begin + 2 <= self._end and self._data[begin : begin + 2] == bytes((tag, _INDEFINITE)):
            # What bounds the parent bounds the child: its own end is known only once it is read.
            return Reader(self._data, begin + 2, self._end, indefinite=True, parent=self)
        start, end = self._expect(tag)
        return Reader(self._data, start, end, parent=self)

    def finish(self) -> None:
        """Leave this node.

        Raises:
            EnvelopeError: Something in it was not read.
        """
        if not self.is_at_end():
            raise EnvelopeError(f"unexpected data at byte {self._position}")
        if self._parent is not None:
            end = self._position + (len(_END_OF_CONTENTS) if self._indefinite else 0)
            self._parent._position = end  # noqa: SLF001 - of the same class

    def _expect(self, tag: int | None) -> tuple[int, int]:
        found, start, end = _read_header(self._data, self._position, self._end)
        if tag is not None and found != tag:
            raise EnvelopeError(f"expected tag {tag:#04x} at byte {self._position}, found {found:#04x}")
        return start, end


def _read_header(data: bytes, position: int, limit: int) -> tuple[int, int, int]:
    """Answer tag, start and end of the content of the definite node at a position (X.690 8.1.3, 10.1)."""
    if position + 2 > limit:
        raise EnvelopeError(f"a node is missing at byte {position}")
    tag, length, start = data[position], data[position + 1], position + 2
    if tag & _TAG_NUMBER == _TAG_NUMBER:
        raise EnvelopeError(f"a tag of several bytes at byte {position}")
    if length >= _LONG_LENGTH:
        length, start = _read_long_length(data, start, length - _LONG_LENGTH)
    if start + length > limit:
        raise EnvelopeError(f"the node at byte {position} runs over the end of what holds it")
    return tag, start, start + length


def _read_long_length(data: bytes, start: int, count: int) -> tuple[int, int]:
    """Read a length of several bytes; definite and minimal (X.690 10.1)."""
    if not 0 < count <= _MAX_LENGTH_BYTES or start + count > len(data):
        raise EnvelopeError(f"bad length at byte {start - 1}")
    length = int.from_bytes(data[start : start + count], "big")
    if length < _LONG_LENGTH or data[start] == 0:
        raise EnvelopeError(f"the length at byte {start - 1} is not minimal")
    return length, start + count


def verify_der(data: bytes) -> None:
    """Check that bytes are DER nodes as far as lengths and nesting tell, down to the last primitive.

    Raises:
        EnvelopeError: They are not, or nest deeper than `MAX_DEPTH`.
    """
    pending = [(0, len(data), 0)]
    while pending:
        position, limit, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise EnvelopeError(f"nested deeper than {MAX_DEPTH}")
        while position < limit:
            tag, start, position = _read_header(data, position, limit)
            if tag & _CONSTRUCTED:
                pending.append((start, position, depth + 1))


def parse_integer(content: bytes) -> int:
    """Read the content of an INTEGER, which must have its shortest form (X.690 8.3.2)."""
    if not content or (len(content) > 1 and content[0] in (0x00, 0xFF) and not (content[0] ^ content[1]) & 0x80):
        raise EnvelopeError("an integer is not in its shortest form")
    return int.from_bytes(content, "big", signed=True)


def encode(tag: int, *contents: bytes) -> bytes:
    """Encode one node with a minimal definite length."""
    content = b"".join(contents)
    size = len(content)
    if size < _LONG_LENGTH:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_LENGTH | len(length))) + length + content


def encode_integer(value: int) -> bytes:
    """Encode an INTEGER in its shortest form."""
    magnitude = ~value if value < 0 else value
    return encode(INTEGER, value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True))


def encode_set_of(members: Iterable[bytes]) -> bytes:
    """Encode a SET OF: members ascending by their encodings (X.690 11.6)."""
    return encode(SET, *sorted(members))
