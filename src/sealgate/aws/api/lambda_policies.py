"""The operations on what services, other accounts and their roles may do with a function."""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.lambda_service import QUALIFIED, lambda_
from sealgate.aws.context import Call
from sealgate.store.function_policies import FunctionPermission


@lambda_.operation(
    resource=QUALIFIED,
    keys={"lambda:principal": "principal", "lambda:functionurlauthtype": "function_url_auth_type"},
)
def add_permission(
    call: Call,
    *,
    function_name: str,
    statement_id: str,
    action: str,
    principal: str,
    source_arn: str | None = None,
    source_account: str | None = None,
    principal_org_id: str | None = None,
    event_source_token: str | None = None,
    function_url_auth_type: str | None = None,
    qualifier: str | None = None,
    revision_id: str | None = None,
) -> dict[str, Any]:
    """Give somebody something to do with a function, a version or an alias."""
    permission = FunctionPermission(
        statement_id=statement_id,
        action=action,
        principal=principal,
        source_arn=source_arn,
        source_account=source_account,
        organization_id=principal_org_id,
        event_source_token=event_source_token,
        url_auth_type=function_url_auth_type,
    )
    policies = call.services.functions.policies
    added = policies.add(call.scope, function_name, permission, qualifier=qualifier, revision_id=revision_id)
    return {"Statement": added}


@lambda_.operation(resource=QUALIFIED)
def remove_permission(
    call: Call,
    *,
    function_name: str,
    statement_id: str,
    qualifier: str | None = None,
    revision_id: str | None = None,
) -> None:
    """Take a permission back."""
    policies = call.services.functions.policies
    policies.remove(call.scope, function_name, statement_id, qualifier=qualifier, revision_id=revision_id)


@lambda_.operation(resource=QUALIFIED, inline=True)
def get_policy(call: Call, *, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Answer the policy of a function, a version or an alias."""
    policy, revision = call.services.functions.policies.get(call.scope, function_name, qualifier=qualifier)
    return {"Policy": policy, "RevisionId": revision}
