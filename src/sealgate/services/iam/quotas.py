"""How many and how large (IAM User Guide, "IAM and AWS STS quotas"): the defaults of a new account.

How long documents may be is said in `sealgate.policy.document`.
"""

from __future__ import annotations

MAX_USERS = 5000
MAX_GROUPS = 300
MAX_ROLES = 1000
MAX_POLICIES = 1500
MAX_GROUPS_OF_USER = 10
MAX_ATTACHED = 10
MAX_KEYS = 2
MAX_VERSIONS = 5
MAX_TAGS = 50
DEFAULT_PAGE = 100
"""Items of a list that names no number (IAM API reference, MaxItems)."""
