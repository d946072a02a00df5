"""Audit events with plain values."""

import json
import uuid
from dataclasses import replace
from typing import Any

from sealgate.store.audit import EventRecord, EventResource
from tests.support.signer import NOW, SCOPE


def an_event(number: int = 0, **changes: Any) -> EventRecord:
    """Make the record of an event, told apart by a number, with some fields changed."""
    record = EventRecord(
        event_id=str(uuid.UUID(int=number)),
        account=SCOPE.account,
        region=SCOPE.region,
        recorded_at=NOW,
        event_time=NOW.replace(microsecond=0),
        text=json.dumps({"eventID": str(uuid.UUID(int=number)), "eventName": "GetSigningProfile"}),
        event_name="GetSigningProfile",
        event_source="signer.amazonaws.com",
        user_name="root",
        access_key_id="AKIAROOT",
        read_only=True,
        category="Management",
        resources=(EventResource(type="AWS::Signer::SigningProfile", name=f"arn:{number}"),),
    )
    return replace(record, **changes)
