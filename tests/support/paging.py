"""Reading a paged list to its end."""

from collections.abc import Callable
from typing import TypeVar

from sealgate.services.paging import Page

T = TypeVar("T")


def collect(list_from: Callable[[str | None], Page[T]]) -> list[T]:
    """Answer the items of all pages, asking with each page's token for the next."""
    page = list_from(None)
    items = list(page.items)
    while page.next_token is not None:
        page = list_from(page.next_token)
        items += page.items
    return items
