"""What is read once for all requests that an event loop serves in one turn."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class _Here(threading.local):
    """What belongs to one thread: the loop whose turn it is, and what was read in it."""

    loop: asyncio.AbstractEventLoop | None = None
    value: object = None


class OncePerTurn(Generic[T]):
    """Reads a value once in each turn of an event loop; in other threads each time.

    Nobody can tell the difference: the requests of one turn had all arrived before it began, and the answer to a
    change of the value, from which a client could know of it, goes out in a later turn.

    Args:
        read: Answers the value as it is now.
    """

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._here = _Here()

    def get(self) -> T:
        """Answer the value."""
        here = self._here
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._read()
        if here.loop is not loop:
            here.value = self._read()
            here.loop = loop
            loop.call_soon(self._end_turn)
        return cast("T", here.value)

    def _end_turn(self) -> None:
        self._here.loop = None
