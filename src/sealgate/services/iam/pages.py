"""Pages of IAM's lists, which are continued by a marker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from sealgate.services.iam.quotas import DEFAULT_PAGE
from sealgate.services.paging import ListTokens, Page

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Which part of a list is wanted.

    Attributes:
        marker: Where the last page ended; None begins.
        limit: The page's size.
    """

    marker: str | None = None
    limit: int = DEFAULT_PAGE


def start_of(wanted: Range, tokens: ListTokens) -> str:
    """Answer the sort key after which a page begins; empty for the first.

    Raises:
        Invalid: The marker is none of this list's.
    """
    return "" if wanted.marker is None else tokens.parse(wanted.marker, parts=1)[0]


def page_of(found: Iterable[T], wanted: Range, tokens: ListTokens, key_of: Callable[[T], str]) -> Page[T]:
    """Make a page of the items from its start on, of which one more than fit was looked for."""
    items = tuple(found)
    shown = items[: wanted.limit]
    return Page(items=shown, next_token=tokens.encode(key_of(shown[-1])) if len(items) > len(shown) else None)


def cut_page(items: Iterable[T], wanted: Range, tokens: ListTokens, key_of: Callable[[T], str]) -> Page[T]:
    """Make a page of a whole list, for lists that a quota keeps short.

    Raises:
        Invalid: As `start_of`.
    """
    after = start_of(wanted, tokens)
    rest = sorted((item for item in items if key_of(item) > after), key=key_of)
    return page_of(rest, wanted, tokens, key_of)
