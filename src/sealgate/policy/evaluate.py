"""May this principal do this? A pure function from policies and a request to a ruling.

The steps (IAM User Guide, "Policy evaluation logic"), the first that decides, decides:

1. A statement that denies, in any policy, denies.
2. In the resource's own account, what its policy gives to everyone, to the very user or to the very session is allowed.
3. So is what it gives to the session's role, within boundary and session policy.
4. So is what the identity's own policies allow, within boundary and session policy.
5. Across accounts both are needed: the identity's policies, within boundary and session policy, and the resource's.
   A role's trust policy, too, has to allow whatever else does (`resource_must_allow`).
6. Services and anonymous callers have no policies of their own: the resource's decides.
7. An account's root user has every right that its account has; no policy of an identity is about it.
8. All else is denied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from sealgate.policy.document import Policy
from sealgate.policy.principals import Naming
from sealgate.policy.request import Ask, CallerKind
from sealgate.policy.statement import Effect, Statement


class Decision(StrEnum):
    """What comes of a request, in the words of the policy simulator."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class Layer(StrEnum):
    """A kind of policy, in the words of AWS's denial messages."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A statement that is about the request.

    Attributes:
        policy: Where it stands.
        statement: Itself.
        naming: How closely it names the caller; None where it names nobody.
    """

    policy: Policy
    statement: Statement
    naming: Naming | None


