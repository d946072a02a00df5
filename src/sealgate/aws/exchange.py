"""One request under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sealgate.aws.bodies import Body
from sealgate.aws.request import Request
from sealgate.aws.sigv2 import Link
from sealgate.aws.sigv4 import Claim
from sealgate.aws.wire import Service
from sealgate.errors import SealgateError
from sealgate.services.access import Entry, Principal, Wanted

_NOBODY = Principal(account="", arn="-", user_id="", access_key_id="")


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request, with what is known of it so far.

    Attributes:
        service: The service it is for.
        request_id: What its answer is named.
        request: As it came.
        claim: The signature it carries; nothing is verified yet.
        body: Its body.
        now: When it came.
        fault: What is wrong with the form of its query or signature; it goes no further with one.
        operation: Which one it is, once that is known.
        entry: The call at the door, once it stands there.
    """

    service: Service
    request_id: str
    request: Request
    claim: Claim | Link | None
    body: Body
    now: datetime
    fault: SealgateError | None = None
    operation: str | None = None
    entry: Entry | None = None

    def log_entry(self) -> Entry:
        """Answer the call as the log names it, however far it came."""
        return self.entry or Entry(
            request_id=self.request_id,
            source_ip=self.request.source_ip,
            principal=_NOBODY,
            wanted=(Wanted(action=f"{self.service.name}:{self.operation or '-'}", resource="-"),),
            now=self.now,
        )
