"""An HTTP answer, before it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from sealgate.aws.faults import Malformed
from sealgate.aws.reply import FileBody

WITHOUT_BODY = frozenset({204, 304})
_KEPT_NAMES = 256
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2


class Response(NamedTuple):
    """Status, headers and body.

    Attributes:
        headers: As they are sent; Content-Length only where it is not the body's own (HEAD).
        body: Bytes, or a part of a file that is sent as it is read.
    """

    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes | FileBody = b""

    def with_headers(self, headers: Mapping[str, str]) -> Response:
        """Answer the same with more headers."""
        return Response(status=self.status, headers={**self.headers, **headers}, body=self.body)

    def encode_headers(self) -> list[tuple[bytes, bytes]]:
        """Write the headers for the HTTP server.

        Raises:
            Malformed: A name or a value would end its line; it came from a request, which asked for it to be repeated.
        """
        encoded = []
        for name, value in self.headers.items():
            if _CONTROL.search(value):
                raise Malformed(f"The value of the response header {name} has a control character.")
            encoded.append((_encode_name(name), _encode_value(value)))
        if "Content-Length" not in self.headers and self.status not in WITHOUT_BODY:
            length = self.body.length if isinstance(self.body, FileBody) else len(self.body)
            encoded.append((b"content-length", b"%d" % length))
        return encoded


@lru_cache(maxsize=_KEPT_NAMES)
def _encode_name(name: str) -> bytes:
    if _TOKEN.fullmatch(name) is None:
        raise Malformed(f"The name of the response header {name!r} is none.")
    return name.lower().encode("ascii")


def _encode_value(value: str) -> bytes:
    # Request headers were read as Latin-1, so what is repeated of them goes out as the very same bytes.
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()
