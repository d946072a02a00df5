"""What happens to functions without a call: starts that were refused, asynchronous invocations that were given up.

In EventBridge's shape; a failed invocation's as AWS tells it (Lambda developer guide, "Retaining records of
asynchronous invocations"), the event itself left out, since it may hold what nobody shall read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sealgate.services.audit.event_ids import new_event_id
from sealgate.services.audit.events import encode_time, make_record
from sealgate.services.audit.notes import RefusedStart, describe_refused_start
from sealgate.store.audit import add_events
from sealgate.store.database import Tx
from sealgate.store.invocations import QueuedInvocation

REFUSED_START = "Sealgate Function Start Refused"
FAILED_INVOCATION = "Lambda Function Invocation Result - Failure"


def record_refused_start(tx: Tx, refused: RefusedStart, *, account: str, region: str, at: datetime) -> None:
    """Add the event that a function version was not started."""
    arns = [refused.function_arn, *([refused.layer_version_arn] if refused.layer_version_arn else [])]
    _record(
        tx,
        REFUSED_START,
        source="sealgate",
        account=account,
        region=region,
        resources=arns,
        detail=describe_refused_start(refused),
        at=at,
    )


def record_failed_invocation(
    tx: Tx, invocation: QueuedInvocation, *, function_arn: str, condition: str, reason: str, at: datetime
) -> None:
    """Add the event that an asynchronous invocation was given up.

    Args:
        tx: The transaction that gives it up.
        invocation: Which.
        function_arn: As it was invoked.
        condition: `RetriesExhausted` or `EventAgeExceeded`.
        reason: How the last attempt failed.
        at: When.
    """
    _record(
        tx,
        FAILED_INVOCATION,
        source="lambda",
        account=invocation.account,
        region=invocation.region,
        resources=[function_arn],
        detail={
            "version": "1.0",
            "timestamp": encode_time(at),
            "requestContext": {
                "requestId": invocation.request_id,
                "functionArn": function_arn,
                "condition": condition,
                "approximateInvokeCount": invocation.attempts,
            },
            "reason": reason,
            "invokedBy": invocation.invoked_by,
        },
        at=at,
    )


def _record(
    tx: Tx,
    kind: str,
    *,
    source: str,
    account: str,
    region: str,
    resources: list[str],
    detail: Mapping[str, Any],
    at: datetime,
) -> None:
    document = {
        "version": "0",
        "id": new_event_id(at),
        "detail-type": kind,
        "source": source,
        "account": account,
        "time": encode_time(at),
        "region": region,
        "resources": resources,
        "detail": detail,
    }
    add_events(tx, [make_record(document, recorded_at=at)])
