"""Who a simulation is about: what applies to a user, group or role, read from its ARN, and who calls in its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

from sealgate.policy.document import MalformedPolicy, Policy
from sealgate.policy.request import Caller, CallerKind, Context
from sealgate.services.access.entry import Principal
from sealgate.services.iam.entities import BY_KIND
from sealgate.services.iam.errors import InvalidInput, PolicyEvaluation, no_such
from sealgate.services.iam.names import EntityName, find_entity_name
from sealgate.services.iam.principal_context import principal_context
from sealgate.services.iam.rights import boundary_of, policies_of
from sealgate.store.database import Tx
from sealgate.store.iam.entities import Actor, Entity, Kind
from sealgate.store.iam.memberships import list_groups_of

_KINDS = ("user", "group", "role")
_OF_SESSIONS = "aws:userid"
"""What of a role's context only a session of it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who a simulation is about.

    Attributes:
        caller: As policies name it. A group, or nobody in particular, is a caller without an ARN.
        context: What conditions may ask of it.
        identity: Its policies, each under the name that simulations give it.
        boundary: Its permissions boundary; None without one.
        kind: `user`, `group` or `role`; empty for nobody in particular.
    """

    caller: Caller
    context: Context
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    kind: str = ""


def nobody(account: str) -> Subject:
    """Answer nobody in particular, of an account."""
    caller = Caller(kind=CallerKind.USER, arn="", account=account)
    return Subject(caller=caller, context={"aws:principalaccount": (account,)})


def read_subject(tx: Tx, account: str, arn: str) -> Subject:
    """Answer a user, group or role of an account with all that applies to it.

    Raises:
        InvalidInput: The ARN is none of a user, group or role.
        NoSuchEntity: The account has none of this ARN.
        PolicyEvaluation: One of its policies cannot be read.
    """
    name = _find_name(arn)
    if name is None:
        raise InvalidInput(f"{arn} is not the ARN of an IAM user, group or role.")
    entity: Entity | None = BY_KIND[cast("Kind", name.kind)].find(tx, account=account, name=name.name)
    if entity is None or entity.arn != arn:
        raise no_such(name.kind, name.name)
    groups = list_groups_of(tx, entity.entity_id) if name.kind == "user" else []
    try:
        identity = tuple(policy for owner in (entity, *groups) for policy in _named_policies(tx, owner))
        boundary = boundary_of(tx, entity) if isinstance(entity, Actor) else None
    except MalformedPolicy as error:
        raise PolicyEvaluation(f"A policy of {arn} could not be evaluated: {error.message}") from error
    return Subject(
        caller=_caller(name, arn),
        context=_known_context(entity) if isinstance(entity, Actor) else _context(name, arn),
        identity=identity,
        boundary=None if boundary is None else replace(boundary, name=_last_part(boundary.name)),
        kind=name.kind,
    )


def in_place(subject: Subject, arn: str) -> Subject:
    """Answer a subject as whom somebody else calls, who need not exist: it has the policies of one and is another.

    Raises:
        InvalidInput: The ARN is none of a user, group or role.
    """
    name = _find_name(arn)
    if name is None:
        raise InvalidInput("Invalid caller - Caller must be an IAM user, role or group in this context.")
    return replace(subject, caller=_caller(name, arn), context=_context(name, arn), kind=name.kind)


def _find_name(arn: str) -> EntityName | None:
    name = find_entity_name(arn)
    return name if name is not None and name.kind in _KINDS else None


def _caller(name: EntityName, arn: str) -> Caller:
    """Answer a caller; only a user calls under its own name: a role does in a session, and a group's users do."""
    if name.kind == "role":
        return Caller(kind=CallerKind.ROLE_SESSION, arn="", account=name.account, issuer=arn)
    return Caller(kind=CallerKind.USER, arn=arn if name.kind == "user" else "", account=name.account)


def _context(name: EntityName, arn: str) -> Context:
    own = {} if name.kind == "group" else {"aws:principalarn": (arn,)}
    named = {"aws:username": (name.name,)} if name.kind == "user" else {}
    return {"aws:principalaccount": (name.account,), **own, **named}


def _known_context(actor: Actor) -> Context:
    """Answer what is known of a user or role that exists, as the door knows it."""
    principal = Principal(account=actor.account, arn=actor.arn, user_id=actor.entity_id, access_key_id="")
    known = principal_context(actor, principal, None, tags=actor.tags)
    return {key: values for key, values in known.items() if actor.kind == "user" or key != _OF_SESSIONS}


def _named_policies(tx: Tx, owner: Entity) -> Iterable[Policy]:
    """Answer the policies of a user, group or role: those inside are named for it too (`user_bob_sign`)."""
    for policy in policies_of(tx, owner):
        is_inside = policy.source == owner.kind
        name = f"{owner.kind}_{owner.name}_{policy.name}" if is_inside else _last_part(policy.name)
        yield replace(policy, name=name)


def _last_part(arn: str) -> str:
    return arn.rpartition("/")[2]
