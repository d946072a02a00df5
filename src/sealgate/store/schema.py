"""The whole schema: importing this module makes `metadata` complete."""

from sealgate.store import audit, audit_chain, configs, decisions, functions, identity, jobs, objects, profiles, uploads
from sealgate.store.iam import entities, generation, memberships, policies, sessions
from sealgate.store.tables import metadata

__all__ = [
    "audit",
    "audit_chain",
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
    "policies",
    "profiles",
    "sessions",
    "uploads",
]
