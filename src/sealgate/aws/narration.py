"""A call as its audit event tells it: names, kind, and members without what nobody may read again.

What a model marks as sensitive, what it calls a blob, and bodies are left out, as on AWS (`zipFile` is not there, and
`environment` is empty); so are the parts of credentials, which models do not always mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sealgate.aws.errors import WireError
from sealgate.aws.model import OperationModel, Shape, load_model
from sealgate.aws.operation import Operation
from sealgate.services.audit.actors import Actor
from sealgate.services.audit.events import DATA, AuditEvent, encode_time
from sealgate.services.audit.notes import Notes
from sealgate.store.audit import MANAGEMENT

Tell = Callable[[Any], Any]

UNKNOWN_OPERATION = "UnknownOperation"
"""The name of a call whose operation was not found out."""

_DATED: Mapping[str, str] = {
    "CreateFunction": "20150331",
    "UpdateFunctionCode": "20150331v2",
    "UpdateFunctionConfiguration": "20150331v2",
    "DeleteFunction": "20150331",
    "GetFunction": "20150331v2",
    "GetFunctionConfiguration": "20150331v2",
    "ListFunctions": "20150331",
    "PublishVersion": "20150331",
    "ListVersionsByFunction": "20150331",
    "CreateAlias": "20150331",
    "GetAlias": "20150331",
    "UpdateAlias": "20150331",
    "DeleteAlias": "20150331",
    "ListAliases": "20150331",
    "GetPolicy": "20150331v2",
    "GetAccountSettings": "20160819",
    "GetFunctionConcurrency": "20190930",
    "DeleteFunctionConcurrency": "20171031",
    "GetProvisionedConcurrencyConfig": "20190930",
    "ListProvisionedConcurrencyConfigs": "20190930",
    "GetFunctionUrlConfig": "20211031",
    "ListFunctionUrlConfigs": "20211031",
    "GetRuntimeManagementConfig": "20210720",
    "PublishLayerVersion": "20181031",
    "TagResource": "20170331v2",
    "UntagResource": "20170331v2",
    "ListTags": "20170331",
    "AddPermission": "20150331v2",
    "RemovePermission": "20150331v2",
    "PutFunctionConcurrency": "20171031",
}
"""What CloudTrail appends to the names of Lambda's operations (recorded events of AWS); none for other operations."""

