"""Extra fields of an entry's headers (APPNOTE 4.5): which may be there, and that they say nothing new.

An extra field must not give an entry another name or size than its header does: readers differ in whether they listen.
"""

from __future__ import annotations

from struct import Struct
from zlib import crc32

from sealgate.errors import PackageError
from sealgate.package.records import FULL_32
from sealgate.package.rules import MAX_EXTRAS, Rules

ZIP64 = 0x0001
UNICODE_NAME = 0x7075
UNICODE_COMMENT = 0x6375

ALLOWED = frozenset(
    {
        ZIP64,
        UNICODE_NAME,
        UNICODE_COMMENT,
        0x000A,  # NTFS times
        0x5455,  # Unix times ("UT")
        0x5855,  # Info-ZIP Unix, old: times, user and group
        0x7875,  # Info-ZIP Unix, new: user and group ("ux")
        0xCAFE,  # the mark of Java's archives
    }
)
"""Fields that honest packagers write and that change nothing about an entry's name, size or place."""

_HEAD = Struct("<2H")
_QUAD = Struct("<Q")
_UNICODE = Struct("<BL")
_UNICODE_VERSION = 1


def parse_extras(data: bytes, rules: Rules) -> dict[int, bytes]:
    """Split the extra fields of a header by their kind.

    Raises:
        PackageError: They do not fill the space exactly, are too many, a kind occurs twice, or is not allowed.
    """
    fields: dict[int, bytes] = {}
    at, end = 0, len(data)
    while at < end:
        if end - at < _HEAD.size:
            raise PackageError("the extra fields are malformed")
        kind, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size + length
        if at > end:
            raise PackageError("the extra fields are malformed")
        if kind in fields:
            raise PackageError(f"extra field 0x{kind:04x} occurs twice")
        if kind not in ALLOWED and not rules.any_extras:
            raise PackageError(f"extra field 0x{kind:04x} is not allowed in a signed package")
        if len(fields) == MAX_EXTRAS:
            raise PackageError(f"a header has more than {MAX_EXTRAS} extra fields")
        fields[kind] = data[at - length : at]
    return fields


def check_unicode(fields: dict[int, bytes], name: bytes, comment: bytes) -> bool:
    """Check that the Unicode fields repeat name and comment (APPNOTE 4.6.8, 4.6.9).

    Returns:
        Whether a field says that the name's bytes are UTF-8.

    Raises:
        PackageError: A reader that listens to a field would see another name or comment.
    """
    for kind, value, word in ((UNICODE_NAME, name, "name"), (UNICODE_COMMENT, comment, "comment")):
        field = fields.get(kind)
        if field is not None and field != _UNICODE.pack(_UNICODE_VERSION, crc32(value)) + value:
            raise PackageError(f"extra field 0x{kind:04x} gives the entry another {word} than its header")
    return UNICODE_NAME in fields


def resolve_zip64(field: bytes | None, *values: int) -> tuple[int, ...]:
    """Replace the header's values that are all ones by those of the ZIP64 field, which must have exactly these.

    Raises:
        PackageError: The field is missing, not needed, or has another length (APPNOTE 4.5.3).
    """
    count = values.count(FULL_32)
    if field is None:
        if count:
            raise PackageError("a size or offset is missing: it refers to a ZIP64 field that is not there")
        return values
    if not count or len(field) != count * _QUAD.size:
        raise PackageError(
            "the ZIP64 field does not have exactly the values that the header leaves to it: pack with another tool "
            "(zip, or python -m zipfile)"
        )
    quads = iter(_QUAD.iter_unpack(field))
    return tuple(next(quads)[0] if value == FULL_32 else value for value in values)