Found = tuple[Policy, Statement, Naming | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one layer says by itself.

    Attributes:
        layer: Which.
        decision: Its decision; that of the root user's identity is allowed, with nothing to show for it.
        found: The statements that made it, each with its policy and how it names the caller; where one denies, those
            that deny.
    """

    layer: Layer
    decision: Decision
    found: tuple[Found, ...]

    @property
    def matches(self) -> tuple[Match, ...]:
        """The statements that made it."""
        return tuple(
            Match(policy=policy, statement=statement, naming=naming) for policy, statement, naming in self.found
        )

    @property
    def naming(self) -> Naming | None:
        """How closely the allowing statements name the caller."""
        if self.decision is not Decision.ALLOWED:
            return None
        return max((naming for _, _, naming in self.found if naming is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What was decided, and why. It is no truth value: compare `decision`, or ask `is_allowed`.

    Attributes:
        decision: Allowed, or how denied.
        refused_by: The layer that refuses; None where none does.
        verdicts: What each layer that there is says by itself.
        action: What was asked for.
    """

    decision: Decision
    refused_by: Layer | None
    verdicts: tuple[Verdict, ...]
    action: str

    def __bool__(self) -> NoReturn:
        """Refuse to be mistaken for a verdict.

        Raises:
            TypeError: Always.
        """
        raise TypeError("a ruling is no truth value; ask its is_allowed")

    @property
    def is_allowed(self) -> bool:
        """Whether the request may go on."""
        return self.decision is Decision.ALLOWED

    @property
    def matches(self) -> tuple[Match, ...]:
        """The statements that decided: those that deny if any does, else those that allow."""
        wanted = Decision.EXPLICIT_DENY if self.decision is Decision.EXPLICIT_DENY else Decision.ALLOWED
        return tuple(match for verdict in self.verdicts if verdict.decision is wanted for match in verdict.matches)

    @property
    def because(self) -> str:
        """How AWS's denial messages go on after the resource; empty where allowed."""
        if self.refused_by is None:
            return ""
        if self.decision is Decision.EXPLICIT_DENY:
            article = "an" if self.refused_by is Layer.IDENTITY else "a"
            return f"with an explicit deny in {article} {self.refused_by}"
        return f"because no {self.refused_by} allows the {self.action} action"


def authorise(
    ask: Ask,
    *,
    identity: Sequence[Policy],
    boundary: Policy | None = None,
    session: Sequence[Policy] | None = None,
    resource: Policy | None = None,
    same_account: bool,
    resource_must_allow: bool = False,
) -> Ruling:
    """Decide about one action on one resource.

    Args:
        ask: The request.
        identity: The policies of the user and its groups, or of the role. Those of a root user, a service or an
            anonymous caller are not asked.
        boundary: The permissions boundary of the user or role, if it has one.
        session: The policies that the session was made with; None where it was made with none. Like any layer that
            is there, an empty one allows nothing.
        resource: The policy of the resource, if it has one.
        same_account: The caller belongs to the account that owns the resource.
        resource_must_allow: The resource's policy has to allow in its own account too: a role's trust policy.
    """
    verdicts = _verdicts(ask, identity=identity, boundary=boundary, session=session, resource=resource)
    denying = next((verdict.layer for verdict in verdicts if verdict.decision is Decision.EXPLICIT_DENY), None)
    if denying is not None:
        return Ruling(decision=Decision.EXPLICIT_DENY, refused_by=denying, verdicts=verdicts, action=ask.action)
    refusing = _refusing(
        {verdict.layer: verdict for verdict in verdicts},
        alone=ask.principal.kind in _WITHOUT_POLICIES,
        resource_must_allow=resource_must_allow or not same_account,
        is_delegated=same_account,
    )
    decision = Decision.ALLOWED if refusing is None else Decision.IMPLICIT_DENY
    return Ruling(decision=decision, refused_by=refusing, verdicts=verdicts, action=ask.action)


_WITHOUT_POLICIES = (CallerKind.SERVICE, CallerKind.ANONYMOUS)
_LIMITS = (Layer.BOUNDARY, Layer.SESSION)


def _refusing(
    verdicts: dict[Layer, Verdict], *, alone: bool, resource_must_allow: bool, is_delegated: bool
) -> Layer | None:
    """Find the layer for want of whose word the request is denied, where nothing denies it explicitly.

    Args:
        verdicts: What each layer says.
        alone: The caller has no policies of its own.
        resource_must_allow: Nothing is allowed without the resource's policy.
        is_delegated: What the resource's policy gives to caller or role, it gives without the identity's policies.
    """
    granted = verdicts[Layer.RESOURCE].naming if Layer.RESOURCE in verdicts else None
    if alone:
        return None if granted is not None else Layer.RESOURCE
    if is_delegated and granted is Naming.ITSELF:
        return None
    given = is_delegated and granted is Naming.ISSUER
    needed = (*(() if given else (Layer.IDENTITY,)), *_LIMITS)
    missing = (layer for layer in needed if layer in verdicts and verdicts[layer].decision is not Decision.ALLOWED)
    return next(missing, Layer.RESOURCE if resource_must_allow and granted is None else None)


def _verdicts(
    ask: Ask,
    *,
    identity: Sequence[Policy],
    boundary: Policy | None,
    session: Sequence[Policy] | None,
    resource: Policy | None,
) -> tuple[Verdict, ...]:
    kind = ask.principal.kind
    verdicts = []
    if kind is CallerKind.ROOT:
        verdicts.append(Verdict(layer=Layer.IDENTITY, decision=Decision.ALLOWED, found=()))
    elif kind not in _WITHOUT_POLICIES:
        verdicts.append(_verdict(Layer.IDENTITY, identity, ask))
        if boundary is not None:
            verdicts.append(_verdict(Layer.BOUNDARY, (boundary,), ask))
        if session is not None:
            verdicts.append(_verdict(Layer.SESSION, session, ask))
    if resource is not None:
        verdicts.append(_verdict(Layer.RESOURCE, (resource,), ask))
    return tuple(verdicts)


def _verdict(layer: Layer, policies: Iterable[Policy], ask: Ask) -> Verdict:
    """Ask one layer: one statement that denies is enough, else one that allows."""
    action, principal = ask.action.lower(), ask.principal
    denying: list[Found] = []
    allowing: list[Found] = []
    for policy in policies:
        for statement in policy.find(action).find_applying(ask):
            principals = statement.principals
            naming = None if principals is None else principals.naming(principal)
            if principals is None or naming is not None:
                found = denying if statement.effect is Effect.DENY else allowing
                found.append((policy, statement, naming))
    if denying:
        return Verdict(layer=layer, decision=Decision.EXPLICIT_DENY, found=tuple(denying))
    decision = Decision.ALLOWED if allowing else Decision.IMPLICIT_DENY
    return Verdict(layer=layer, decision=decision, found=tuple(allowing))
