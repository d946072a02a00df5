"""A request's way to a handler and back: identify, route, check the body, parse, validate, admit, handle, encode."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any

from sealgate.aws import faults
from sealgate.aws.authenticate import Authenticator, Identity, TrustingAuthenticator, find_tokens
from sealgate.aws.bodies import BATCH, take_in
from sealgate.aws.context import Call, Services
from sealgate.aws.endpoints import in_path_style
from sealgate.aws.exchange import Exchange
from sealgate.aws.framing import Framing, Intake, Received, parse_framing
from sealgate.aws.protocols.query import parse_form
from sealgate.aws.reply import Reply
from sealgate.aws.request import EMPTY_SHA256, Request
from sealgate.aws.response import Response
from sealgate.aws.signature_context import signature_context
from sealgate.aws.stages import next_stage
from sealgate.aws.uploads import Upload
from sealgate.aws.wire import Bound
from sealgate.aws.witness import Witness
from sealgate.services.access.door import Door
from sealgate.services.access.entry import Entry
from sealgate.services.objects.errors import ObjectTooLarge
from sealgate.services.objects.rules import MAX_PUT_BYTES


class Pipeline:
    """Performs requests.

    Args:
        services: The use cases that handlers call.
        authenticator: Tells who calls.
        door: Lets calls in.
        witness: Runs handlers, and writes down what they did.
        pool: Runs what may wait.
        waiting_pool: Runs what waits for something outside of the server.
        trusts_loopback: Whether what came over the loopback interface counts as having come over TLS.
    """

    def __init__(
        self,
        *,
        services: Services,
        authenticator: Authenticator | TrustingAuthenticator,
        door: Door,
        witness: Witness,
        pool: Executor,
        waiting_pool: Executor,
        trusts_loopback: bool,
    ) -> None:
        self._services = services
        self._authenticator = authenticator
        self._door = door
        self._witness = witness
        self._pool = pool
        self._waiting_pool = waiting_pool
        self._trusts_loopback = trusts_loopback

    async def perform(self, exchange: Exchange) -> Response:
        """Answer a request.

        Raises:
            SealgateError: It is refused; nothing happened.
            Disconnected: Its client went away before it had arrived; nothing happened.
        """
        if exchange.fault is not None:
            raise exchange.fault
        if exchange.service.is_query:
            return await self._perform_action(exchange)
        identity = self._identify(exchange)
        request = _as_meant(exchange, identity)
        bound, labels = exchange.service.get_route(request)
        exchange.know_operation(bound)
        framing = _check_framing(exchange, request, bound)
        payload = identity.expected_payload(framing)
        if payload is not None:
            _verify(exchange, identity, payload)
        if bound.payload is not None:
            exchange.members = bound.codec.parse(request, labels, b"")
            return await self._perform_upload(exchange, identity, framing, bound)
        body = await self._take_document(exchange, identity, framing)
        if len(body) <= BATCH:
            exchange.members = bound.codec.parse(request, labels, body)
        else:
            loop = asyncio.get_running_loop()
            exchange.members = await loop.run_in_executor(self._pool, bound.codec.parse, request, labels, body)
        return await self._perform_call(exchange, identity, bound)

    async def _perform_action(self, exchange: Exchange) -> Response:
        """Answer a request whose operation is named in its body."""
        identity = self._identify(exchange)
        framing = parse_framing(exchange.request, is_s3=False, has_checksums=False)
        body = await self._take_document(exchange, identity, framing)
        bound = exchange.service.get_action(parse_form(exchange.request, body))
        exchange.know_operation(bound)
        exchange.members = bound.codec.parse(exchange.request, {}, body)
        return await self._perform_call(exchange, identity, bound)

    async def _perform_call(self, exchange: Exchange, identity: Identity, bound: Bound) -> Response:
        """Answer a request that has arrived."""
        await next_stage()
        arguments = bound.arguments(exchange.members or {})
        call = self._admit(exchange, identity, bound, arguments)
        return _encode(bound, await self._handle(exchange, bound, call, arguments), exchange)

    async def _perform_upload(self, exchange: Exchange, identity: Identity, framing: Framing, bound: Bound) -> Response:
        """Answer a request whose body becomes a file; all that can be refused before it arrives, is."""
        arguments = bound.arguments(exchange.members or {})
        call = self._admit(exchange, identity, bound, arguments)
        with self._services.objects.stage() as staging:
            received = await self._take_upload(exchange, identity, framing, staging.write)
            upload = Upload(
                staging=staging,
                size=received.size,
                sha256=received.sha256,
                md5=received.md5,
                checksums=received.checksums,
            )
            arguments[bound.binding.parameters[bound.payload or ""]] = upload
            reply = await self._handle(exchange, bound, call, arguments)
        return _encode(bound, reply, exchange)

    def _identify(self, exchange: Exchange) -> Identity:
        return self._authenticator.identify(
            exchange.request, exchange.claim, service=exchange.service.signing_name, now=exchange.now
        )

    async def _take_document(self, exchange: Exchange, identity: Identity, framing: Framing) -> bytes:
        """Answer a whole body, checked against its headers and, where that was still open, the signature."""
        document = bytearray()
        if exchange.body.is_empty and not framing.has_expectations:
            sha256 = EMPTY_SHA256
        else:
            intake = Intake(
                framing,
                document.extend,
                limit=exchange.service.body_limit,
                too_large=faults.RequestTooLarge(exchange.service.body_limit, exchange.operation or "requested"),
                key=identity.chunk_key() if framing.has_signed_chunks else None,
            )
            is_large = framing.length is None or framing.length > BATCH
            received = await take_in(exchange.body, intake, self._pool if is_large else None)
            sha256 = received.sha256
        if exchange.principal is None:
            _verify(exchange, identity, framing.payload_hash or sha256)
        return bytes(document)

    async def _take_upload(self, exchange: Exchange, identity: Identity, framing: Framing, write: Any) -> Received:
        if framing.length is None:
            raise faults.MissingLength
        intake = Intake(
            framing,
            write,
            limit=MAX_PUT_BYTES,
            too_large=ObjectTooLarge(size=framing.length, limit=MAX_PUT_BYTES),
            key=identity.chunk_key() if framing.has_signed_chunks else None,
            with_md5=True,
        )
        return await take_in(exchange.body, intake, self._pool)

    def _admit(self, exchange: Exchange, identity: Identity, bound: Bound, arguments: Mapping[str, Any]) -> Call:
        request, principal = exchange.request, identity.principal
        exchange.entry = Entry(
            request_id=exchange.request_id,
            source_ip=request.source_ip,
            principal=principal,
            wanted=bound.find_wanted(arguments, region=identity.region, account=principal.account),
            now=exchange.now,
            region=identity.region,
            is_secure=request.scheme == "https" or (self._trusts_loopback and _is_local(request.source_ip)),
            user_agent=request.headers.get("user-agent", ""),
            context=signature_context(exchange),
        )
        self._door.admit(exchange.entry)
        return Call(
            service=exchange.service.name,
            operation=bound.operation.name,
            endpoint=f"{request.scheme}://{request.host}",
            services=self._services,
            entry=exchange.entry,
            door=self._door,
            session_token=next(iter(find_tokens(request)), None),
        )

    async def _handle(self, exchange: Exchange, bound: Bound, call: Call, arguments: Mapping[str, Any]) -> Reply:
        handle = partial(bound.handle, call, arguments)
        if bound.binding.inline:
            await next_stage()
            return self._witness.attend(exchange, handle)
        pool = self._waiting_pool if bound.binding.waits else self._pool
        return await asyncio.get_running_loop().run_in_executor(pool, self._witness.run, exchange, handle)


def _is_local(source_ip: str) -> bool:
    return source_ip.startswith("127.") or source_ip == "::1"


def _verify(exchange: Exchange, identity: Identity, payload: str) -> None:
    """Check the signature; from here on it is known who calls."""
    identity.verify(payload)
    exchange.principal, exchange.region = identity.principal, identity.region


def _as_meant(exchange: Exchange, identity: Identity) -> Request:
    """Answer the request with what S3 lets stand elsewhere in its place: headers in a link, the bucket in the host."""
    if exchange.service.name != "s3":
        return exchange.request
    return in_path_style(identity.as_meant(exchange.request))


def _check_framing(exchange: Exchange, request: Request, bound: Bound) -> Framing:
    framing = parse_framing(request, is_s3=exchange.service.name == "s3", has_checksums=bound.has_checksums)
    if bound.needs_checksum and not framing.has_digest:
        raise faults.InvalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
    return framing


def _encode(bound: Bound, reply: Reply, exchange: Exchange) -> Response:
    response = bound.codec.encode(reply.members, exchange.request_id)
    headers = {**response.headers, **reply.headers, **exchange.service.wire.identify(exchange.request_id)}
    status = response.status if reply.status is None else reply.status
    return Response(status=status, headers=headers, body=response.body)
