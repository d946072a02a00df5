"""What stands at the door (`sealgate.services.access.door`): who calls, what the call needs, and what a denial says.

What every call makes anew is a named tuple, here and on the wire: it takes a third of a frozen dataclass's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from sealgate.errors import Denied

_NOTHING: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Principal(NamedTuple):
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

    @property
    def is_temporary(self) -> bool:
        """Whether the credential is a session's, by the first letters of its id, as on AWS."""
        return self.access_key_id.startswith("ASIA")


class AccessDenied(Denied):
    """No rule lets this principal do this, or one forbids it.

    Args:
        principal: Who.
        action: What.
        resource: On what.
        because: Which kind of policy refuses, in AWS's words; empty where nobody is told.
        denial: What stands before the reason where the caller knows nothing of the action; empty for AWS's usual words.
    """

    def __init__(
        self, principal: Principal, action: str, resource: str, *, because: str = "", denial: str = ""
    ) -> None:
        shown = f'"{resource}"' if action.startswith("s3:") else resource  # S3 quotes what it names
        text = f"User: {principal.arn} is not authorized to perform: {action} on resource: {shown}"
        super().__init__(f"{denial}{text} {because}".rstrip())


class Wanted(NamedTuple):
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
    context: Mapping[str, tuple[str, ...]] = _NOTHING
    is_exempt: bool = False
    denial: str = ""


class Entry(NamedTuple):
    """One call at the door.

    Attributes:
        wanted: What it needs; the operation's own permission first.
        now: When it came; aware, UTC.
        region: Of the signature's credential scope.
        is_secure: It came over TLS.
        user_agent: As sent, empty when not.
        context: What else conditions may ask of the request, whatever it needs.
    """

    request_id: str
    source_ip: str
    principal: Principal
    wanted: tuple[Wanted, ...]
    now: datetime
    region: str = ""
    is_secure: bool = False
    user_agent: str = ""
    context: Mapping[str, tuple[str, ...]] = _NOTHING

    @property
    def action(self) -> str:
        """What the call is above all, as IAM names it."""
        return self.wanted[0].action

    @property
    def resource(self) -> str:
        """What it is on, above all."""
        return self.wanted[0].resource
