"""How an AWS operation is declared: a plain typed function, bound to the service model by one decorator line.

    signer = Api("signer", also=("signer-data",))

    @signer.operation(resource="/signing-profiles/{profile_name}", owner="profile_owner", inline=True)
    def get_signing_profile(call: Call, *, profile_name: str, profile_owner: str | None = None) -> dict[str, Any]: ...

The function is named as boto3 names the operation; its keyword parameters are the input members in snake case. Values
arrive as boto3 gives outputs: text, numbers, aware UTC datetimes, bytes, lists, dicts with the model's names; an
`Upload` for a streaming body. It answers the output members (None: no members), or a `Reply`.

What the function does not take is refused by name when a request carries it. An operation of the model that no
function is bound to answers NotImplemented.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore import xform_name

from sealgate.aws.actions import action_of
from sealgate.aws.model import OperationModel, ServiceModel, find_stream, load_model
from sealgate.aws.permissions import Permission
from sealgate.aws.reply import Reply
from sealgate.aws.resources import Resource, parse_template

Handler = Callable[..., Mapping[str, Any] | Reply | None]
H = TypeVar("H", bound=Handler)

CHECKED_ON_THE_WIRE = frozenset(
    {
        "ContentLength",
        "ContentMD5",
        "ChecksumAlgorithm",
        "ChecksumCRC32",
        "ChecksumCRC32C",
        "ChecksumCRC64NVME",
        "ChecksumSHA1",
        "ChecksumSHA256",
    }
)
"""Members that describe the body of an S3 request. They are checked against the bytes before the handler runs, so a
handler need not take them; an upload carries what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The function that serves an operation.

    Attributes:
        handler: The function.
        inline: It is quick and runs on the event loop; otherwise it runs in a thread.
        waits: It waits for something outside of the server, for as long as that takes: it has threads of its own kind,
            so that it keeps none from the others.
        permissions: What a call needs to be allowed; the operation's own first.
        parameters: Input member -> parameter.
    """

    handler: Handler
    inline: bool
    waits: bool
    permissions: tuple[Permission, ...]
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a service model, bound to a function or not.

    Attributes:
        service: The signing name (`signer`).
        name: As the model names it.
        model: Its description.
        binding: None: not implemented.
    """

    service: str
    name: str
    model: OperationModel
    binding: Binding | None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return str(self.model.http["method"])

    @property
    def uri(self) -> str:
        """The path and static query, as the model writes them (`/{Bucket}/{Key+}?tagging`)."""
        return str(self.model.http["requestUri"])


class Api:
    """One service: its model, and the functions bound to its operations.

    Args:
        service: The model's folder in botocore, which is also the signing name.
        also: Further models whose operations are the same on the wire and share the functions.
    """

    def __init__(self, service: str, *, also: Sequence[str] = ()) -> None:
        self.service = service
        self.model = load_model(service)
        self._also = tuple(load_model(name) for name in also)
        self._bindings: dict[str, Binding] = {}
        self._names = {xform_name(name): name for name in self.model.operation_names}
        for other in self._also:
            _check_same_wire(self.model, other)

    def operation(
        self,
        *,
        resource: str | Resource | None = None,
        owner: str | None = None,
        keys: Mapping[str, str] | None = None,
        tags: str | None = None,
        also: Sequence[Permission] = (),
        instead: Sequence[Permission] = (),
        exempt: str = "",
        inline: bool = False,
        waits: bool = False,
    ) -> Callable[[H], H]:
        """Bind a function to the operation that its name names.

        Args:
            resource: The resource part of the ARN that authorisation asks about; None for operations without one.
            owner: The parameter that names the account of the resource, where it can be another than the caller's.
            keys: Condition keys, in lower case, that the request answers, and the path of the member for each.
            tags: The path of the member that has the request's tags, or the keys of tags.
            also: Further permissions that a call needs, or may need.
            instead: The permissions that a call needs where none is named for the operation.
            exempt: Why nothing is asked at the door ("always allowed"); empty where it is.
            inline: Run on the event loop: for functions that take well under a millisecond.
            waits: Run in a thread of those that wait for something outside of the server.

        Raises:
            TypeError: Name, parameters or permissions do not fit the model; at import, so no server starts with it.
        """
        place = resource if resource is not None and not isinstance(resource, str) else None
        place = place or parse_template(self.service, resource if isinstance(resource, str) else None)

        def bind(handler: H) -> H:
            # A binding is made of the function's signature, which every function has.
            name = self._names.get(handler.__name__)
            if name is None or name in self._bindings:
                raise TypeError(f"{handler.__name__}: {self.service} has no such operation, or it is bound already")
            own = Permission(
                action=action_of(self.service, name),
                resource=place,
                owner=owner,
                keys=keys or {},
                tags=tags,
                exempt=exempt,
            )
            permissions = (*instead, *also) if instead else (own, *also)
            parameters = _bound_parameters(handler, self.model.operation_model(name))
            named = {each for permission in permissions for each in permission.parameters}
            if named - set(parameters.values()):
                raise TypeError(f"{handler.__name__}: {min(named - set(parameters.values()))} is no parameter")
            self._bindings[name] = Binding(
                handler=handler, inline=inline, waits=waits, permissions=permissions, parameters=parameters
            )
            return handler

        return bind

    @property
    def operations(self) -> list[Operation]:
        """Every operation of the model, bound or not."""
        return [
            Operation(
                service=self.service,
                name=name,
                model=self.model.operation_model(name),
                binding=self._bindings.get(name),
            )
            for name in self.model.operation_names
        ]

    @property
    def bound(self) -> Iterator[tuple[Operation, Binding]]:
        """Every operation that a function is bound to, with its binding."""
        for operation in self.operations:
            if operation.binding is not None:
                yield operation, operation.binding


def _bound_parameters(handler: Handler, model: OperationModel) -> dict[str, str]:
    """Answer member -> parameter for what the function takes.

    Raises:
        TypeError: A parameter is no member, a required member is no parameter, or a default is missing or too much.
    """
    first, *rest = inspect.signature(handler).parameters.values()
    members = {xform_name(member): member for member in (model.input_shape.members if model.input_shape else ())}
    required = set(model.input_shape.required_members if model.input_shape else ())
    if first.name != "call" or any(each.kind is not each.KEYWORD_ONLY for each in rest):
        raise TypeError(f"{handler.__name__}: must take (call, *, members ...)")
    bound = {}
    for each in rest:
        member = members.get(each.name)
        if member is None:
            raise TypeError(f"{handler.__name__}: {each.name} is no input member of {model.name}")
        if (each.default is each.empty) is not (member in required or each.name == model_body(model)):
            raise TypeError(f"{handler.__name__}: {each.name} needs a default exactly if the model does not require it")
        bound[member] = each.name
    missing = required - set(bound) - CHECKED_ON_THE_WIRE
    if missing:
        raise TypeError(f"{handler.__name__}: {model.name} requires {min(missing)}")
    return bound


def model_body(model: OperationModel) -> str | None:
    """Answer the parameter of a streaming body, which a request always has, be it empty; None without one."""
    stream = find_stream(model)
    return None if stream is None else xform_name(stream)


def _check_same_wire(model: ServiceModel, other: ServiceModel) -> None:
    for name in other.operation_names:
        ours = model.operation_model(name).http if name in model.operation_names else {}
        theirs = other.operation_model(name).http
        if any(ours.get(part) != theirs[part] for part in ("method", "requestUri")):
            raise TypeError(f"{other.service_name}: {name} is not on the wire as in {model.service_name}")
