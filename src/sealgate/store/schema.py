"""The whole schema: importing this module makes `metadata` complete."""

from sealgate.store import identity, jobs, objects, profiles, uploads
from sealgate.store.tables import metadata

__all__ = ["identity", "jobs", "metadata", "objects", "profiles", "uploads"]
