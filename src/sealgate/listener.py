"""The HTTP server: a listening socket, and uvicorn on it in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sealgate.errors import Invalid

_GRACE_SECONDS = 30
_START_POLL_SECONDS = 0.005
_HELD_BYTES = 1 << 16


def open_listener(host: str, port: int) -> socket.socket:
    """Bind a socket; 0 takes a free port.

    Raises:
        Invalid: The address cannot be listened on.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise Invalid(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def authority_of(listener: socket.socket) -> str:
    """Answer `HOST:PORT` as it stands in a URL."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@contextmanager
def serving(app: Any, listener: socket.socket) -> Iterator[None]:
    """Serve an ASGI application until the block ends; requests under way are finished then."""
    http = uvicorn.Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            http=GatheringProtocol,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whoever connects could say that somebody else does
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    thread = threading.Thread(target=http.run, kwargs={"sockets": [listener]}, name="http")
    thread.start()
    while not http.started and thread.is_alive():
        time.sleep(_START_POLL_SECONDS)
    try:
        yield
    finally:
        http.should_exit = True
        thread.join()


class GatheringProtocol(HttpToolsProtocol):
    """uvicorn's HTTP, with the head and the body of an answer in one write.

    Two writes are two system calls and two packets, which is a tenth of what a small request costs.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(cast("asyncio.Transport", GatheringTransport(transport, self.loop)))


class GatheringTransport:
    """A transport that holds what is written back until the event loop comes round, and writes it at once.

    Everything else is the transport's own. Large pieces are not held: they are written after what was held before.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Write, soon."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)
        if len(data) > _HELD_BYTES:
            self._flush()

    def close(self) -> None:
        """Write what is held, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, []
            self._transport.write(b"".join(held))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
