"""The order of the audit events: a chain of hashes, and the seals on it (docs/FORMAT.md, section 8).

Trust: none; a trail is verified from the texts of the events and the signatures of the seals. Durability: within a
second of an event's own commit it has its place; a seal follows within a minute. Rows are only added. Ownership: any
server on the database may add, in a write transaction, after it has looked for the end in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Table, Text, bindparam, func, select

from sealgate.store.audit import events_table
from sealgate.store.database import Tx
from sealgate.store.rows import Insertion, Rows
from sealgate.store.tables import UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRow:
    """One event's place.

    Attributes:
        position: Counted from 1, without gaps.
        number: Of the event.
        leaf: The hash of its text, in lower-case hexadecimal.
        chain: The hash of everything up to it.
    """

    position: int
    number: int
    leaf: str
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRow:
    """A signed head.

    Attributes:
        position: The place of the last event that it seals.
        sealed_at: When it was signed, in whole seconds.
        text: What was signed.
        signature: Its signature block, in PEM.
    """

    position: int
    sealed_at: datetime
    text: str
    signature: str


chain_table = Table(
    "audit_chain",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False, comment="counted from 1, without gaps"),
    Column("number", BigInteger, nullable=False, comment="of the event"),
    Column("leaf", Text, nullable=False, comment="hash of the event's text: 96 lower-case hexadecimal digits"),
    Column("chain", Text, nullable=False, comment="hash of everything up to this event"),
    Index("uq_audit_chain_number", "number", unique=True),
    comment="The order of the audit events. Rows are never changed or deleted.",
)
seals_table = Table(
    "audit_seals",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False, comment="of the last event that is sealed"),
    Column("sealed_at", UtcTime, nullable=False),
    Column("text", Text, nullable=False, comment="the signed head: JSON"),
    Column("signature", Text, nullable=False, comment="its signature block: PEM"),
    comment="Seals on the order of the audit events. Rows are never changed or deleted.",
)
links = Rows(chain_table, ChainRow)
seals = Rows(seals_table, SealRow)
_e, _c, _s = events_table.c, chain_table.c, seals_table.c
_insert_links = Insertion(chain_table)
# What is asked twice a second is put together once.
_last = select(chain_table).order_by(_c.position.desc()).limit(1)
_waiting = (
    select(_e.number, _e.text).where(_e.number > bindparam("number")).order_by(_e.number).limit(bindparam("limit"))
)


def find_tail(tx: Tx) -> ChainRow | None:
    """Answer the last place; None before the first event has one."""
    found = tx.execute(_last).first()
    return None if found is None else links.load(found)


def find_last_seal(tx: Tx) -> SealRow | None:
    """Answer the last seal; None before the first."""
    found = seals.select(tx, order_by=[_s.position.desc()], limit=1)
    return found[0] if found else None


def list_events_after(tx: Tx, number: int, *, limit: int) -> list[tuple[int, str]]:
    """Answer the numbers and texts of events that have no place yet, in order."""
    return [(number, text) for number, text in tx.execute(_waiting, {"number": number, "limit": limit}).all()]


def add_links(tx: Tx, placed: Sequence[tuple[int, int, str, str]]) -> None:
    """Give events their places.

    Args:
        tx: A transaction.
        placed: Of each its position, the event's number, leaf and chain.
    """
    _insert_links.add(tx, placed)


def list_links(tx: Tx, *, after: int, limit: int) -> list[ChainRow]:
    """Answer places in order, from the one after `after` on."""
    return links.select(tx, _c.position > after, order_by=[_c.position], limit=limit)


def list_seals(tx: Tx, *, after: int, until: int) -> list[SealRow]:
    """Answer the seals at places from the one after `after` to `until`."""
    return seals.select(tx, _s.position > after, _s.position <= until, order_by=[_s.position])


def find_unplaced(tx: Tx, *, before: int) -> tuple[str, int] | None:
    """Answer the first event with a number up to `before` that has no place; None where each has one.

    The chain has gone past it, so it was added behind the server's back. Answers its id, and the place that it stands
    before.
    """
    wanted = select(_e.number, _e.event_id).where(_e.number <= before, _e.number.not_in(select(_c.number)))
    found = tx.execute(wanted.order_by(_e.number).limit(1)).first()
    if found is None:
        return None
    place: int = tx.execute(select(func.min(_c.position)).where(_c.number > found.number)).scalar_one()
    return found.event_id, place
