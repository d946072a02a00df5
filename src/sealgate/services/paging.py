"""Pages of long lists, continued by an opaque token that says where the last page ended."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson

from sealgate.errors import Invalid

T = TypeVar("T")
_MAX_TOKEN = 4096


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
    if not (isinstance(key, list) and len(key) == parts and all(isinstance(part, str) for part in key)):
        raise Invalid("the pagination token is not one that this service gave out", reason="InvalidToken")
    return tuple(key)
