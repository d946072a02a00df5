"""What is handed to a function: JSON, up to a size."""

from __future__ import annotations

import orjson

from sealgate.services.invocations.errors import PayloadTooLarge, UnreadablePayload

MAX_SYNCHRONOUS = 6_291_456
"""Bytes of the payload of a synchronous invocation (Lambda quotas: 6 MB)."""
MAX_ASYNCHRONOUS = 1_048_576
"""Bytes of the payload of an asynchronous one (Lambda quotas: 1 MB)."""
NO_PAYLOAD = b"{}"
"""What a function gets that was invoked without a payload."""


def check_payload(payload: bytes, *, kind: str) -> bytes:
    """Answer the payload as the function gets it.

    Args:
        payload: As it came.
        kind: `RequestResponse` or `Event`.

    Raises:
        PayloadTooLarge: It is larger than that kind takes.
        UnreadablePayload: It is not JSON.
    """
    limit = MAX_ASYNCHRONOUS if kind == "Event" else MAX_SYNCHRONOUS
    if len(payload) > limit:
        raise PayloadTooLarge(size=len(payload), limit=limit, kind=kind)
    if not payload:
        return NO_PAYLOAD
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise UnreadablePayload(str(error)) from error
    return payload
