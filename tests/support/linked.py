"""Links of signature version 2, signed by botocore's own signer, in the form in which the server reads them."""

from typing import Any
from urllib.parse import urlsplit

from botocore.auth import HmacV1QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sealgate.aws.request import Request, parse_query
from tests.support.signed import HOST, KEY_ID, SECRET

EXPIRES = 1_800_000_000
"""When links expire unless a test says otherwise; seconds since 1970."""


class _Signer(HmacV1QueryAuth):  # type: ignore[misc]  # botocore has no types
    def _get_date(self) -> str:
        return str(self._expires)


def linked(
    method: str,
    target: str,
    *,
    headers: dict[str, str] | None = None,
    sent: dict[str, str] | None = None,
    host: str = HOST,
    bucket: str | None = None,
    expires: int = EXPIRES,
    key_id: str = KEY_ID,
    secret: str = SECRET,
    token: str | None = None,
) -> Request:
    """Answer a link's request as it arrives.

    Args:
        method: The HTTP method.
        target: Path and query, percent-encoded, as they go out.
        headers: Signed; botocore puts them into the query.
        sent: Headers that the request is sent with.
        host: The Host header.
        bucket: Signed in front of the path, where the host names it.
        expires: Until when the link works; seconds since 1970.
        key_id: Whose link it is.
        secret: What it is signed with.
        token: A session token that goes with it.
    """
    path = target.partition("?")[0]
    auth_path = None if bucket is None else f"/{bucket}{path}"
    made: Any = AWSRequest(method, f"http://{host}{target}", headers=headers or {}, auth_path=auth_path)
    _Signer(Credentials(key_id, secret, token), expires).add_auth(made)
    parts = urlsplit(made.url)
    return Request(
        method=method,
        raw_path=parts.path,
        query=parse_query(parts.query.encode()),
        headers={"host": host, **(sent or {})},
        scheme="http",
        host=host,
        source_ip="127.0.0.1",
    )
