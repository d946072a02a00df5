"""The application: a plain ASGI callable in front of the pipeline.

Handlers run on the event loop when they are declared `inline`, otherwise in a bounded pool of threads.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import orjson

from sealgate import __version__
from sealgate.aws.authenticate import Authenticator, TrustingAuthenticator
from sealgate.aws.bodies import Body, Disconnected, Receive
from sealgate.aws.context import Services
from sealgate.aws.endpoints import guess_service
from sealgate.aws.exchange import Exchange
from sealgate.aws.operation import Api
from sealgate.aws.pipeline import Pipeline
from sealgate.aws.request import Request, parse_headers, parse_query
from sealgate.aws.response import Response
from sealgate.aws.sending import Scope, Send, send_response
from sealgate.aws.sigv2 import Link, find_link
from sealgate.aws.sigv4 import Claim, parse_claim
from sealgate.aws.stages import next_stage
from sealgate.aws.wire import Voices
from sealgate.aws.witness import Witness
from sealgate.clock import Clock
from sealgate.config import Config
from sealgate.errors import SealgateError, Unsupported
from sealgate.services.access.door import Door
from sealgate.services.metrics.meter import UNWATCHED, Meter

log = logging.getLogger("sealgate.aws")

HANDLER_THREADS = 16
"""Requests that may wait at once for a disk, a lock or a package; more wait for a thread."""
WAITING_THREADS = 1000
"""Requests that may wait at once for a function to end; threads are made as they are needed."""

HEALTH_PATH = "/_sealgate/health"
METRICS_PATH = "/metrics"
_PAGES = frozenset({HEALTH_PATH, METRICS_PATH})
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_NOT_IMPLEMENTED = 501
_SERVER_FAULT = 500


class App:
    """The wire of one server.

    Args:
        apis: The services, each with the functions bound to it.
        services: The use cases that handlers call.
        door: Lets calls in.
        witness: Writes every call down.
        config: Whether signatures are checked, and whether the relaxations hold.
        clock: Tells when a request came.
        meter: Counts requests, and shows everything that is counted where somebody watches.
    """

    def __init__(
        self,
        *,
        apis: Sequence[Api],
        services: Services,
        door: Door,
        witness: Witness,
        config: Config,
        clock: Clock,
        meter: Meter = UNWATCHED,
    ) -> None:
        self._clock = clock
        self._meter = meter
        self._by_name = {api.service: Voices(api, strict_aws=config.strict_aws) for api in apis}
        self._by_scope = {api.model.signing_name: api.service for api in apis}
        self._pool = ThreadPoolExecutor(HANDLER_THREADS, thread_name_prefix="handler")
        self._door = door
        self._witness = witness
        self._pipeline = Pipeline(
            services=services,
            authenticator=_authenticator(services, config),
            door=door,
            witness=witness,
            pool=self._pool,
            waiting_pool=ThreadPoolExecutor(WAITING_THREADS, thread_name_prefix="waiting"),
            trusts_loopback=not config.strict_aws,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            try:
                await self._serve(scope, receive, send)
            except Disconnected:
                log.info("a client went away before its request had arrived")

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await next_stage()
        request, fault = _parse_request(scope)
        with_body = request.method != "HEAD"
        page = await self._find_page(request) if request.raw_path in _PAGES else None
        if page is not None:
            await send_response(scope, send, page, with_body=with_body, pool=self._pool)
            return
        exchange = self._begin(request, receive, fault)
        response = await self._answer(exchange)
        try:
            await send_response(scope, send, response, with_body=with_body, pool=self._pool)
        except (SealgateError, FileNotFoundError) as error:  # nothing was sent yet
            response = self._refuse(exchange, error)
            await send_response(scope, send, response, with_body=with_body, pool=self._pool)

    async def _find_page(self, request: Request) -> Response | None:
        """Answer a page of the server's own, which everybody may read who reaches it; None where none is asked for."""
        if request.method not in ("GET", "HEAD"):
            return None
        if request.raw_path == HEALTH_PATH:
            return _health()
        is_call = bool(request.query) or request.headers.get("authorization", "").startswith("AWS")
        if request.raw_path == METRICS_PATH and self._meter.is_watched and not is_call:  # a bucket may have that name
            body = await asyncio.get_running_loop().run_in_executor(self._pool, self._meter.show)
            return Response(status=200, headers={"Content-Type": _PROMETHEUS}, body=body)
        return None

    def _begin(self, request: Request, receive: Receive, fault: SealgateError | None) -> Exchange:
        claim: Claim | Link | None = None
        try:
            claim = parse_claim(request) or find_link(request)
        except SealgateError as error:
            fault = fault or error
        fault = fault or self._find_absence(request, claim)
        service = self._by_name[self._choose(request, claim)].choose(request)
        return Exchange(
            service=service,
            request_id=service.new_request_id(),
            request=request,
            claim=claim,
            body=Body(receive, is_empty=_has_no_body(request)),
            now=self._clock(),
            fault=fault,
        )

    def _find_absence(self, request: Request, claim: Claim | Link | None) -> Unsupported | None:
        """Answer that a service is absent, where a request names an operation of one; None of those that are here."""
        target = request.headers.get("x-amz-target")
        if target is None or not isinstance(claim, Claim) or claim.scope.service in self._by_scope:
            return None
        return Unsupported(f"The service {claim.scope.service} is not served here: {target}")

    def _choose(self, request: Request, claim: Claim | Link | None) -> str:
        """Answer the service that the signature is for, else the one that the request looks like."""
        if isinstance(claim, Link):
            return "s3"
        by_scope = None if claim is None else self._by_scope.get(claim.scope.service)
        return by_scope or guess_service(request)

    async def _answer(self, exchange: Exchange) -> Response:
        try:
            response = await self._pipeline.perform(exchange)
        except Disconnected:
            raise
        except Exception as raised:  # noqa: BLE001 - the table knows the family; all else is a 500 with a traceback
            response = self._refuse(exchange, raised)
        try:
            await self._witness.conclude(exchange)
        except Exception as raised:  # noqa: BLE001 - nothing is answered that cannot be written down
            response = self._refuse(exchange, raised)
        code = None if exchange.error is None else exchange.error.code
        self._door.close(exchange.log_entry(), status=response.status, error=code)
        self._meter.time_request(
            service=exchange.service.name,
            operation=exchange.operation,
            status=response.status,
            seconds=exchange.elapsed(),
        )
        if "expect" in exchange.request.headers and not exchange.body.is_begun:
            # The client was not told to go on, so it sends no body; the next request would be taken for it.
            response = response.with_headers({"Connection": "close"})
        return response

    def _refuse(self, exchange: Exchange, raised: Exception) -> Response:
        error = exchange.refuse(raised)
        if error.status >= _SERVER_FAULT and error.status != _NOT_IMPLEMENTED:
            log.error("request %s failed", exchange.request_id, exc_info=raised)
        return exchange.service.wire.encode_error(error, exchange.request_id)


