"""Which state of identities and policies this is: a number that every change of them raises.

What was computed from them under one number is good as long as the database still has that number, whichever server
changed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import BigInteger, Column, Integer, Table

from sealgate.store.database import Database, Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import metadata

_ONLY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """The one row."""

    only: int
    number: int


generation_table = Table(
    "iam_generation",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("number", BigInteger, nullable=False),
    comment="One row: a number that every change of identities and policies raises.",
)
_rows = Rows(generation_table, Generation)


def current_generation(tx: Tx) -> int:
    """Answer the number; 0 before the first change."""
    found = _rows.find(tx, only=_ONLY)
    return 0 if found is None else found.number


@contextmanager
def changing_identity(db: Database) -> Iterator[Tx]:
    """Open a transaction that changes identities or policies, and makes a new generation of them."""
    with db.write() as tx:
        found = _rows.find(tx, only=_ONLY)
        if found is None:
            _rows.insert(tx, Generation(only=_ONLY, number=1))
        else:
            _rows.replace(tx, replace(found, number=found.number + 1))
        yield tx
