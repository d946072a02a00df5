"""One service, compiled: from its `Api` to routes, codecs, validators and limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sealgate.aws.context import Call
from sealgate.aws.faults import NoSuchAction, NoSuchOperation, NotImplementedHere, UnsupportedMember
from sealgate.aws.model import OperationModel, ServiceModel, find_stream
from sealgate.aws.operation import CHECKED_ON_THE_WIRE, Api, Binding, Operation
from sealgate.aws.protocols.aws_json import TARGET, AwsJsonCodec, AwsJsonWire, find_target
from sealgate.aws.protocols.codec import Codec, Wire
from sealgate.aws.protocols.query import QueryCodec, QueryWire
from sealgate.aws.protocols.rest_json import RestJsonCodec, RestJsonWire
from sealgate.aws.protocols.rest_xml import RestXmlCodec, RestXmlWire
from sealgate.aws.protocols.rpc_cbor import PROTOCOL, RpcCborCodec, RpcCborWire, find_rpc_operation
from sealgate.aws.relaxations import Dialect
from sealgate.aws.reply import Reply
from sealgate.aws.request import Request
from sealgate.aws.router import Router
from sealgate.aws.validate import compile_validator
from sealgate.draws import draw_hex
from sealgate.services.access.entry import Wanted

LAMBDA_BODY_BYTES = 70_167_211
"""What Lambda says its largest request is (recorded answer of AWS)."""

BODY_BYTES = 2 << 20
"""The largest document of any other operation; S3's DeleteObjects of 1,000 long keys comes nearest."""

_VARIANTS = "89ab"
_PROTOCOLS: Mapping[str, tuple[Callable[[OperationModel, Dialect], Codec], Callable[[ServiceModel], Wire]]] = {
    "rest-json": (RestJsonCodec, RestJsonWire),
    "rest-xml": (RestXmlCodec, lambda _model: RestXmlWire()),
    "query": (QueryCodec, QueryWire),
    "json": (AwsJsonCodec, AwsJsonWire),
    "smithy-rpc-v2-cbor": (RpcCborCodec, RpcCborWire),
}
_NAMED: Mapping[str, Callable[[Request, str], str | None]] = {
    "json": find_target,
    "smithy-rpc-v2-cbor": find_rpc_operation,
}
"""Protocols whose requests name the operation itself, and how it is found, by the model's name for the service."""

