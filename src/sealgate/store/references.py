"""Which blobs are in use: what any row of any table refers to."""

from __future__ import annotations

from sealgate.store import functions, jobs, layers, objects, uploads
from sealgate.store.database import Tx


def blob_references(tx: Tx) -> set[str]:
    """Answer the SHA-256 of every blob that a row refers to; the sweep spares them."""
    return set().union(*(owner.blob_references(tx) for owner in (functions, jobs, layers, objects, uploads)))
