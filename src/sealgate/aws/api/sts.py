"""STS: who am I, and sessions. Federation is not bound: its operations answer NotImplemented by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sealgate.aws.context import Call
from sealgate.aws.operation import Api
from sealgate.policy.request import Context
from sealgate.services.access.door import request_context
from sealgate.services.access.entry import Entry
from sealgate.services.identity.assumption import Assumption
from sealgate.services.identity.sessions import Issued

sts = Api("sts")


@sts.operation(exempt="always allowed", inline=True)
def get_caller_identity(call: Call) -> dict[str, str]:
    """Say who the credentials belong to."""
    principal = call.principal
    return {"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn}


@sts.operation(
    resource="{role_arn}",
    keys={
        "sts:externalid": "external_id",
        "sts:rolesessionname": "role_session_name",
        "sts:sourceidentity": "source_identity",
        "sts:transitivetagkeys": "transitive_tag_keys",
    },
    tags="tags",
    exempt="the role's trust policy decides, about sts:TagSession and sts:SetSourceIdentity too",
)
def assume_role(
    call: Call,
    *,
    role_arn: str,
    role_session_name: str,
    policy_arns: Sequence[Mapping[str, str]] | None = None,
    policy: str | None = None,
    duration_seconds: int | None = None,
    tags: Sequence[Mapping[str, str]] | None = None,
    transitive_tag_keys: Sequence[str] | None = None,
    external_id: str | None = None,
    source_identity: str | None = None,
) -> dict[str, Any]:
    """Give credentials to act as a role for a while."""
    asked = Assumption(
        role_arn=role_arn,
        session_name=role_session_name,
        seconds=duration_seconds,
        policy=policy,
        policy_arns=tuple(each["arn"] for each in policy_arns or ()),
        tags=tuple((tag["Key"], tag["Value"]) for tag in tags or ()),
        transitive_tag_keys=tuple(transitive_tag_keys or ()),
        external_id=external_id,
        source_identity=source_identity,
    )
    issued = call.services.sessions.assume_role(call.principal, asked, context=_context_of(call))
    session = issued.session
    return {
        "Credentials": _describe(issued),
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.principal_arn},
        "SourceIdentity": session.source_identity,
    }


@sts.operation(exempt="always allowed")
def get_session_token(call: Call, *, duration_seconds: int | None = None) -> dict[str, Any]:
    """Give a user credentials for a while in place of its own."""
    return {
        "Credentials": _describe(call.services.sessions.get_session_token(call.principal, seconds=duration_seconds))
    }


@sts.operation(exempt="always allowed")
def get_access_key_info(call: Call, *, access_key_id: str) -> dict[str, str]:
    """Say which account an access key belongs to."""
    return {"Account": call.services.sessions.get_account_of(access_key_id)}


def _context_of(call: Call) -> Context:
    entry = Entry(
        request_id=call.request_id,
        source_ip=call.source_ip,
        principal=call.principal,
        wanted=(),
        now=call.now,
        region=call.region,
        is_secure=call.entry.is_secure,
        user_agent=call.user_agent,
    )
    return request_context(entry)


def _describe(issued: Issued) -> dict[str, Any]:
    return {
        "AccessKeyId": issued.session.access_key_id,
        "SecretAccessKey": issued.session.secret,
        "SessionToken": issued.token,
        "Expiration": issued.session.expires_at,
    }
