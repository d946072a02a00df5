"""One HTTP connection: uvicorn's protocol, with bounds on what a stranger can make the server hold and wait for.

uvicorn's parser bounds neither a request's head nor its trailers, and takes time that grows with the square of their
length; and it waits for ever. Whoever can connect could stop the server with either. Bodies need no bound here: they
are read as they are wanted, and whoever wants them has a limit.
"""

from __future__ import annotations

import asyncio
import os
from functools import partial
from http import HTTPStatus
from typing import cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from sealgate.aws.errors import WireError
from sealgate.aws.protocols.rest_xml import RestXmlWire
from sealgate.aws.sending import WHOLE_ANSWER, Headers

MAX_HEAD_BYTES = 64 << 10
"""Bytes in which a head, a chunk's own header or the trailers must end, give or take what arrives at once.

The longest honest head has a key, metadata and tags at their limits and a signature: 20 KiB.
"""

MAX_HEADERS = 1000
"""More than the 2 KB of an object's metadata have room for."""

MAX_WAIT_SECONDS = 60
"""How long a head may take, and how long a body may stand still."""

_CHECKS = 4
"""How often connections are looked at in that time."""

_BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})

_UNREADABLE = WireError(code="BadRequest", status=400, message="An error occurred when parsing the HTTP request.")
_TOO_LARGE = WireError(
    code="RequestHeaderSectionTooLarge",
    status=400,
    message="Your request header section exceeds the maximum allowed size.",
)
_UPGRADE = WireError(
    code="NotImplemented",
    status=501,
    message="A request with a body must not ask for an upgrade: this server speaks HTTP/1.1 only.",
)


class Refused(Exception):
    """A request is not read any further; `BoundedProtocol` says why."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP, bounded, and with a shorter way for answers that are there as a whole."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(transport)
        self._fault = _UNREADABLE
        self._unread = 0
        self._heard_at = self.loop.time()
        self._head_since: float | None = self._heard_at
        self._watch = self.loop.call_later(MAX_WAIT_SECONDS / _CHECKS, self._check_progress)

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take the next bytes in, unless what they belong to should have ended before."""
        self._heard_at = self.loop.time()
        if self._unread > MAX_HEAD_BYTES:
            self._fault = _TOO_LARGE
            self.send_400_response("")
            return
        self._unread += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin a request's head."""
        self._head_since = self._heard_at
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """End a request's head.

        Raises:
            Refused: It has too many headers, or asks for a protocol in which its body would be written.
        """
        self._unread, self._head_since = 0, None
        if len(self.headers) > MAX_HEADERS:
            self._fault = _TOO_LARGE
            raise Refused
        if self.parser.should_upgrade() and any(name in _BODY_HEADERS for name, _ in self.headers):
            self._fault = _UPGRADE
            raise Refused
        super().on_headers_complete()
        self.scope["extensions"] = {WHOLE_ANSWER: {"send": partial(self._answer, self.cycle)}}
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # the parser reads nothing after such a request

    def on_body(self, body: bytes) -> None:
        """Take some of a body in."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._unread = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request. `_check_progress` sees that none comes: a timer for each answer costs more."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._heard_at = self.loop.time()
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature; what is said is S3's
        """Refuse what cannot be read, and close the connection: nobody knows where the next request begins."""
        cycle = self._last_cycle
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started or not cycle.more_body:
                # What is refused came after a whole request, whose answer is still to come and is the last.
                cycle.keep_alive = False
                self.pipeline.clear()
                self.flow.pause_reading()
                return
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(_encode_refusal(self._fault))
        self.transport.close()

    def _answer(self, cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes) -> bool:
        """Write an answer, its head and its body at once; tell whether that could be done.

        uvicorn's own way takes two messages and two writes, which is a tenth of what a small request costs. What ends
        the connection, or has to wait for a client that does not read, goes that way.
        """
        if cycle.disconnected or cycle.response_started or not cycle.keep_alive or self.flow.write_paused:
            return False
        parts = [STATUS_LINE[status]]
        for name, value in (*self.server_state.default_headers, *headers):
            if name == b"connection":
                return False
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n", body)
        self.transport.write(b"".join(parts))
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _check_progress(self) -> None:
        """Close a connection whose client has stopped in the middle, and look again later."""
        now = self.loop.time()
        if self.flow.read_paused:
            self._heard_at = now  # it is the server that does not listen
        if self._is_stuck(now):
            self.transport.close()
        else:
            self._watch = self.loop.call_later(MAX_WAIT_SECONDS / _CHECKS, self._check_progress)

    def _is_stuck(self, now: float) -> bool:
        if self._head_since is not None:
            return now - self._head_since >= MAX_WAIT_SECONDS
        cycle = self._last_cycle
        is_answering = (
            cycle is not None
            and not cycle.response_complete
            and (cycle.waiting_for_100_continue or not cycle.more_body)
        )
        return not is_answering and now - self._heard_at >= MAX_WAIT_SECONDS

    @property
    def _last_cycle(self) -> RequestResponseCycle | None:
        return self.cycle  # uvicorn calls it one even where there is none yet


def _encode_refusal(error: WireError) -> bytes:
    """Write the answer to what is no request, and so is for no service, as S3 does."""
    response = RestXmlWire().encode_error(error, os.urandom(8).hex().upper())
    status = f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}"
    lines = [status.encode(), b"connection: close"]
    lines += [name + b": " + value for name, value in response.encode_headers()]
    return b"\r\n".join([*lines, b"", cast("bytes", response.body)])
