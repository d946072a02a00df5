"""The order of object keys: by their UTF-8 bytes, on every database, in every listing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, ColumnElement, Text, and_, or_

I = TypeVar("I", int, str)  # noqa: E741 - the type of an item's place within its key

KeyText = Text().with_variant(Text(collation="C"), "postgresql")
"""A column type that orders text by its bytes: SQLite does so by itself, PostgreSQL only when told."""

_LAST_CODE_POINT = 0x10FFFF
_FIRST_SURROGATE, _AFTER_SURROGATES = 0xD800, 0xE000


@dataclass(frozen=True, slots=True, kw_only=True)
class Position(Generic[I]):
    """Where in the order of keys, and of the items that share a key, a listing goes on.

    Attributes:
        key: Goes on after this key, or with it where `inclusive`.
        inclusive: Whether the key itself is still to come.
        item: Of the key itself, the items after this one are still to come (a version's sequence, an upload's id).
    """

    key: str = ""
    inclusive: bool = False
    item: I | None = None

    def condition(self, key: Column[Any], later: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
        """Say it in SQL; `later` is what holds for the items of the same key that come after `item`."""
        if self.inclusive:
            return key >= self.key
        if later is None:
            return key > self.key
        return or_(key > self.key, and_(key == self.key, later))


def after_prefix(prefix: str) -> str | None:
    """Answer the least text above every text with this prefix, in byte order; None if there is none."""
    text = prefix
    while text:
        last = ord(text[-1])
        if last < _LAST_CODE_POINT:
            return text[:-1] + chr(_AFTER_SURROGATES if last + 1 == _FIRST_SURROGATE else last + 1)
        text = text[:-1]
    return None


def span(column: Column[Any], end: str | None) -> list[ColumnElement[bool]]:
    """Say in SQL that keys stop before `end`; nothing when it is None."""
    return [] if end is None else [column < end]
