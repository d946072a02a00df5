"""Requests signed by botocore's own signers, in the form in which the server reads them."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sealgate.aws.request import Request, parse_query

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"
HOST = "127.0.0.1:4566"

_SIGNERS: dict[tuple[bool, bool], Any] = {
    (False, False): SigV4Auth,
    (False, True): SigV4QueryAuth,
    (True, False): S3SigV4Auth,
    (True, True): S3SigV4QueryAuth,
}


def signed(
    service: str,
    method: str,
    target: str,
    *,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    payload: str | None = None,
    presigned: bool = False,
    expires: int = 300,
    secret: str = SECRET,
    key_id: str = KEY_ID,
    token: str | None = None,
) -> Request:
    """Answer a request as it arrives.

    Args:
        service: The signing name.
        method: The HTTP method.
        target: Path and query, percent-encoded, as they go out.
        body: What is sent.
        headers: Further headers, signed like all others.
        payload: What S3's header says instead of the body's hash (`UNSIGNED-PAYLOAD`).
        presigned: Sign in the query.
        expires: Seconds that a presigned link lives.
        secret: What it is signed with.
        key_id: Whose it says it is.
        token: The token of the session that the key is of.
    """
    made = AWSRequest(method, f"http://{HOST}{target}", data=body, headers=headers or {})
    # The S3 signers want to know how the client was set up.
    made.context["client_config"] = None
    signer = _SIGNERS[service == "s3", presigned]
    credentials = Credentials(key_id, secret, token)
    if payload is not None:
        signer = type("Stated", (signer,), {"payload": lambda *_: payload})
    lifetime = (expires,) if presigned else ()
    signer(credentials, service, REGION, *lifetime).add_auth(made)
    parts = urlsplit(made.url)
    sent = {name.lower(): value for name, value in made.headers.items()}
    return Request(
        method=method,
        raw_path=parts.path or "/",
        query=parse_query(parts.query.encode()),
        headers={**sent, "host": HOST},
        scheme="http",
        host=HOST,
        source_ip="127.0.0.1",
    )


def moment(request: Request) -> datetime:
    """Answer when a request was signed."""
    text = request.headers.get("x-amz-date") or request.find_query("X-Amz-Date") or ""
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
