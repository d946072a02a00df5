"""IAM: an account as a whole."""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.iam_service import iam
from sealgate.aws.context import Call
from sealgate.policy.document import MAX_GROUP_INLINE, MAX_MANAGED, MAX_TRUST, MAX_USER_INLINE
from sealgate.services.iam import quotas


@iam.operation()
def get_account_summary(call: Call) -> dict[str, Any]:
    """Answer how much of what an account has, and may have. What is not there at all is left out."""
    found = call.services.iam.summary.get(call.scope)
    return {
        "SummaryMap": {
            "Users": found.users,
            "UsersQuota": quotas.MAX_USERS,
            "Groups": found.groups,
            "GroupsQuota": quotas.MAX_GROUPS,
            "Roles": found.roles,
            "RolesQuota": quotas.MAX_ROLES,
            "Policies": found.policies,
            "PoliciesQuota": quotas.MAX_POLICIES,
            "GroupsPerUserQuota": quotas.MAX_GROUPS_OF_USER,
            "AccessKeysPerUserQuota": quotas.MAX_KEYS,
            "VersionsPerPolicyQuota": quotas.MAX_VERSIONS,
            "AttachedPoliciesPerUserQuota": quotas.MAX_ATTACHED,
            "AttachedPoliciesPerGroupQuota": quotas.MAX_ATTACHED,
            "AttachedPoliciesPerRoleQuota": quotas.MAX_ATTACHED,
            "PolicySizeQuota": MAX_MANAGED,
            "UserPolicySizeQuota": MAX_USER_INLINE,
            "GroupPolicySizeQuota": MAX_GROUP_INLINE,
            "AssumeRolePolicySizeQuota": MAX_TRUST,
            "AccountMFAEnabled": 0,
            "AccountAccessKeysPresent": 1,
        }
    }


@iam.operation(inline=True)
def list_account_aliases(call: Call, *, marker: str | None = None, max_items: int | None = None) -> dict[str, Any]:  # noqa: ARG001 - no alias is on any page
    """Answer that the account has no alias."""
    return {"AccountAliases": [], "IsTruncated": False}
