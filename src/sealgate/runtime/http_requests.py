"""HTTP/1.1 from a function's process: bytes in, whole requests out, with limits; the parser is llhttp (httptools)."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

import httptools

MAX_HEADER_BYTES = 3 << 19
"""A runtime may send a mebibyte of trace in one header."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class BadRequest(Exception):
    """What came is no HTTP, or more than a request's head may hold; the connection is of no use any more."""


@dataclass(slots=True, kw_only=True)
class Request:
    """One request.

    Attributes:
        method: `GET` or another.
        target: The path, as sent.
        headers: By name in lower case; of several of one name the last.
        body: The body, up to the limit.
        is_too_large: Whether the body is more than the limit; `body` is empty then.
        is_last: Whether the connection ends after the answer.
    """

    method: str = ""
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_too_large: bool = False
    is_last: bool = False


class RequestReader:
    """Takes the bytes of one connection; gives its requests, in order.

    Args:
        limit: How many bytes a body may have; more are read and thrown away.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request()
        self._parts: list[bytes] = []
        self._size = 0
        self._head = 0
        self._target = b""
        self._done: list[Request] = []
        self.wants_continue = False

    def feed(self, data: bytes) -> list[Request]:
        """Take bytes; answer the requests that they complete.

        Raises:
            BadRequest: They cannot be part of a request.
        """
        self._head += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise BadRequest("the bytes are no HTTP/1.1 request") from error
        if self._head > MAX_HEADER_BYTES and not self._parts and self._size == 0:
            raise BadRequest("the head of a request is too large")
        done, self._done = self._done, []
        return done

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._request.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Notice a client that waits before it sends its body."""
        self.wants_continue = self._request.headers.get("expect", "").lower() == "100-continue"

    def on_body(self, part: bytes) -> None:
        """Take a part of the body."""
        self._size += len(part)
        if self._size > self._limit:
            self._parts.clear()
        else:
            self._parts.append(part)

    def on_message_complete(self) -> None:
        """Put a request together, and begin the next."""
        request = self._request
        request.method = self._parser.get_method().decode("ascii")
        request.target = self._target.decode("latin-1")
        request.body = b"".join(self._parts)
        request.is_too_large = self._size > self._limit
        request.is_last = not self._parser.should_keep_alive()
        self._done.append(request)
        self._request, self._parts, self._size, self._head, self._target = Request(), [], 0, 0, b""


def encode_response(status: HTTPStatus, body: bytes, headers: dict[str, str]) -> bytes:
    """Encode a response as one piece, so that it is one write."""
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: {len(body)}\r\n"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (head + lines + "\r\n").encode("latin-1") + body
