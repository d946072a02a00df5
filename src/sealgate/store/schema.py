"""The whole schema: importing this module makes `metadata` complete."""

from sealgate.store import identity, objects, uploads
from sealgate.store.tables import metadata

__all__ = ["identity", "metadata", "objects", "uploads"]
