"""IAM's operations, bound: users, groups, roles, policies, keys, tags, simulations. Others answer NotImplemented."""

from sealgate.aws.api import (
    iam_access_keys,
    iam_account,
    iam_attachments,
    iam_groups,
    iam_inline,
    iam_policies,
    iam_roles,
    iam_simulation,
    iam_tags,
    iam_users,
)
from sealgate.aws.api.iam_service import iam

__all__ = [
    "iam",
    "iam_access_keys",
    "iam_account",
    "iam_attachments",
    "iam_groups",
    "iam_inline",
    "iam_policies",
    "iam_roles",
    "iam_simulation",
    "iam_tags",
    "iam_users",
]
