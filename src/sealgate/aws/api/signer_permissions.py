"""AWS Signer's operations on the permissions of a profile; what other accounts and roles may do with it."""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.signer_service import PROFILE, signer
from sealgate.aws.context import Call
from sealgate.services.paging import invalid_token
from sealgate.services.signing.permissions import NewPermission, size_of
from sealgate.store.permissions import ProfilePermission


@signer.operation(resource=PROFILE)
def add_profile_permission(
    call: Call,
    *,
    profile_name: str,
    action: str,
    principal: str,
    statement_id: str,
    profile_version: str | None = None,
    revision_id: str | None = None,
) -> dict[str, Any]:
    """Give an account or a role something to do with a profile."""
    new = NewPermission(
        statement_id=statement_id,
        action=action,
        principal=principal,
        profile_version=profile_version,
        revision_id=revision_id,
    )
    return {"revisionId": call.services.profiles.permissions.add(call.scope, profile_name, new)}


@signer.operation(resource=PROFILE, inline=True)
def list_profile_permissions(call: Call, *, profile_name: str, next_token: str | None = None) -> dict[str, Any]:
    """Answer the permissions on a profile; they are few enough for one page."""
    if next_token is not None:
        raise invalid_token()
    policy = call.services.profiles.permissions.get(call.scope, profile_name)
    return {
        "revisionId": policy.revision_id,
        "policySizeBytes": size_of(policy),
        "permissions": [_describe(permission) for permission in policy.permissions],
    }


@signer.operation(resource=PROFILE)
def remove_profile_permission(call: Call, *, profile_name: str, revision_id: str, statement_id: str) -> dict[str, Any]:
    """Take a permission back; no revision is left with the last one."""
    revision = call.services.profiles.permissions.remove(
        call.scope, profile_name, statement_id, revision_id=revision_id
    )
    return {} if revision is None else {"revisionId": revision}


def _describe(permission: ProfilePermission) -> dict[str, Any]:
    described = {
        "action": permission.action,
        "principal": permission.principal,
        "statementId": permission.statement_id,
    }
    if permission.profile_version is not None:
        described["profileVersion"] = permission.profile_version
    return described
