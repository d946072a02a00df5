"""The whole schema: importing this module makes `metadata` complete."""

from sealgate.store import (
    aliases,
    audit,
    audit_chain,
    authorities,
    bucket_policies,
    configs,
    decisions,
    function_policies,
    functions,
    identity,
    jobs,
    layers,
    logs,
    objects,
    permissions,
    profiles,
    uploads,
)
from sealgate.store.iam import entities, generation, memberships, policies, sessions
from sealgate.store.tables import metadata

__all__ = [
    "aliases",
    "audit",
    "audit_chain",
    "authorities",
    "bucket_policies",
    "configs",
    "decisions",
    "entities",
    "function_policies",
    "functions",
    "generation",
    "identity",
    "jobs",
    "layers",
    "logs",
    "memberships",
    "metadata",
    "objects",
    "permissions",
    "policies",
    "profiles",
    "sessions",
    "uploads",
]
