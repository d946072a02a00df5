"""The application without a socket: as botocore sees it, and as an HTTP server sees it."""

import asyncio
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config as ClientConfig
from botocore.loaders import Loader
from botocore.session import Session

from sealgate.aws.app import App
from sealgate.aws.request import Request
from sealgate.aws.sigv4 import canonical_query
from sealgate.services.identity.accounts import Credential

HOST = "127.0.0.1:4566"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class InProcess:
    """An application with one event loop of its own.

    Attributes:
        app: The application.
        key: Whose calls `client` makes.
        token: The token of the session that the key is of.
    """

    app: App
    key: Credential
    token: str | None = None
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def close(self) -> None:
        self.loop.close()

    def client(
        self,
        service: str,
        *,
        secret: str | None = None,
        region: str = "us-east-1",
        protocol: str | None = None,
        **config: Any,
    ) -> Any:
        """Make a boto3 client whose requests go to the application; in one of the service's protocols, if named."""
        client = _session(protocol).client(
            service,
            endpoint_url=f"http://{HOST}",
            region_name=region,
            aws_access_key_id=self.key.access_key_id,
            aws_secret_access_key=secret or self.key.secret,
            aws_session_token=self.token,
            config=ClientConfig(retries={"max_attempts": 1}, inject_host_prefix=False, **config),
        )
        client.meta.events.register("before-send", lambda request, **_: self._send(request))
        return client

    def _send(self, request: AWSPreparedRequest) -> AWSResponse:
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
        headers = [(name.lower(), _text(value)) for name, value in request.headers.items()]
        parts = urlsplit(request.url)
        answer = self.send(request.method, f"{parts.path or '/'}?{parts.query}", headers, [body])
        return AWSResponse(request.url, answer.status, answer.headers, _Raw(answer.body))

    def replay(self, request: Request, body: bytes = b"") -> Answer:
        """Send a request that `tests.support.signed` made."""
        signature = [value for name, value in request.query if name == "X-Amz-Signature"]
        query = canonical_query(request.query) + "".join(f"&X-Amz-Signature={value}" for value in signature)
        return self.send(request.method, f"{request.raw_path}?{query}", list(request.headers.items()), [body])

    def send(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]] = (),
        body: Sequence[bytes | None] = (b"",),
        *,
        with_length: bool = True,
    ) -> Answer:
        """Send one request; the pieces of the body arrive one by one, a None is the client going away."""
        length = {"content-length": str(sum(len(piece or b"") for piece in body))}
        sent = {"host": HOST, **(length if with_length else {}), **dict(headers)}
        if not with_length:
            sent.pop("content-length", None)
        return self.loop.run_until_complete(_exchange(self.app, _scope(method, target, sent), body))


class _OneProtocol(Loader):  # type: ignore[misc] # botocore has no types
    """Models of services that speak one protocol only, so that botocore has no other choice."""

    def __init__(self, protocol: str) -> None:
        super().__init__()
        self._protocol = protocol

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        model = super().load_service_model(service_name, type_name, api_version)
        if type_name == "service-2":
            named = {"protocol": self._protocol, "protocols": [self._protocol]}
            model = {**model, "metadata": {**model["metadata"], **named}}
        return model


@cache
def _session(protocol: str | None) -> boto3.Session:
    session = Session()
    if protocol is not None:
        session.register_component("data_loader", _OneProtocol(protocol))
    return boto3.Session(botocore_session=session)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _scope(method: str, target: str, headers: Mapping[str, str]) -> dict[str, Any]:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "scheme": "http",
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 4566),
    }


async def _exchange(app: App, scope: dict[str, Any], body: Sequence[bytes | None]) -> Answer:
    pieces: Iterator[bytes | None] = iter(body)
    sent: list[dict[str, Any]] = []
    left = len(body)

    async def receive() -> dict[str, Any]:
        nonlocal left
        piece, left = next(pieces, None), left - 1
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": left > 0}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if not sent:
        return Answer(status=0, headers={}, body=b"")
    start, *rest = sent
    headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(status=start["status"], headers=headers, body=b"".join(each.get("body", b"") for each in rest))


class _Raw(io.BytesIO):
    """A body as urllib3 gives it to botocore."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        while piece := self.read(65536):
            yield piece
