"""CloudWatch Logs: what functions print, for `aws logs tail`, FilterLogEvents, and clients with lines of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sealgate.arn import log_group_arn
from sealgate.aws.context import Call
from sealgate.aws.operation import Api
from sealgate.errors import Unsupported
from sealgate.services.logs.errors import InvalidLogParameter
from sealgate.services.logs.events import InputEvent, Rejected, Search, milliseconds
from sealgate.services.logs.pattern import parse_pattern
from sealgate.store.logs import LogGroup, LogStream, StoredLogEvent

logs = Api("logs")


class GroupResource:
    """The streams of the group that a call names, by its name or by its ARN; or one of them, where one is named."""

    def __init__(self, *, is_stream: bool) -> None:
        self.parameters = ["log_group_name", "log_group_identifier", *(["log_stream_name"] if is_stream else [])]

    def render(self, values: Mapping[str, Any], *, region: str, account: str) -> str:
        """Answer the ARN; a group that is not named at all is refused later."""
        named = str(values.get("log_group_identifier") or values.get("log_group_name") or "")
        group = named.removesuffix(":*") if named.startswith("arn:") else log_group_arn(region, account, named)
        return f"{group}:log-stream:{values.get('log_stream_name', '')}"

    def __str__(self) -> str:
        return STREAM if "log_stream_name" in self.parameters else STREAMS


GROUP = "log-group:{log_group_name}"
STREAMS = "log-group:{log_group_name}:log-stream:"
STREAM = "log-group:{log_group_name}:log-stream:{log_stream_name}"
_STANDARD = "STANDARD"
_ID_DIGITS = 56


@logs.operation(resource=GROUP, tags="tags")
def create_log_group(
    call: Call, *, log_group_name: str, tags: Mapping[str, str] | None = None, log_group_class: str | None = None
) -> None:
    """Create a log group."""
    if log_group_class not in (None, _STANDARD):
        raise Unsupported(f"logGroupClass {log_group_class} is not supported: every log group is {_STANDARD}")
    call.services.logs.groups.create(call.scope, log_group_name, tags=tags or {})


@logs.operation(resource=STREAMS)
def delete_log_group(call: Call, *, log_group_name: str) -> None:
    """Delete a log group with all that is in it."""
    call.services.logs.groups.delete(call.scope, log_group_name)


@logs.operation(resource="log-group::log-stream:")
def describe_log_groups(
    call: Call,
    *,
    log_group_name_prefix: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
    log_group_class: str | None = None,
) -> dict[str, Any]:
    """List log groups."""
    if log_group_class not in (None, _STANDARD):
        return {"logGroups": []}
    page = call.services.logs.groups.list_groups(
        call.scope, prefix=log_group_name_prefix or "", token=next_token, limit=limit
    )
    return {"logGroups": [_describe_group(group) for group in page.items], "nextToken": page.next_token}


@logs.operation(resource=STREAMS)
def put_retention_policy(call: Call, *, log_group_name: str, retention_in_days: int) -> None:
    """Set how long a group's events are kept."""
    call.services.logs.groups.set_retention(call.scope, log_group_name, retention_in_days)


@logs.operation(resource=STREAMS)
def delete_retention_policy(call: Call, *, log_group_name: str) -> None:
    """Keep a group's events for ever."""
    call.services.logs.groups.set_retention(call.scope, log_group_name, None)


@logs.operation(resource="{resource_arn}", tags="tags")
def tag_resource(call: Call, *, resource_arn: str, tags: Mapping[str, str]) -> None:
    """Tag a log group."""
    call.services.logs.groups.tag(call.scope, _parse_group(call, resource_arn), tags)


@logs.operation(resource="{resource_arn}", tags="tag_keys")
def untag_resource(call: Call, *, resource_arn: str, tag_keys: Sequence[str]) -> None:
    """Remove tags from a log group."""
    call.services.logs.groups.untag(call.scope, _parse_group(call, resource_arn), tag_keys)


@logs.operation(resource="{resource_arn}")
def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, Any]:
    """Answer a log group's tags."""
    return {"tags": dict(call.services.logs.groups.get_tags(call.scope, _parse_group(call, resource_arn)))}


@logs.operation(resource=STREAM)
def create_log_stream(call: Call, *, log_group_name: str, log_stream_name: str) -> None:
    """Create a log stream."""
    call.services.logs.groups.create_stream(call.scope, log_group_name, log_stream_name)


@logs.operation(resource=STREAM)
def delete_log_stream(call: Call, *, log_group_name: str, log_stream_name: str) -> None:
    """Delete a log stream with its events."""
    call.services.logs.groups.delete_stream(call.scope, log_group_name, log_stream_name)


