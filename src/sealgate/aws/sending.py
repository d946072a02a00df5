"""Responses onto an ASGI connection."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from typing import Any

from sealgate.aws.reply import FileBody
from sealgate.aws.response import Response

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PIECE = 1 << 20
"""Bytes of a file that are in memory at once, for each connection."""


async def send_response(send: Send, response: Response, *, with_body: bool, pool: Executor) -> None:
    """Send a response.

    Args:
        send: ASGI's.
        response: What to send.
        with_body: False for HEAD.
        pool: Where files are read.

    Raises:
        Malformed: A header has no lawful form; nothing was sent.
        OSError: The file is not there; nothing was sent.
    """
    headers = response.encode_headers()
    start = {"type": "http.response.start", "status": response.status, "headers": headers}
    body = response.body
    if isinstance(body, FileBody) and with_body:
        await _send_file(send, start, body, pool)
        return
    await send(start)
    await send({"type": "http.response.body", "body": body if with_body else b""})


async def _send_file(send: Send, start: MutableMapping[str, Any], body: FileBody, pool: Executor) -> None:
    loop = asyncio.get_running_loop()
    descriptor = await loop.run_in_executor(pool, os.open, body.path, os.O_RDONLY)
    try:
        await send(start)
        offset, end = body.offset, body.offset + body.length
        while offset < end:
            piece = await loop.run_in_executor(pool, os.pread, descriptor, min(PIECE, end - offset), offset)
            if not piece:
                raise EOFError(f"{body.path} is shorter than it was")
            offset += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        os.close(descriptor)
