"""The whole schema: importing this module makes `metadata` complete."""

from sealgate.store import (
    audit,
    audit_chain,
    authorities,
    bucket_policies,
    configs,
    decisions,
    functions,
    identity,
    jobs,
    objects,
    permissions,
    profiles,
    uploads,
)
from sealgate.store.iam import entities, generation, memberships, policies, sessions
from sealgate.store.tables import metadata

__all__ = [
    "audit",
    "audit_chain",
    "authorities",
    "bucket_policies",
    "configs",
    "decisions",
    "entities",
    "functions",
    "generation",
    "identity",
    "jobs",
    "memberships",
    "metadata",
    "objects",
    "permissions",
    "policies",
    "profiles",
    "sessions",
    "uploads",
]