@logs.operation(resource=GroupResource(is_stream=False))
def describe_log_streams(
    call: Call,
    *,
    log_group_name: str | None = None,
    log_group_identifier: str | None = None,
    log_stream_name_prefix: str | None = None,
    order_by: str | None = None,
    descending: bool | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """List a group's streams."""
    group = _given_group(call, log_group_name, log_group_identifier)
    page = call.services.logs.groups.list_streams(
        call.scope,
        group,
        prefix=log_stream_name_prefix or "",
        by_time=order_by == "LastEventTime",
        descending=bool(descending),
        token=next_token,
        limit=limit,
    )
    return {"logStreams": [_describe_stream(stream) for stream in page.items], "nextToken": page.next_token}


@logs.operation(resource=STREAM)
def put_log_events(
    call: Call,
    *,
    log_group_name: str,
    log_stream_name: str,
    log_events: Sequence[Mapping[str, Any]],
    sequence_token: str | None = None,  # noqa: ARG001 - AWS takes any, and has needed none since 2023
) -> dict[str, Any]:
    """Add events to a stream."""
    events = [InputEvent(event["timestamp"], event["message"]) for event in log_events]
    rejected = call.services.logs.events.put(call.scope, log_group_name, log_stream_name, events)
    told = _describe_rejected(rejected)
    return {"nextSequenceToken": call.request_id, **({"rejectedLogEventsInfo": told} if told else {})}


@logs.operation(resource=GroupResource(is_stream=True))
def get_log_events(
    call: Call,
    *,
    log_stream_name: str,
    log_group_name: str | None = None,
    log_group_identifier: str | None = None,
    start_time: int | None = None,
    end_time: int | None = None,
    next_token: str | None = None,
    limit: int | None = None,
    start_from_head: bool | None = None,
) -> dict[str, Any]:
    """Answer the events of one stream."""
    page = call.services.logs.events.read_stream(
        call.scope,
        _given_group(call, log_group_name, log_group_identifier),
        log_stream_name,
        since=start_time,
        before=end_time,
        token=next_token,
        limit=limit,
        from_head=bool(start_from_head),
    )
    return {
        "events": [_describe_event(event) for event in page.events],
        "nextForwardToken": page.forward,
        "nextBackwardToken": page.backward,
    }


@logs.operation(resource=GroupResource(is_stream=False))
def filter_log_events(
    call: Call,
    *,
    log_group_name: str | None = None,
    log_group_identifier: str | None = None,
    log_stream_names: Sequence[str] | None = None,
    log_stream_name_prefix: str | None = None,
    start_time: int | None = None,
    end_time: int | None = None,
    filter_pattern: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
    interleaved: bool | None = None,  # noqa: ARG001 - AWS ignores it, and interleaves always
) -> dict[str, Any]:
    """Search the events of a group."""
    what = Search(
        group=_given_group(call, log_group_name, log_group_identifier),
        streams=tuple(log_stream_names or ()),
        prefix=log_stream_name_prefix or "",
        since=start_time,
        until=end_time,
        pattern=parse_pattern(filter_pattern or ""),
    )
    page = call.services.logs.events.search(call.scope, what, token=next_token, limit=limit)
    found = [
        {
            **_describe_event(event),
            "logStreamName": event.stream_name,
            "eventId": f"{event.number:0{_ID_DIGITS}}",
        }
        for event in page.items
    ]
    return {"events": found, "searchedLogStreams": [], "nextToken": page.next_token}


def _given_group(call: Call, name: str | None, identifier: str | None) -> str:
    """Answer the name of the group that a call names in one of two ways."""
    if (name is None) is (identifier is None):
        raise InvalidLogParameter("Exactly one of logGroupName and logGroupIdentifier must be given.")
    if identifier is not None and identifier.startswith("arn:"):
        return _parse_group(call, identifier)
    return name or identifier or ""


def _parse_group(call: Call, arn: str) -> str:
    """Answer the name of the log group that an ARN of this account and region names."""
    prefix = log_group_arn(call.region, call.account, "")
    name = arn.removesuffix(":*").removeprefix(prefix)
    if not arn.startswith(prefix) or not name or ":" in name:
        raise InvalidLogParameter(f"{arn!r}: must be the ARN of a log group of this account and region")
    return name


def _describe_group(group: LogGroup) -> dict[str, Any]:
    arn = log_group_arn(group.region, group.account, group.name)
    return {
        "logGroupName": group.name,
        "creationTime": milliseconds(group.created_at),
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "logGroupClass": _STANDARD,
        "storedBytes": 0,
        **({} if group.retention_days is None else {"retentionInDays": group.retention_days}),
    }


def _describe_stream(stream: LogStream) -> dict[str, Any]:
    group = log_group_arn(stream.region, stream.account, stream.group_name)
    times = {
        "firstEventTimestamp": stream.first_event,
        "lastEventTimestamp": stream.last_event,
        "lastIngestionTime": None if stream.last_ingestion is None else milliseconds(stream.last_ingestion),
    }
    return {
        "logStreamName": stream.name,
        "creationTime": milliseconds(stream.created_at),
        "arn": f"{group}:log-stream:{stream.name}",
        "storedBytes": 0,
        **{name: time for name, time in times.items() if time is not None},
    }


def _describe_event(event: StoredLogEvent) -> dict[str, Any]:
    return {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingested}


def _describe_rejected(rejected: Rejected) -> dict[str, int]:
    told = {
        "tooNewLogEventStartIndex": rejected.too_new_from,
        "tooOldLogEventEndIndex": rejected.too_old_until,
        "expiredLogEventEndIndex": rejected.expired_until,
    }
    return {name: place for name, place in told.items() if place is not None}
