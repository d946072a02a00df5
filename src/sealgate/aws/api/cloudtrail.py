"""CloudTrail: looking up what happened. Trails, event data stores and queries are not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sealgate.aws.context import Call
from sealgate.aws.operation import Api
from sealgate.services.audit.errors import InvalidLookupAttributes
from sealgate.services.audit.lookup import Lookup
from sealgate.store.audit import EventRecord

cloudtrail = Api("cloudtrail")


@cloudtrail.operation()
def lookup_events(
    call: Call,
    *,
    lookup_attributes: Sequence[Mapping[str, str]] | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Look management events of the last 90 days up."""
    what = Lookup(attribute=_only(lookup_attributes or ()), since=start_time, until=end_time)
    page = call.services.lookups.lookup(call.scope, what, limit=max_results, token=next_token)
    return {"Events": [_describe(record) for record in page.items], "NextToken": page.next_token}


def _only(attributes: Sequence[Mapping[str, str]]) -> tuple[str, str] | None:
    if len(attributes) > 1:
        raise InvalidLookupAttributes("You can specify only one lookup attribute.")
    return (attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]) if attributes else None


def _describe(record: EventRecord) -> dict[str, Any]:
    return {
        "EventId": record.event_id,
        "EventName": record.event_name,
        "ReadOnly": "true" if record.read_only else "false",
        "AccessKeyId": record.access_key_id,
        "EventTime": record.event_time,
        "EventSource": record.event_source,
        "Username": record.user_name,
        "Resources": [{"ResourceType": each.type, "ResourceName": each.name} for each in record.resources],
        "CloudTrailEvent": record.text,
    }