_ABOUT_THE_BODY = frozenset({"ContentLength", "ContentMD5"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """An operation that is served.

    Attributes:
        payload: The member whose streaming body is staged as a file; None: the body is buffered.
        has_checksums: Whether checksum headers are about the body, and not members about something else.
        needs_checksum: Whether the body must come with one, or with Content-MD5.
        unbound: Members that need no parameter, since the wire has dealt with them.
    """

    operation: Operation
    binding: Binding
    codec: Codec
    validate: Callable[[Mapping[str, Any]], None]
    payload: str | None
    has_checksums: bool
    needs_checksum: bool
    unbound: frozenset[str]

    def arguments(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """Validate a request's members, and answer the handler's arguments.

        Raises:
            DocumentViolation, MissingMembers, ConstraintViolation: A member is missing, or does not fit its shape.
            UnsupportedMember: The request carries a member that the handler does not take.
        """
        self.validate(members)
        parameters = self.binding.parameters
        arguments = {}
        for member, value in members.items():
            parameter = parameters.get(member)
            if parameter is not None:
                arguments[parameter] = value
            elif member not in self.unbound:
                raise UnsupportedMember(f"The member {member}", self.operation.name)
        return arguments

    def find_wanted(self, arguments: Mapping[str, Any], *, region: str, account: str) -> tuple[Wanted, ...]:
        """Answer all that authorisation asks about a call with these arguments."""
        found = [each.find_wanted(arguments, region=region, account=account) for each in self.binding.permissions]
        return tuple([wanted for wanted in found if wanted is not None])

    def handle(self, call: Call, arguments: Mapping[str, Any]) -> Reply:
        """Run the handler."""
        answer = self.binding.handler(call, **arguments)
        return answer if isinstance(answer, Reply) else Reply(members=answer or {})


class Service:
    """One service on the wire, in one protocol.

    Attributes:
        name: The model's name, and that of the service in IAM's actions.
        signing_name: The name in credential scopes.
        wire: Its protocol.
        body_limit: Bytes of a body that is no upload.
        is_query: Whether the operation is named in the body, and not by method and path.
    """

    def __init__(self, api: Api, *, strict_aws: bool, protocol: str | None = None) -> None:
        protocol = protocol or str(api.model.metadata["protocol"])
        make_codec, make_wire = _PROTOCOLS[protocol]
        self.name = api.service
        self.signing_name = str(api.model.signing_name)
        self.wire = make_wire(api.model)
        self.body_limit = LAMBDA_BODY_BYTES if api.service == "lambda" else BODY_BYTES
        self.is_query = protocol == "query"
        self._version = str(api.model.metadata["apiVersion"])
        self._find_name = _NAMED.get(protocol)
        self._target_prefix = str(api.model.metadata.get("targetPrefix", ""))
        dialect = Dialect(api.service, strict_aws=strict_aws)
        targets = [(each, _compile(each, make_codec, dialect)) for each in api.operations]
        self._router: Router[Bound | str] = Router(api.service, targets)
        self._by_name = {operation.name: target for operation, target in targets}

    def new_request_id(self) -> str:
        """Answer an id for one request, in the service's own form."""
        if self.name == "s3":
            return draw_hex(16).upper()
        # A version 4 UUID (RFC 9562, 5.4), without what uuid.UUID costs on top.
        digits = draw_hex(32)
        head = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}"
        return f"{head}-{_VARIANTS[int(digits[16], 16) & 3]}{digits[17:20]}-{digits[20:]}"

    def get_route(self, request: Request) -> tuple[Bound, Mapping[str, str]]:
        """Answer the operation that method and path name, or a header, and the members in the path.

        Raises:
            NoSuchOperation: There is none.
            NotImplementedHere: There is one on AWS.
            Malformed: The path is ambiguous or not UTF-8.
        """
        if self._find_name is not None:
            return self._get_named(request, self._find_name(request, self._target_prefix)), {}
        match = self._router.find(request)
        if match is None:
            raise NoSuchOperation(request.method, request.raw_path)
        return _get_bound(match.target), match.labels

    def _get_named(self, request: Request, operation: str | None) -> Bound:
        if operation not in self._by_name:
            raise NoSuchOperation(request.method, request.headers.get(TARGET, request.raw_path))
        return _get_bound(self._by_name[operation])

    def get_operation(self, name: str) -> Bound:
        """Answer the operation of this name, for who calls it without a wire.

        Raises:
            NotImplementedHere: There is one on AWS.
        """
        return _get_bound(self._by_name[name])

    def get_action(self, form: Mapping[str, str]) -> Bound:
        """Answer the operation that a form names.

        Raises:
            NoSuchAction: There is none of this name and version.
            NotImplementedHere: There is one on AWS.
        """
        action, version = form.get("Action", ""), form.get("Version", self._version)
        if action not in self._by_name or version != self._version:
            raise NoSuchAction(action, version)
        return _get_bound(self._by_name[action])


class Voices:
    """One service in each protocol that it speaks; a request chooses by the way in which it names its operation."""

    def __init__(self, api: Api, *, strict_aws: bool) -> None:
        protocols = api.model.metadata.get("protocols") or [api.model.metadata["protocol"]]
        self._by_protocol = {
            protocol: compile_service(api, strict_aws=strict_aws, protocol=protocol) for protocol in map(str, protocols)
        }
        self._only = next(iter(self._by_protocol.values())) if len(self._by_protocol) == 1 else None

    def choose(self, request: Request) -> Service:
        """Answer the service in the protocol of a request."""
        return self._only or self._by_protocol[_protocol_of(request)]


@lru_cache(maxsize=64)
def compile_service(api: Api, *, strict_aws: bool, protocol: str) -> Service:
    """Answer a service of which everything is bound; compiled once, since nothing in it belongs to one server.

    Args:
        api: The service.
        strict_aws: Whether the relaxations are off.
        protocol: One of those that it speaks.
    """
    return Service(api, strict_aws=strict_aws, protocol=protocol)


def _protocol_of(request: Request) -> str:
    if PROTOCOL in request.headers:
        return "smithy-rpc-v2-cbor"
    return "json" if TARGET in request.headers else "query"


def _get_bound(target: Bound | str) -> Bound:
    if isinstance(target, str):
        raise NotImplementedHere(target)
    return target


def _compile(
    operation: Operation, make_codec: Callable[[OperationModel, Dialect], Codec], dialect: Dialect
) -> Bound | str:
    """Answer what a route leads to: the compiled operation, or only its name."""
    if operation.binding is None:
        return operation.name
    model = operation.model
    has_algorithm = "requestAlgorithmMember" in (model.http_checksum or {})
    members = model.input_shape.members if model.input_shape else {}
    return Bound(
        operation=operation,
        binding=operation.binding,
        codec=make_codec(model, dialect),
        validate=compile_validator(model, dialect),
        payload=find_stream(model),
        has_checksums=has_algorithm or "ChecksumCRC32" not in members,
        needs_checksum=bool((model.http_checksum or {}).get("requestChecksumRequired")),
        unbound=CHECKED_ON_THE_WIRE if has_algorithm else _ABOUT_THE_BODY,
    )
