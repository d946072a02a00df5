"""Why a function is not run. What goes wrong inside of a function is no error here, but its answer."""

from __future__ import annotations

from sealgate.errors import Conflict, Invalid, TooLarge
from sealgate.services.audit.notes import RefusedStart
from sealgate.services.functions.errors import CodeVerificationFailed


class UnreadablePayload(Invalid):
    """The payload is not JSON."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Could not parse request body into json: {why}")


class PayloadTooLarge(TooLarge):
    """The payload is larger than that kind of invocation takes."""

    def __init__(self, *, size: int, limit: int, kind: str) -> None:
        super().__init__(f"{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)")


class Throttled(Conflict):
    """As many invocations run as may; `reason` says of what (Lambda API reference, ThrottleReason)."""

    def __init__(self, reason: str) -> None:
        super().__init__("Rate Exceeded.", reason=reason)


class StartRefused(CodeVerificationFailed):
    """The code is not started: it is not what was deployed, or its signature is revoked or has expired.

    Attributes:
        refused: What was not started, and why, for the record.
    """

    def __init__(self, refused: RefusedStart) -> None:
        arn = refused.layer_version_arn or refused.function_arn
        text = f"Lambda cannot start the function. Check the code of {arn}: {refused.detail}."
        super().__init__(text, reason=refused.reason)
        self.refused = refused
