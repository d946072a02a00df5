"""An HTTP request as the wire layer reads it: decoded once, so that what is signed is what is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from sealgate.aws.faults import MalformedUri

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SIGNATURE_QUERY = frozenset(
    {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    }
)
"""The query parameters of a presigned link that are the signature's own."""


_NO_BYTE = re.compile("%(?![0-9A-Fa-f]{2})")


class Request(NamedTuple):
    """A request without its body.

    Attributes:
        method: In capitals.
        raw_path: As sent, percent-encoding and all, without the query.
        query: Decoded names and values, in the order sent.
        headers: Lower-case name -> value; one sent several times is joined by commas. Bytes are read as Latin-1.
        scheme: `http` or `https`.
        host: The Host header, as the client addressed the server.
        source_ip: The peer, empty when unknown.
    """

    method: str
    raw_path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    scheme: str
    host: str
    source_ip: str

    def find_query(self, name: str) -> str | None:
        """Answer the first value of a query parameter, or None."""
        for each, value in self.query:
            if each == name:
                return value
        return None

    def hoisted(self) -> Request:
        """Answer the request with the `x-amz-` parameters of its query as headers.

        That is what they stand for in a presigned link. A header that was also sent keeps its value; the signature
        covers both.
        """
        moved = {
            name.lower(): value
            for name, value in self.query
            if name.lower().startswith("x-amz-") and name not in SIGNATURE_QUERY
        }
        if not moved:
            return self
        query = tuple(pair for pair in self.query if pair[0].lower() not in moved)
        return self._replace(query=query, headers={**moved, **self.headers})


def decode_component(text: str) -> str:
    """Undo the percent-encoding of a path segment.

    Raises:
        MalformedUri: It is not UTF-8, or a percent sign begins no byte.
    """
    if "%" not in text:
        return text
    if _NO_BYTE.search(text):
        raise MalformedUri("The request URI has a percent sign that two hexadecimal digits do not follow.")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise MalformedUri("The request URI is not UTF-8.") from error


def parse_query(raw: bytes) -> tuple[tuple[str, str], ...]:
    """Read a query string: `&` between, `=` optional, `+` is a space.

    Raises:
        MalformedUri: As `decode_component`; or it is not ASCII.
    """
    if not raw:
        return ()
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedUri("The query string must be percent-encoded.") from error
    pairs = (part.partition("=") for part in text.replace("+", "%20").split("&") if part)
    return tuple((decode_component(name), decode_component(value)) for name, _, value in pairs)


def parse_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Read headers whose names are in lower case already."""
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1"), value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers
