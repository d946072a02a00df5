"""An audit event in CloudTrail's shape, its one text, and the row that it is kept in.

    AuditEvent -> document (a JSON object) -> text -> EventRecord

Everything in the row but the moment of recording follows from the text, so that whoever alters a look-up column is
found out as well: `read_record` makes the row anew. (AWS CloudTrail user guide, "CloudTrail record contents"; version
1.11.)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from sealgate.errors import IntegrityError
from sealgate.services.audit.actors import Actor, name_of, tell_actor
from sealgate.services.audit.event_ids import new_event_id
from sealgate.services.audit.subjects import package_resource, resource_of, storable
from sealgate.store.audit import MANAGEMENT, EventRecord, EventResource

DATA = "Data"
SERVICE = "Service"
VERSION = "1.11"
_MAX_MEMBER_BYTES = 100 << 10
"""The largest `requestParameters`, `responseElements` and `additionalEventData` (CloudTrail record contents)."""
_MAX_TEXT = 1024
"""Characters of an error message or a user agent (the same: 1 KB)."""
_MAX_RESOURCES = 20
_TO_THE_SECOND = len("2026-11-24T09:25:49")
_REMEMBERED = 1024
_SIGNER = ("profileVersionArn", "jobArn")


class AuditEvent(NamedTuple):
    """One call, and how it ended. A named tuple: every call makes one, and it takes a third of a dataclass's time.

    Attributes:
        event_time: When the call came.
        event_source: The service's host name on AWS (`signer.amazonaws.com`).
        event_name: As CloudTrail names the operation (`CreateFunction20150331`).
        account: In whose trail it is: the caller's account; empty where nobody is known.
        source_ip: Where the call came from; empty when unknown.
        error_code: As on the wire; None where the call was granted and did what it says.
        request_parameters: The members of the request, without secrets and contents; None for none.
        response_elements: What a call that changes something answered; None for none.
        additional: What else CloudTrail would say (`signatureStatus`).
        resources: The ARNs of what the call is about; a `*` among them is left out.
        sealgate: What CloudTrail has no member for, such as each check of a judged deployment.
        category: `Management`, or `Data` for objects and invocations.
    """

    event_time: datetime
    event_source: str
    event_name: str
    region: str
    account: str
    actor: Actor
    source_ip: str
    user_agent: str
    request_id: str
    read_only: bool
    error_code: str | None = None
    error_message: str | None = None
    request_parameters: Mapping[str, Any] | None = None
    response_elements: Mapping[str, Any] | None = None
    additional: Mapping[str, Any] | None = None
    resources: tuple[str, ...] = ()
    sealgate: Mapping[str, Any] | None = None
    category: str = MANAGEMENT


def record_event(event: AuditEvent, *, recorded_at: datetime) -> EventRecord:
    """Make the row of an event, under a new id.

    It is what `read_record` would make of the text, without reading it: every call leaves an event.
    """
    who, event_id = tell_actor(event.actor), new_event_id(recorded_at)
    described, about = _tell_resources(event.resources)
    document = _describe(event)
    document["eventID"], document["userIdentity"] = event_id, who.identity
    if described is not None:
        document["resources"] = described
    return EventRecord(
        event_id=event_id,
        account=event.account,
        region=storable(event.region),
        recorded_at=recorded_at,
        event_time=event.event_time.replace(microsecond=0),
        text=orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode(),
        event_name=storable(event.event_name),
        event_source=storable(event.event_source),
        user_name=None if who.name is None else storable(who.name),
        access_key_id=None if who.access_key_id is None else storable(who.access_key_id),
        read_only=event.read_only,
        category=event.category,
        resources=about if event.sealgate is None else _with_packages(about, event.sealgate),
    )


def make_record(document: Mapping[str, Any], *, recorded_at: datetime) -> EventRecord:
    """Make the row of an event's document, be it a call's or one in EventBridge's shape."""
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()
    columns = _call_columns(document) if "eventID" in document else _service_columns(document)
    return EventRecord(text=text, recorded_at=recorded_at, **columns)


def read_record(text: str, *, recorded_at: datetime) -> EventRecord:
    """Make the row that belongs to an event's text.

    Raises:
        IntegrityError: The text is no event.
    """
    try:
        return make_record(orjson.loads(text), recorded_at=recorded_at)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError("the text is no audit event", reason="MalformedEvent") from error


def encode_time(moment: datetime) -> str:
    """Write a moment as events do, in whole seconds (`2026-11-24T09:25:49Z`)."""
    return f"{moment.isoformat()[:_TO_THE_SECOND]}Z"


def _parse_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not UTC or encode_time(moment) != text:
        raise ValueError("must be a time in whole seconds, in UTC")
    return moment


