"""Who did it, as CloudTrail's `userIdentity` says it (AWS CloudTrail user guide, "CloudTrail userIdentity element")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from sealgate.arn import parse_arn
from sealgate.errors import Invalid

_REMEMBERED = 1024


class ActorKind(StrEnum):
    """What kind of identity signed a call."""

    ROOT = "Root"
    IAM_USER = "IAMUser"
    ASSUMED_ROLE = "AssumedRole"
    UNKNOWN = "Unknown"


class Actor(NamedTuple):
    """Who did it.

    Attributes:
        principal_id: Its unique id; of an assumed role, the role's id and the session's name.
        account: Whose identity it is; empty where nobody is known.
        access_key_id: The credential that the call names; empty for an unsigned one.
        name: The user's name, or the session's.
        role_arn: The role that was assumed, or None.
        session_began_at: When a session was issued; None for a long-term credential.
        source_identity: What whoever assumed the role said of themselves, or None.
        invoked_by: The service that called in its name (`cloudformation.amazonaws.com`); empty: it called itself.
    """

    kind: ActorKind
    principal_id: str = ""
    arn: str = ""
    account: str = ""
    access_key_id: str = ""
    name: str | None = None
    role_arn: str | None = None
    session_began_at: datetime | None = None
    source_identity: str | None = None
    invoked_by: str = ""


@lru_cache(maxsize=_REMEMBERED)
def actor_of(
    arn: str,
    *,
    user_id: str,
    access_key_id: str,
    role_arn: str | None = None,
    session_began_at: datetime | None = None,
    source_identity: str | None = None,
) -> Actor:
    """Describe an authenticated caller by its ARN.

    Args:
        arn: `...:root`, `...:user/PATH/NAME` or `...:assumed-role/ROLE/SESSION`; anything else is Unknown.
        user_id: Its unique id.
        access_key_id: The credential that signed.
        role_arn: The role's own ARN, with its path; without it, it is put together from the session's.
        session_began_at: When the session was issued.
        source_identity: As it was given to AssumeRole.
    """
    try:
        parsed = parse_arn(arn)
    except Invalid:
        return unknown_actor(access_key_id)
    kind, _, rest = parsed.resource.partition("/")
    role: str | None = None
    match kind:
        case "root":
            shape, name = ActorKind.ROOT, "root"
        case "user":
            shape, name = ActorKind.IAM_USER, rest.rpartition("/")[2]
        case "assumed-role":
            shape, name = ActorKind.ASSUMED_ROLE, rest.rpartition("/")[2]
            role = role_arn or f"arn:{parsed.partition}:iam::{parsed.account}:role/{rest.rpartition('/')[0]}"
        case _:
            return unknown_actor(access_key_id)
    return Actor(
        kind=shape,
        principal_id=user_id,
        arn=arn,
        account=parsed.account,
        access_key_id=access_key_id,
        name=name,
        role_arn=role,
        session_began_at=session_began_at,
        source_identity=source_identity,
    )


def unknown_actor(access_key_id: str = "") -> Actor:
    """Describe whoever could not be identified, by the credential that the call named."""
    return Actor(kind=ActorKind.UNKNOWN, access_key_id=access_key_id)


def describe_actor(actor: Actor) -> dict[str, Any]:
    """Write an actor as the `userIdentity` of an event."""
    said = {
        "type": actor.kind.value,
        "principalId": actor.principal_id,
        "arn": actor.arn,
        "accountId": actor.account,
        "accessKeyId": actor.access_key_id,
        "userName": actor.name if actor.kind is ActorKind.IAM_USER else "",
        "invokedBy": actor.invoked_by,
    }
    identity: dict[str, Any] = {name: text for name, text in said.items() if text}
    context = _describe_session(actor)
    return identity | ({"sessionContext": context} if context else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldActor:
    """An actor as the text and the columns of an event have it.

    Attributes:
        identity: The `userIdentity`, written down already.
        name: What look-ups know it by, or None.
        access_key_id: The credential, or None.
    """

    identity: orjson.Fragment
    name: str | None
    access_key_id: str | None


@lru_cache(maxsize=_REMEMBERED)
def tell_actor(actor: Actor) -> ToldActor:
    """Write an actor down; the latest are remembered, since whoever calls once calls again."""
    identity = describe_actor(actor)
    return ToldActor(
        identity=orjson.Fragment(orjson.dumps(identity, option=orjson.OPT_SORT_KEYS)),
        name=name_of(identity),
        access_key_id=identity.get("accessKeyId"),
    )


def _describe_session(actor: Actor) -> dict[str, Any]:
    context: dict[str, Any] = {}
    if actor.role_arn is not None:
        context["sessionIssuer"] = {
            "type": "Role",
            "principalId": actor.principal_id.partition(":")[0],
            "arn": actor.role_arn,
            "accountId": actor.account,
            "userName": actor.role_arn.rpartition("/")[2],
        }
    if actor.session_began_at is not None:
        began = actor.session_began_at.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
        context["attributes"] = {"creationDate": began, "mfaAuthenticated": "false"}
    if actor.source_identity is not None:
        context["sourceIdentity"] = actor.source_identity
    return context


def name_of(identity: Mapping[str, Any]) -> str | None:
    """Answer the name that look-ups know an event's `userIdentity` by, or None."""
    match identity.get("type"):
        case ActorKind.ROOT:
            return "root"
        case ActorKind.IAM_USER:
            return str(identity.get("userName"))
        case ActorKind.ASSUMED_ROLE:
            return str(identity.get("principalId")).partition(":")[2]
    return None
