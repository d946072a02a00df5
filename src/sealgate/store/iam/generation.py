"""Which state of identities and policies this is: a mark that every change of them replaces.

What was computed from them under one mark is good as long as the database still has that mark, whichever server changed
it. A mark is drawn at random and never comes again, so what was read inside a change that was then undone is not taken
for another one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Column, Integer, Table, Text

from sealgate.store.database import Database, Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import metadata

_ONLY = 1
_MARK_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """The one row."""

    only: int
    mark: str


generation_table = Table(
    "iam_generation",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("mark", Text, nullable=False, comment="random"),
    comment="One row: a mark that every change of identities and policies replaces.",
)
_rows = Rows(generation_table, Generation)


def find_mark(tx: Tx) -> str:
    """Answer the mark of the present generation; empty before the first change."""
    found = _rows.find(tx, only=_ONLY)
    return "" if found is None else found.mark


@contextmanager
def changing_identity(db: Database) -> Iterator[Tx]:
    """Open a transaction that changes identities or policies, and makes a new generation of them."""
    with db.write() as tx:
        new = Generation(only=_ONLY, mark=secrets.token_hex(_MARK_BYTES))
        if find_mark(tx):
            _rows.replace(tx, new)
        else:
            _rows.insert(tx, new)
        yield tx
