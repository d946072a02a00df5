"""Operations that the server performs itself, in a caller's name: a stack's, for what it consists of.

Each goes the way of a request from where that is understood: its members are validated, it is let in at the door with
its caller's rights, its handler runs as one unit of work, and its event is in the audit trail. Only what a request has
because it comes over the wire is not there: a signature, a body that arrives, an encoded answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sealgate.aws.bodies import Body, Disconnected
from sealgate.aws.context import Call, Services
from sealgate.aws.exchange import Exchange
from sealgate.aws.operation import Api
from sealgate.aws.reply import FileBody, Reply
from sealgate.aws.request import Request
from sealgate.aws.wire import Bound, Service, compile_service
from sealgate.aws.witness import Witness
from sealgate.clock import Clock
from sealgate.services.access.door import Door
from sealgate.services.access.entry import Entry, Principal
from sealgate.services.stacks.operations import Note, OperationRefused, Perform, Work

SOURCE = "cloudformation.amazonaws.com"
"""What stands for the address and the client of such a call, in the trail as in conditions."""

_CONTEXT = {
    "aws:calledvia": (SOURCE,),
    "aws:calledviafirst": (SOURCE,),
    "aws:calledvialast": (SOURCE,),
    "aws:viaawsservice": ("true",),
}


class InternalOperations:
    """Performs operations as whoever is named.

    Args:
        apis: The services, each with the functions bound to it.
        services: The use cases that handlers call.
        door: Lets calls in.
        witness: Runs handlers, and writes down what they did.
        clock: Tells when a call comes.
        strict_aws: Whether the relaxations are off.
    """

    def __init__(
        self,
        *,
        apis: Sequence[Api],
        services: Services,
        door: Door,
        witness: Witness,
        clock: Clock,
        strict_aws: bool = False,
    ) -> None:
        self._services = services
        self._door = door
        self._witness = witness
        self._clock = clock
        self._apis = {api.service: api for api in apis}
        self._strict_aws = strict_aws

    def acting_as(self, principal: Principal, region: str, *, work: Work | None = None) -> Perform:
        """Answer what performs operations with a principal's rights; with `work` in the place of their handlers."""

        def perform(service: str, operation: str, note: Note | None = None, /, **members: Any) -> Mapping[str, Any]:
            exchange = self._begin(self._wire(service), principal, region, members)
            return self._perform(exchange, operation, work, note)

        return perform

    def _perform(self, exchange: Exchange, operation: str, work: Work | None, note: Note | None) -> Mapping[str, Any]:
        """Perform an operation.

        Raises:
            OperationRefused: It failed as a request would have.
        """
        try:
            bound = exchange.service.get_operation(operation)
            exchange.know_operation(bound)
            reply = self._handle(exchange, bound, work, note)
        except Exception as raised:
            error = exchange.refuse(raised)
            self._witness.conclude_here(exchange)
            raise OperationRefused(
                error.message,
                service=str(self._apis[exchange.service.name].model.service_id),
                code=error.code,
                status=error.status,
                request_id=exchange.request_id,
            ) from raised
        self._witness.conclude_here(exchange)
        return _plain(reply.members)

    def _wire(self, service: str) -> Service:
        api = self._apis[service]
        return compile_service(api, strict_aws=self._strict_aws, protocol=str(api.model.metadata["protocol"]))

    def _begin(self, wire: Service, principal: Principal, region: str, members: Mapping[str, Any]) -> Exchange:
        return Exchange(
            service=wire,
            request_id=wire.new_request_id(),
            request=Request(
                method="POST",
                raw_path="/",
                query=(),
                headers={"user-agent": SOURCE},
                scheme="https",
                host=SOURCE,
                source_ip=SOURCE,
            ),
            claim=None,
            body=Body(_receive_nothing, is_empty=True),
            now=self._clock(),
            principal=principal,
            region=region,
            members=members,
            invoked_by=SOURCE,
        )

    def _handle(self, exchange: Exchange, bound: Bound, work: Work | None, note: Note | None) -> Reply:
        arguments = bound.arguments(exchange.members or {})
        call = self._admit(exchange, bound, arguments)
        handle = partial(bound.handle, call, arguments) if work is None else lambda: Reply(members=work())
        if note is not None:
            handle = partial(_handle_and_note, handle, note)
        # What reads may be called inside of another call's unit of work, which has written nothing yet.
        run = self._witness.attend if self._witness.is_reading(bound) else self._witness.run
        return run(exchange, handle)

    def _admit(self, exchange: Exchange, bound: Bound, arguments: Mapping[str, Any]) -> Call:
        principal, region = exchange.principal, exchange.region
        assert principal is not None, "it is known in whose name this happens"
        exchange.entry = Entry(
            request_id=exchange.request_id,
            source_ip=SOURCE,
            principal=principal,
            wanted=bound.find_wanted(arguments, region=region, account=principal.account),
            now=exchange.now,
            region=region,
            is_secure=True,
            user_agent=SOURCE,
            context=_CONTEXT,
        )
        self._door.admit(exchange.entry)
        return Call(
            service=exchange.service.name,
            operation=bound.operation.name,
            endpoint=f"https://{SOURCE}",
            services=self._services,
            entry=exchange.entry,
            door=self._door,
        )


def _handle_and_note(handle: Callable[[], Reply], note: Note) -> Reply:
    reply = handle()
    note(_plain(reply.members))
    return reply


def _plain(members: Mapping[str, Any]) -> dict[str, Any]:
    """Answer output members; a file's bytes as bytes, and without what is absent."""
    return {name: _read(each) for name, each in members.items() if each is not None}


def _read(value: Any) -> Any:
    if not isinstance(value, FileBody):
        return value
    with value.path.open("rb") as file:
        file.seek(value.offset)
        return file.read(value.length)


async def _receive_nothing() -> Any:
    raise Disconnected
