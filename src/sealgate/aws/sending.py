"""Responses onto an ASGI connection."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from concurrent.futures import Executor
from typing import Any

from sealgate.aws.reply import FileBody
from sealgate.aws.response import Response

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

WHOLE_ANSWER = "sealgate.whole_answer"
"""The extension (ASGI specification, "Extensions") of a server that takes an answer at once: `send`, a function of
status, headers and body, tells whether it has sent them."""

PIECE = 1 << 20
"""Bytes of a file that are in memory at once, for each connection."""


async def send_response(scope: Scope, send: Send, response: Response, *, with_body: bool, pool: Executor) -> None:
    """Send a response.

    Args:
        scope: ASGI's.
        send: ASGI's.
        response: What to send.
        with_body: False for HEAD.
        pool: Where files are read.

    Raises:
        Malformed: A header has no lawful form; nothing was sent.
        OSError: The file is not there; nothing was sent.
    """
    headers = response.encode_headers()
    body: bytes | FileBody = response.body if with_body else b""
    if isinstance(body, FileBody) and body.length <= PIECE:
        body = await asyncio.get_running_loop().run_in_executor(pool, _read, body)
    start = {"type": "http.response.start", "status": response.status, "headers": headers}
    if isinstance(body, FileBody):
        await _send_file(send, start, body, pool)
        return
    extension = scope.get("extensions", {}).get(WHOLE_ANSWER)
    if extension is not None and extension["send"](response.status, headers, body):
        return
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _read(body: FileBody) -> bytes:
    with body.path.open("rb", buffering=0) as file:
        return _read_part(file.fileno(), body, body.offset, body.length)


def _read_part(descriptor: int, body: FileBody, offset: int, length: int) -> bytes:
    """Read a part of a file.

    Raises:
        EOFError: The file ends before.
    """
    part = os.pread(descriptor, length, offset)
    if len(part) < length:
        raise EOFError(f"{body.path} is shorter than it was")
    return part


async def _send_file(send: Send, start: MutableMapping[str, Any], body: FileBody, pool: Executor) -> None:
    loop = asyncio.get_running_loop()
    descriptor = await loop.run_in_executor(pool, os.open, body.path, os.O_RDONLY)
    try:
        await send(start)
        offset, end = body.offset, body.offset + body.length
        while offset < end:
            length = min(PIECE, end - offset)
            piece = await loop.run_in_executor(pool, _read_part, descriptor, body, offset, length)
            offset += length
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        os.close(descriptor)