def _authenticator(services: Services, config: Config) -> Authenticator | TrustingAuthenticator:
    find_key = services.identity.find_key

    def region_of(bucket: str) -> str:
        return services.objects.buckets.find_region(bucket) or config.region

    if config.auth == "none":
        return TrustingAuthenticator(find_key, account=config.account, region=config.region, region_of=region_of)
    return Authenticator(find_key, region_of=region_of)


def _parse_request(scope: Scope) -> tuple[Request, SealgateError | None]:
    """Answer the request, and what is wrong with its query, which is then left out."""
    headers = parse_headers(scope["headers"])
    fault: SealgateError | None = None
    query: tuple[tuple[str, str], ...] = ()
    try:
        query = parse_query(scope["query_string"])
    except SealgateError as error:
        fault = error
    client, server = scope.get("client"), scope.get("server") or ("localhost", None)
    request = Request(
        method=scope["method"],
        raw_path=scope["raw_path"].decode("latin-1"),
        query=query,
        headers=headers,
        scheme=scope.get("scheme", "http"),
        host=headers.get("host") or (server[0] if server[1] is None else f"{server[0]}:{server[1]}"),
        source_ip=client[0] if client else "",
    )
    return request, fault


def _has_no_body(request: Request) -> bool:
    if "expect" in request.headers:
        # A client that waits for leave to send nothing is told to go on too: botocore takes any other answer for the
        # first line of the answers to all later requests on the connection.
        return False
    return "transfer-encoding" not in request.headers and request.headers.get("content-length", "0") == "0"


def _health() -> Response:
    body = orjson.dumps({"status": "ok", "version": __version__})
    return Response(status=200, headers={"Content-Type": "application/json"}, body=body)


async def _live(receive: Receive, send: Send) -> None:
    """Acknowledge the server's start and stop; nothing here needs either."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
