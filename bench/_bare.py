"""A handler behind nothing but the runtime interface client and a minimal Runtime API."""

from __future__ import annotations

import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from types import TracebackType
from typing import Self

EVENT = b'{"greeting": "hello"}'
_NEXT = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: 8f507cfc\r\n"
    b"Lambda-Runtime-Deadline-Ms: 4102444800000\r\nLambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:::bench\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(EVENT), EVENT)
)
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
_LENGTH = re.compile(rb"(?i)content-length: *(\d+)")


class BareRuntime:
    """Some processes of `awslambdaric`, and their Runtime API.

    Args:
        package: What they run.
        processes: How many.
    """

    def __init__(self, package: Path, *, processes: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sealgate-bench-")
        with zipfile.ZipFile(package) as archive:
            archive.extractall(self._folder.name)
        self._processes = processes

    def __enter__(self) -> Self:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            host, port = listener.getsockname()
            command = [sys.executable, "-m", "awslambdaric", "app.handler"]
            environment = os.environ | {
                "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}",
                "AWS_LAMBDA_FUNCTION_NAME": "bench",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "LAMBDA_TASK_ROOT": self._folder.name,
                "PYTHONPATH": self._folder.name,
            }
            self._running = [
                subprocess.Popen(command, env=environment, cwd=self._folder.name) for _ in range(self._processes)
            ]
            self._waiting = [_accept(listener) for _ in self._running]
        for connection in self._waiting:
            _receive(connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running:
            process.kill()
            process.wait()
        for connection in self._waiting:
            connection.close()
        self._folder.cleanup()

    def latency(self, count: int) -> float:
        """Answer how many seconds an invocation takes, at the median of so many in a row."""
        taken = sorted(self._invoke(self._waiting[0]) for _ in range(count))
        return taken[count // 2]

    def rate(self, seconds: float) -> float:
        """Answer how many invocations all processes do in a second."""
        end, done = time.perf_counter() + seconds, 0
        with selectors.DefaultSelector() as selector:
            for connection in self._waiting:
                selector.register(connection, selectors.EVENT_READ)
                connection.sendall(_NEXT)
            running = len(self._waiting)
            while running:
                for key, _ in selector.select():
                    connection = key.fileobj
                    assert isinstance(connection, socket.socket)
                    if _receive(connection).startswith(b"POST"):
                        done += 1
                        connection.sendall(_ACCEPTED)
                    elif time.perf_counter() < end:
                        connection.sendall(_NEXT)
                    else:
                        running -= 1
        return done / seconds

    def _invoke(self, connection: socket.socket) -> float:
        began = time.perf_counter()
        connection.sendall(_NEXT)
        _receive(connection)
        taken = time.perf_counter() - began
        connection.sendall(_ACCEPTED)
        _receive(connection)
        return taken


def _accept(listener: socket.socket) -> socket.socket:
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _receive(connection: socket.socket) -> bytes:
    """Read one whole request."""
    received = b""
    while True:
        received += connection.recv(65536)
        head, separator, body = received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if separator and len(body) >= (0 if length is None else int(length[1])):
            return received
