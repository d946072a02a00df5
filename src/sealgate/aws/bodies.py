"""Request bodies as ASGI delivers them: buffered up to a limit, or staged as a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from typing import Any

from sealgate.aws.framing import Intake, Received

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

BATCH = 1 << 20
"""Bytes handed to a thread at once. A smaller upload needs one hop, a larger one does not hold up the event loop."""


class Disconnected(Exception):
    """The client is gone; nobody is left to answer."""


class Body:
    """One request's body, not read yet.

    Attributes:
        is_empty: The headers announce none, so there is nothing to wait for.
        is_begun: It was asked for; only then does a client that expects `100 Continue` send it.
    """

    def __init__(self, receive: Receive, *, is_empty: bool) -> None:
        self._receive = receive
        self.is_empty = is_empty
        self.is_begun = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """Answer the bytes as they arrive.

        Raises:
            Disconnected: The client went away before the end.
        """
        self.is_begun = True
        has_more = not self.is_empty
        while has_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            has_more = message.get("more_body", False)
            data = message.get("body", b"")
            if data:
                yield data


async def take_in(body: Body, intake: Intake, pool: Executor | None) -> Received:
    """Read a whole body through its check.

    Args:
        body: The body.
        intake: The check.
        pool: Where the work is done for large bodies; None does it at once, for those that have a small limit.

    Raises:
        SealgateError: The body is not what was announced.
        Disconnected: It did not arrive.
    """
    if pool is None:
        async for data in body.pieces():
            intake.feed(data)
        return intake.finish()
    loop = asyncio.get_running_loop()
    batch = bytearray()
    async for data in body.pieces():
        batch += data
        if len(batch) >= BATCH:
            await loop.run_in_executor(pool, intake.feed, bytes(batch))
            batch.clear()

    def finish() -> Received:
        intake.feed(bytes(batch))
        return intake.finish()

    return await loop.run_in_executor(pool, finish)
