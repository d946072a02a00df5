"""The sockets of one process's Runtime API, served by whoever polls.

Nothing here waits: what cannot be read or written now is tried again when the poll says so.
"""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Callable
from http import HTTPStatus

from sealgate.runtime.http_requests import CONTINUE, BadRequest, Request, RequestReader, encode_response

MAX_CONNECTIONS = 8
"""A runtime needs one or two. Each may hold a whole answer in the server's memory."""
_READ = 1 << 18
_MAX_UNSENT = 1 << 20
"""Answers that a process does not take; more than that, and it has only itself to blame."""


class Connection:
    """One connection: its requests in, its answers out.

    Args:
        accepted: The socket.
        poll: Tells when there is something to do.
        limit: Bytes of a request's body.
    """

    def __init__(self, accepted: socket.socket, poll: select.epoll, *, limit: int) -> None:
        self._socket = accepted
        self._poll = poll
        self._reader = RequestReader(limit)
        self._unsent = memoryview(b"")
        self._is_last = False
        self.is_open = True
        accepted.settimeout(0)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(accepted.fileno(), select.EPOLLIN)

    def fileno(self) -> int:
        """Answer the descriptor."""
        return self._socket.fileno()

    def receive(self) -> list[Request]:
        """Read what there is; answer the requests that it completes."""
        try:
            data = self._socket.recv(_READ)
            requests = self._reader.feed(data) if data else []
        except BlockingIOError:
            return []
        except BadRequest as error:
            self.send(encode_response(HTTPStatus.BAD_REQUEST, str(error).encode() + b"\n", {"Connection": "close"}))
            data, requests = b"", []
        except OSError:
            data, requests = b"", []
        if not data:
            self.close()
        elif self._reader.wants_continue and not requests:
            self._reader.wants_continue = False
            self.send(CONTINUE)
        self._is_last = any(request.is_last for request in requests)
        return requests

    def send(self, data: bytes) -> None:
        """Send, at once as far as possible."""
        if len(self._unsent) > _MAX_UNSENT:
            self.close()
            return
        self._unsent = memoryview(bytes(self._unsent) + data) if self._unsent else memoryview(data)
        self.flush()

    def flush(self) -> None:
        """Send what has not been sent yet."""
        if not self.is_open:
            return
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if self._unsent:
            self._poll.modify(self.fileno(), select.EPOLLIN | select.EPOLLOUT)
        elif self._is_last:
            self.close()

    def flushed(self) -> None:
        """Go on after the poll has said that there is room to send."""
        self.flush()
        if self.is_open and not self._unsent:
            self._poll.modify(self.fileno(), select.EPOLLIN)

    def close(self) -> None:
        """End it."""
        if self.is_open:
            self.is_open = False
            with contextlib.suppress(OSError):
                self._poll.unregister(self.fileno())
            self._socket.close()


class Connections:
    """The listening socket, and the connections that it has taken.

    Args:
        poll: Tells when there is something to do.
        limit: Bytes of a request's body.
        answer: Answers one request; None leaves the connection waiting.
    """

    def __init__(self, poll: select.epoll, *, limit: int, answer: Callable[[Request], bytes | None]) -> None:
        self._poll = poll
        self._limit = limit
        self._answer = answer
        self._listener: socket.socket | None = None
        self._open: dict[int, Connection] = {}
        self.waiting: Connection | None = None

    def listen(self, listener: socket.socket) -> None:
        """Begin to take connections."""
        listener.settimeout(0)
        self._listener = listener
        self._poll.register(listener.fileno(), select.EPOLLIN)

    def serve(self, descriptor: int, events: int) -> bool:
        """Do what an event asks for; tell whether it is one of these sockets'."""
        if self._listener is not None and descriptor == self._listener.fileno():
            self._accept()
            return True
        connection = self._open.get(descriptor)
        if connection is None:
            return False
        if events & select.EPOLLOUT:
            connection.flushed()
        if events & ~select.EPOLLOUT and connection.is_open:
            for request in connection.receive():
                self._serve(connection, request)
        if not connection.is_open:
            self._forget(descriptor, connection)
        return True

    def hand_out(self, data: bytes) -> None:
        """Answer the connection that waits for the next invocation."""
        connection, self.waiting = self.waiting, None
        assert connection is not None
        connection.send(data)

    def close(self) -> None:
        """End all of it."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            accepted, _ = self._listener.accept()
        except OSError:
            return
        if len(self._open) >= MAX_CONNECTIONS:
            accepted.close()
            return
        connection = Connection(accepted, self._poll, limit=self._limit)
        self._open[connection.fileno()] = connection

    def _serve(self, connection: Connection, request: Request) -> None:
        answer = self._answer(request)
        if answer is None:
            self.waiting = connection
        else:
            connection.send(answer)

    def _forget(self, descriptor: int, connection: Connection) -> None:
        del self._open[descriptor]
        if self.waiting is connection:
            self.waiting = None
