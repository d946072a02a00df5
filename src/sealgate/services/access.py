"""The one door: every call passes it, whichever wire or console it came by.

The rule is default deny: the root user of an account may do everything in its own account, nobody else anything.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from sealgate.errors import Denied

log = logging.getLogger("sealgate.access")

_ARN_ACCOUNT = 4
_ARN_PARTS = 6
_ROOT = ":root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who calls.

    Attributes:
        account: The 12 digits of the account it acts for.
        arn: Its own ARN.
        user_id: Its unique id, as GetCallerIdentity answers it.
        access_key_id: The credential that signed; empty for an unsigned call where those are served.
    """

    account: str
    arn: str
    user_id: str
    access_key_id: str


class AccessDenied(Denied):
    """No rule lets this principal do this."""

    def __init__(self, principal: Principal, action: str, resource: str) -> None:
        super().__init__(f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One action on one resource that a call needs to be allowed.

    Attributes:
        action: As IAM names it (`signer:GetSigningProfile`).
        resource: The ARN of what is acted on, or `*`.
        context: What the request itself answers of the conditions that policies may set.
        is_exempt: Nothing is asked: everybody who is somebody may.
        denial: What a denial is said to be, before the reason; empty for AWS's usual words.
    """

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_exempt: bool = False
    denial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One call at the door.

    Attributes:
        wanted: What it needs; the operation's own permission first.
    """

    request_id: str
    source_ip: str
    principal: Principal
    wanted: tuple[Wanted, ...]

    @property
    def action(self) -> str:
        """What the call is above all, as IAM names it."""
        return self.wanted[0].action

    @property
    def resource(self) -> str:
        """What it is on, above all."""
        return self.wanted[0].resource


class Door:
    """Decides who may do what, and says in the log how each call ended."""

    def admit(self, entry: Entry) -> None:
        """Let a call in.

        Raises:
            AccessDenied: Nothing allows it.
        """
        principal = entry.principal
        for wanted in entry.wanted:
            is_own = principal.arn.endswith(_ROOT) and _account_of(wanted.resource) in ("", principal.account)
            if not (is_own or wanted.is_exempt):
                raise AccessDenied(principal, wanted.action, wanted.resource)

    def close(self, entry: Entry, *, status: int, error: str | None) -> None:
        """Log how the call ended: one line, without secrets or members of the request.

        Args:
            entry: The call.
            status: The HTTP status it was answered with.
            error: The error code on the wire; None when it succeeded.
        """
        log.info(
            "request=%s source=%s principal=%s action=%s resource=%r status=%d error=%s",
            entry.request_id,
            entry.source_ip,
            entry.principal.arn,
            entry.action,
            entry.resource,
            status,
            error or "-",
        )


def _account_of(resource: str) -> str:
    parts = resource.split(":", _ARN_PARTS - 1)
    return parts[_ARN_ACCOUNT] if len(parts) == _ARN_PARTS and parts[0] == "arn" else ""
