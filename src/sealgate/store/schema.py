"""The whole schema: importing this module makes `metadata` complete."""

from sealgate.store import configs, decisions, functions, identity, jobs, objects, profiles, uploads
from sealgate.store.tables import metadata

__all__ = [
    "configs",
    "decisions",
    "functions",
    "identity",
    "jobs",
    "metadata",
    "objects",
    "profiles",
    "uploads",
]
