"""The HTTP server: a listening socket, and uvicorn on it in a thread of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from sealgate.errors import Invalid
from sealgate.server.connection import BoundedProtocol

_GRACE_SECONDS = 30
_START_POLL_SECONDS = 0.005


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


def reachable_authority_of(listener: socket.socket) -> str:
    """Answer `HOST:PORT` for clients on this machine: "every address" is none that one can connect to everywhere."""
    authority = authority_of(listener)
    for unspecified, loopback in (("0.0.0.0:", "127.0.0.1:"), ("[::]:", "[::1]:")):
        if authority.startswith(unspecified):
            return loopback + authority.removeprefix(unspecified)
    return authority


def is_loopback(endpoint: str) -> bool:
    """Tell whether only this machine can connect to an address such as `http://127.0.0.1:4566`."""
    return ip_address(urlsplit(endpoint).hostname or "").is_loopback


@contextmanager
def serving(app: Any, listener: socket.socket) -> Iterator[None]:
    """Serve an ASGI application until the block ends; requests under way are finished then."""
    http = uvicorn.Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            http=BoundedProtocol,
            ws="none",
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
