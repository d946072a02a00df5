"""Pages of long lists, continued by an opaque token that says where the last page ended."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson

from sealgate.errors import Invalid

T = TypeVar("T")
_MAX_TOKEN = 4096
_CHECK_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some items of a list, and the token for the rest; None when nothing is left."""

    items: tuple[T, ...]
    next_token: str | None


def encode_token(*key: str) -> str:
    """Write the sort key of a page's last item as a token."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def parse_token(token: str, *, parts: int) -> tuple[str, ...]:
    """Read a token that `encode_token` wrote with `parts` parts.

    Raises:
        Invalid: It is no such token.
    """
    try:
        padded = token[:_MAX_TOKEN] + "=" * (-len(token) % 4)
        key = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        key = None
    if not (isinstance(key, list) and len(key) == parts and all(_is_part(part) for part in key)):
        raise invalid_token()
    return tuple(key)


def _is_part(part: object) -> bool:
    return isinstance(part, str) and "\0" not in part  # which PostgreSQL would not take


def invalid_token() -> Invalid:
    """Word a token that cannot be used."""
    return Invalid("the pagination token is not one that this service gave out", reason="InvalidToken")


class ListTokens:
    """The tokens of one list: an altered one, or one of another list, is refused, and not read as some other place.

    They are no secret and protect nothing; whoever makes one up is shown a part of the list that it may see anyway.

    Args:
        asked: All that makes this list what it is: its name, whose it is, the conditions; not the page's size.
    """

    def __init__(self, *asked: object) -> None:
        self._asked = asked

    def encode(self, *key: str) -> str:
        """Write the sort key of a page's last item as a token."""
        return encode_token(self._check(key), *key)

    def parse(self, token: str, *, parts: int) -> tuple[str, ...]:
        """Read a token with a sort key of `parts` parts.

        Raises:
            Invalid: It is none of this list's.
        """
        check, *key = parse_token(token, parts=parts + 1)
        if check != self._check(tuple(key)):
            raise invalid_token()
        return tuple(key)

    def _check(self, key: tuple[str, ...]) -> str:
        return hashlib.sha256(repr((self._asked, key)).encode()).hexdigest()[:_CHECK_DIGITS]