_READING = ("Get", "List", "Describe", "Head", "Lookup", "Filter", "Validate", "Simulate", "Download", "AssumeRole")
_LISTED_OBJECTS = frozenset(
    {"DeleteObjects", "ListMultipartUploads", "ListObjects", "ListObjectsV2", "ListObjectVersions"}
)
_SECRET = frozenset({"ParameterValue", "SecretAccessKey", "SessionToken"})
_TRAIL_CODES = {"AccessDeniedException": "AccessDenied"}
"""What the trail calls an error that has another name on the wire (recorded events of AWS)."""
_CAPITALS = re.compile(r"[A-Z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Narration:
    """How calls of one operation are told, compiled once from its model.

    Attributes:
        source: The service's host name on AWS.
        name: The operation, as CloudTrail names it.
        read_only: Whether a call changes nothing.
        category: `Management` or `Data`.
        parameters: Turns input members into `requestParameters`.
        elements: Turns output members into `responseElements`.
    """

    source: str
    name: str
    read_only: bool
    category: str
    parameters: Tell
    elements: Tell


class Circumstances(NamedTuple):
    """Of one call: who, when, from where.

    Attributes:
        account: The caller's account; empty where nobody is known.
    """

    actor: Actor
    account: str
    region: str
    at: datetime
    request_id: str
    source_ip: str
    user_agent: str


def narrate(operation: Operation) -> Narration:
    """Compile how calls of an operation are told."""
    model = operation.model
    return Narration(
        source=source_of(operation.service),
        name=f"{operation.name}{_DATED.get(operation.name, '') if operation.service == 'lambda' else ''}",
        read_only=operation.name.startswith(_READING),
        category=DATA if _is_about_data(operation.service, model) else MANAGEMENT,
        parameters=_members(model.input_shape, {}),
        elements=_members(model.output_shape, {}),
    )


def source_of(service: str) -> str:
    """Answer a service's host name on AWS, as events name it: by the name that its signatures are for."""
    return f"{load_model(service).signing_name}.amazonaws.com"


def tell_call(
    narration: Narration,
    circumstances: Circumstances,
    *,
    members: Mapping[str, Any] | None,
    answer: Mapping[str, Any] | None,
    error: WireError | None = None,
    resources: tuple[str, ...] = (),
    notes: Notes | None = None,
) -> AuditEvent:
    """Make the event of a call that came far enough to have an operation.

    Args:
        narration: How it is told.
        circumstances: Who, when, from where.
        members: Of the request, by the model's names; None where they could not be read.
        answer: Members of the answer; None where the call was refused.
        error: How the refusal went out.
        resources: What authorisation has asked about.
        notes: What the services have noted.
    """
    return AuditEvent(
        event_time=circumstances.at,
        event_source=narration.source,
        event_name=narration.name,
        region=circumstances.region,
        account=circumstances.account,
        actor=circumstances.actor,
        source_ip=circumstances.source_ip,
        user_agent=circumstances.user_agent,
        request_id=circumstances.request_id,
        read_only=narration.read_only,
        error_code=None if error is None else _trail_code(error),
        error_message=None if error is None else error.message,
        request_parameters=None if members is None else narration.parameters(members),
        response_elements=None if answer is None or narration.read_only else narration.elements(answer),
        additional=None if notes is None else notes.additional(),
        resources=resources if notes is None else (*resources, *notes.resources),
        sealgate=None if notes is None else notes.sealgate(),
        category=narration.category,
    )


def tell_unknown(service: str, operation: str | None, circumstances: Circumstances, error: WireError) -> AuditEvent:
    """Make the event of a call that was refused before its operation, or who called, was found out."""
    return AuditEvent(
        event_time=circumstances.at,
        event_source=source_of(service),
        event_name=operation or UNKNOWN_OPERATION,
        region=circumstances.region,
        account=circumstances.account,
        actor=circumstances.actor,
        source_ip=circumstances.source_ip,
        user_agent=circumstances.user_agent,
        request_id=circumstances.request_id,
        read_only=(operation or "").startswith(_READING),
        error_code=_trail_code(error),
        error_message=error.message,
    )


def _trail_code(error: WireError) -> str:
    return _TRAIL_CODES.get(error.code, error.code)


def _is_about_data(service: str, model: OperationModel) -> bool:
    """Tell whether CloudTrail counts an operation among the data events: objects, invocations, code."""
    if service == "lambda":
        return str(model.name).startswith(("Invoke", "Download"))
    members = model.input_shape.members if model.input_shape else {}
    return service == "s3" and ("Key" in members or model.name in _LISTED_OBJECTS)


def _members(shape: Shape | None, seen: dict[str, Tell]) -> Tell:
    known = {} if shape is None else _known_members(shape, seen)

    def tell(value: Mapping[str, Any]) -> dict[str, Any]:
        told = {}
        for name, item in value.items():
            if item is not None and name in known:
                key, inner = known[name]
                told[key] = inner(item)
        return told

    return tell


def _known_members(shape: Shape, seen: dict[str, Tell]) -> dict[str, tuple[str, Tell]]:
    return {
        name: (lower_camel(name), _of(member, seen))
        for name, member in shape.members.items()
        if not _is_left_out(name, member)
    }


def _is_left_out(name: str, shape: Shape) -> bool:
    return name in _SECRET or shape.type_name == "blob" or bool(shape.metadata.get("sensitive"))


def _of(shape: Shape, seen: dict[str, Tell]) -> Tell:
    match shape.type_name:
        case "structure":
            tell = _structure(shape, seen)
        case "list":
            tell = _list(shape, seen)
        case "map":
            tell = _map(shape, seen)
        case "timestamp":
            tell = encode_time
        case _:
            tell = _as_it_is
    return tell


def _as_it_is(value: Any) -> Any:
    return value


def _structure(shape: Shape, seen: dict[str, Tell]) -> Tell:
    """Tell a structure; one that contains itself is compiled once."""

    def tell(value: Any) -> Any:
        return inner(value)

    if shape.name not in seen:
        seen[shape.name] = tell
        inner = seen[shape.name] = _members(shape, seen)
    return seen[shape.name]


def _list(shape: Shape, seen: dict[str, Tell]) -> Tell:
    if _is_left_out("", shape.member):
        return lambda _: []
    inner = _of(shape.member, seen)
    return lambda value: [inner(item) for item in value]


def _map(shape: Shape, seen: dict[str, Tell]) -> Tell:
    if _is_left_out("", shape.value) or _is_left_out("", shape.key):
        return lambda _: {}
    inner = _of(shape.value, seen)
    return lambda value: {str(key): inner(item) for key, item in value.items()}


def lower_camel(name: str) -> str:
    """Write a member's name as events do (`functionName`, `kMSKeyArn`, `acl`)."""
    return name.lower() if _CAPITALS.fullmatch(name) else name[:1].lower() + name[1:]
