"""What a handler is told of its call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sealgate.arn import account_of
from sealgate.aws.presign import presign_get
from sealgate.policy.request import Context
from sealgate.services.access.entry import Entry, Principal, Wanted
from sealgate.services.scope import Scope

if TYPE_CHECKING:
    from sealgate.services.access.door import Door
    from sealgate.services.audit.lookup import LookupService
    from sealgate.services.functions.configs import ConfigService
    from sealgate.services.functions.service import FunctionService
    from sealgate.services.iam.service import IamService
    from sealgate.services.identity.accounts import IdentityService
    from sealgate.services.identity.sessions import SessionService
    from sealgate.services.invocations.retries import RetryService
    from sealgate.services.invocations.service import InvocationService
    from sealgate.services.layers.permissions import LayerPermissionService
    from sealgate.services.layers.service import LayerService
    from sealgate.services.logs.service import LogService
    from sealgate.services.metrics.service import MetricService
    from sealgate.services.objects.service import ObjectService
    from sealgate.services.parameters.service import ParameterService
    from sealgate.services.signing.profiles import ProfileService
    from sealgate.services.signing.revocation import RevocationService
    from sealgate.services.signing.service import SigningService
    from sealgate.services.stacks.crew import Stacks

__all__ = ["Call", "Principal", "Services"]

_REMEMBERED = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The use cases that handlers call."""

    profiles: ProfileService
    signing: SigningService
    revocation: RevocationService
    configs: ConfigService
    functions: FunctionService
    layers: LayerService
    layer_permissions: LayerPermissionService
    objects: ObjectService
    identity: IdentityService
    iam: IamService
    sessions: SessionService
    lookups: LookupService
    metrics: MetricService
    logs: LogService
    parameters: ParameterService
    invocations: InvocationService
    retries: RetryService
    stacks: Stacks


class Call(NamedTuple):
    """One authenticated, authorised call.

    Attributes:
        service: The signing name (`signer`, `lambda`, `s3`, `iam`, `sts`).
        operation: The model's name (`GetSigningProfile`).
        endpoint: `scheme://host[:port]` as the client addressed the server.
        services: The use cases.
        entry: The call at the door, which has let it in.
        door: That door.
        session_token: The token that came with a session's signature; None with a long-term key. It is a secret.
    """

    service: str
    operation: str
    endpoint: str
    services: Services
    entry: Entry
    door: Door
    session_token: str | None = None

    def __repr__(self) -> str:
        """Show the call without what is secret."""
        return f"<Call {self.service}:{self.operation} {self.request_id}>"

    @property
    def principal(self) -> Principal:
        """Who calls."""
        return self.entry.principal

    @property
    def region(self) -> str:
        """Of the signature's credential scope."""
        return self.entry.region

    @property
    def request_id(self) -> str:
        """As the answer's header says it."""
        return self.entry.request_id

    @property
    def now(self) -> datetime:
        """When the request arrived; aware, UTC."""
        return self.entry.now

    @property
    def source_ip(self) -> str:
        """The peer's address, empty when unknown."""
        return self.entry.source_ip

    @property
    def user_agent(self) -> str:
        """As sent, empty when not."""
        return self.entry.user_agent

    @property
    def account(self) -> str:
        """The caller's account."""
        return self.principal.account

    @property
    def owner(self) -> str:
        """The account that owns what the call is on, as the door has judged it, whatever its members say."""
        return account_of(self.entry.resource) or self.account

    @property
    def scope(self) -> Scope:
        """Whose call it is, as the services take it."""
        return _scope(self.principal, self.region)

    def demand(self, action: str, resource: str, *, context: Context | None = None, denial: str = "") -> None:
        """Go on only if the caller may do one thing more, which came to light in the handling.

        Args:
            action: As IAM names it (`s3:ListBucket`).
            resource: The ARN of what it is on.
            context: What the request answers of the conditions that policies may set.
            denial: What a denial is said to be, before the reason; empty for AWS's usual words.

        Raises:
            AccessDenied: The caller may not.
        """
        self.door.demand(self.entry, Wanted(action=action, resource=resource, context=context or {}, denial=denial))

    def presigned_url(self, path: str, *, lifetime: timedelta) -> str:
        """Write a GET link to this server that works as the caller, for a while.

        Args:
            path: Percent-encoded, as it will be sent (`/_sealgate/code/name/hash`).
            lifetime: From `now` on; whole seconds, at most seven days.

        Returns:
            The link; a plain one where the call itself came unsigned to a server that allows it.
        """
        key = self.services.identity.find_key(self.principal.access_key_id)
        if key is None:
            return self.endpoint + path
        return presign_get(
            endpoint=self.endpoint,
            path=path,
            access_key_id=key.access_key_id,
            secret=key.secret,
            region=self.region,
            service=self.service,
            at=self.now,
            lifetime=lifetime,
            session_token=self.session_token,
        )


@lru_cache(maxsize=_REMEMBERED)
def _scope(principal: Principal, region: str) -> Scope:
    return Scope(account=principal.account, region=region, caller_arn=principal.arn)
