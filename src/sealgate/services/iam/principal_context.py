"""What conditions and variables may ask of a principal.

Source: IAM User Guide, "AWS global condition context keys", "Properties of the principal" and "Properties of a role
session". Keys are in lower case.
"""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.policy.request import Context
from sealgate.services.access.entry import Principal
from sealgate.store.iam.entities import Actor
from sealgate.store.iam.sessions import Session

_TYPES = {"user": "User", "role": "AssumedRole"}


def root_context(principal: Principal, record: Session | None) -> Context:
    """Answer the keys of an account's root user."""
    return {
        "aws:principalarn": (principal.arn,),
        "aws:principalaccount": (principal.account,),
        "aws:principaltype": ("Account",),
        "aws:userid": (principal.user_id,),
        **_session_context(record),
    }


def principal_context(
    actor: Actor, principal: Principal, record: Session | None, *, tags: Mapping[str, str]
) -> Context:
    """Answer the keys of a user or of a role's session.

    Args:
        actor: The user or the role.
        principal: Who calls.
        record: The session, where it is one.
        tags: Of the user, or of role and session together.
    """
    own = {
        "aws:principalarn": (actor.arn,),
        "aws:principalaccount": (actor.account,),
        "aws:principaltype": (_TYPES[actor.kind],),
        "aws:userid": (principal.user_id,),
    }
    if actor.kind == "user":
        own["aws:username"] = (actor.name,)
    tagged = {f"aws:principaltag/{key.lower()}": (value,) for key, value in tags.items()}
    return {**own, **tagged, **_session_context(record)}


def _session_context(record: Session | None) -> Context:
    if record is None:
        return {}
    # No second factor is known here; with long-term credentials the key is absent, as on AWS.
    context = {
        "aws:tokenissuetime": (f"{record.issued_at:%Y-%m-%dT%H:%M:%SZ}",),
        "aws:multifactorauthpresent": ("false",),
    }
    if record.source_identity is not None:
        context["aws:sourceidentity"] = (record.source_identity,)
    return context
