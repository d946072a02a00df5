"""One request under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any

from sealgate.aws.bodies import Body
from sealgate.aws.errors import WireError, internal_error, wire_error
from sealgate.aws.request import Request
from sealgate.aws.sigv2 import Link
from sealgate.aws.sigv4 import Claim
from sealgate.aws.wire import Bound, Service
from sealgate.errors import SealgateError
from sealgate.services.access.entry import Entry, Principal, Wanted
from sealgate.services.audit.notes import Notes

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
        started: The same, by a clock that only durations are read from.
        fault: What is wrong with the form of its query or signature; it goes no further with one.
        operation: Which one it is, once that is known.
        bound: The operation's function and all that belongs to it, once it is known.
        principal: Who calls, once that is verified.
        region: Of the signature's credential scope, once that is verified.
        members: Of the request, once they are read.
        entry: The call at the door, once it stands there.
        notes: What services have noted while they handled it.
        answer: Members of the answer, once there is one.
        error: How it is refused, once it is.
        is_recorded: Whether its audit event is durable.
        invoked_by: The service that calls in the caller's name; empty where the caller does so itself.
    """

    service: Service
    request_id: str
    request: Request
    claim: Claim | Link | None
    body: Body
    now: datetime
    started: float = field(default_factory=perf_counter)
    fault: SealgateError | None = None
    operation: str | None = None
    bound: Bound | None = None
    principal: Principal | None = None
    region: str = ""
    members: Mapping[str, Any] | None = None
    entry: Entry | None = None
    notes: Notes | None = None
    answer: Mapping[str, Any] | None = None
    error: WireError | None = None
    is_recorded: bool = False
    invoked_by: str = ""

    def know_operation(self, bound: Bound) -> None:
        """Keep which operation it is."""
        self.bound, self.operation = bound, bound.operation.name

    def refuse(self, raised: Exception) -> WireError:
        """Answer how what was raised goes out, and keep it."""
        service, path = self.service.name, self.request.raw_path
        if isinstance(raised, SealgateError):
            self.error = wire_error(service, self.operation, raised, resource=path)
        else:
            self.error = internal_error(service, resource=path)
        return self.error

    def elapsed(self) -> float:
        """Answer the seconds since it came."""
        return perf_counter() - self.started

    def log_entry(self) -> Entry:
        """Answer the call as the log names it, however far it came."""
        return self.entry or Entry(
            request_id=self.request_id,
            source_ip=self.request.source_ip,
            principal=_NOBODY,
            wanted=(Wanted(action=f"{self.service.name}:{self.operation or '-'}", resource="-"),),
            now=self.now,
        )