def _describe(event: AuditEvent) -> dict[str, Any]:
    """Answer all members but those that follow from others: whose call it is, under which id, about what."""
    document: dict[str, Any] = {
        "awsRegion": event.region,
        "eventCategory": event.category,
        "eventName": event.event_name,
        "eventSource": event.event_source,
        "eventTime": encode_time(event.event_time),
        "eventType": "AwsApiCall",
        "eventVersion": VERSION,
        "managementEvent": event.category == MANAGEMENT,
        "readOnly": event.read_only,
        "recipientAccountId": event.account,
        "requestID": event.request_id,
        "requestParameters": _bounded(event.request_parameters),
        "responseElements": _bounded(event.response_elements),
        "sourceIPAddress": event.source_ip,
        "userAgent": event.user_agent[:_MAX_TEXT],
    }
    if event.error_code is not None:
        document["errorCode"] = event.error_code
    if event.error_message is not None:
        document["errorMessage"] = event.error_message[:_MAX_TEXT]
    if event.additional:
        document["additionalEventData"] = _bounded(event.additional)
    if event.sealgate is not None:
        document["sealgate"] = event.sealgate
    return document


@lru_cache(maxsize=_REMEMBERED)
def _tell_resources(arns: tuple[str, ...]) -> tuple[orjson.Fragment | None, tuple[EventResource, ...]]:
    """Answer the `resources` of an event, written down already, and its rows; None for none."""
    named = [arn for arn in dict.fromkeys(arns) if arn.startswith("arn:")][:_MAX_RESOURCES]  # `*` names nothing
    if not named:
        return None, ()
    described = [_describe_resource(arn) for arn in named]
    return (
        orjson.Fragment(orjson.dumps(described, option=orjson.OPT_SORT_KEYS)),
        tuple(dict.fromkeys(map(resource_of, named))),
    )


def _describe_resource(arn: str) -> dict[str, str]:
    parts = arn.split(":", 5)
    owner = parts[4] if len(parts) == 6 else ""  # noqa: PLR2004 - an ARN's parts
    described = {"ARN": arn, "type": resource_of(arn).type}
    return described | ({"accountId": owner} if owner else {})


def _bounded(member: Mapping[str, Any] | None) -> orjson.Fragment | Mapping[str, Any] | None:
    """Answer a member, written down already, or in its place how large it was."""
    if not member:
        return None
    text = orjson.dumps(member, option=orjson.OPT_SORT_KEYS)
    if len(text) <= _MAX_MEMBER_BYTES:
        return orjson.Fragment(text)
    return {"omitted": True, "originalSize": len(text), "reason": "size limit exceeded"}


def _call_columns(document: Mapping[str, Any]) -> dict[str, Any]:
    identity = document["userIdentity"]
    name, key = name_of(identity), identity.get("accessKeyId")
    return {
        "event_id": str(document["eventID"]),
        "account": str(document["recipientAccountId"]),
        "region": storable(document["awsRegion"]),
        "event_time": _parse_time(document["eventTime"]),
        "event_name": storable(document["eventName"]),
        "event_source": storable(document["eventSource"]),
        "user_name": None if name is None else storable(name),
        "access_key_id": None if key is None else storable(key),
        "read_only": bool(document["readOnly"]),
        "category": str(document["eventCategory"]),
        "resources": _resources(document),
    }


def _resources(document: Mapping[str, Any]) -> tuple[EventResource, ...]:
    about = tuple(dict.fromkeys(resource_of(each["ARN"]) for each in document.get("resources", ())))
    return _with_packages(about, document.get("sealgate", {}))


def _with_packages(about: tuple[EventResource, ...], sealgate: Mapping[str, Any]) -> tuple[EventResource, ...]:
    """Add what a deployment or a publication is about: the function, layer versions, packages, and who signed each."""
    admission = sealgate.get("admission") or {}
    functions = [resource_of(admission["function"])] if admission else []
    packages = (admission, *admission.get("layers", ()), sealgate.get("publication") or {})
    found = [resource for package in packages for resource in _about_package(package)]
    return tuple(dict.fromkeys((*about, *functions, *found)))


def _about_package(package: Mapping[str, Any]) -> list[EventResource]:
    named = [package.get("layerVersionArn"), *((package.get("signature") or {}).get(name) for name in _SIGNER)]
    content = [package_resource(package["packageSha256"])] if "packageSha256" in package else []
    return [*content, *(resource_of(arn) for arn in named if arn)]


def _service_columns(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event_id": str(document["id"]),
        "account": str(document["account"]),
        "region": str(document["region"]),
        "event_time": _parse_time(document["time"]),
        "event_name": str(document["detail-type"]),
        "event_source": str(document["source"]),
        "user_name": None,
        "access_key_id": None,
        "read_only": False,
        "category": SERVICE,
        "resources": tuple(map(resource_of, document["resources"])),
    }
