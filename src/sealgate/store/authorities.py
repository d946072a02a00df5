"""Issuing CAs that were revoked, and which jobs' signatures depend on one.

Trust: a row here takes trust away; who can delete it gives trust back. Rows are never deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Table, Text, func, or_, select

from sealgate.store.database import Tx
from sealgate.store.jobs import Job, jobs, jobs_table
from sealgate.store.rows import Rows
from sealgate.store.tables import UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedIssuingCa:
    """One revoked issuing CA.

    Attributes:
        identity: Its certificate: the SHA-384 of the to-be-signed part, 96 hexadecimal digits.
        name: Its subject (RFC 4514).
        revoked_at: When it was revoked.
        effective_from: Signatures made after this moment fall even if a job vouches for them; None: none of those.
        reason: Why, in the operator's words.
    """

    identity: str
    name: str
    revoked_at: datetime
    effective_from: datetime | None
    reason: str


revoked_table = Table(
    "revoked_issuing_cas",
    metadata,
    Column("identity", Text, primary_key=True, comment="SHA-384 of the certificate's to-be-signed part, hexadecimal"),
    Column("name", Text, nullable=False, comment="the certificate's subject"),
    Column("revoked_at", UtcTime, nullable=False),
    Column("effective_from", UtcTime, comment="jobs that signed after it vouch for nothing; null: all vouch"),
    Column("reason", Text, nullable=False),
    comment="Issuing CAs of the server's authority that were revoked. Of their signatures those stand that a Succeeded"
    " job vouches for. Rows are never deleted.",
)
revoked_issuing_cas = Rows(revoked_table, RevokedIssuingCa)
_c = jobs_table.c


def list_revoked_issuing_cas(tx: Tx) -> list[RevokedIssuingCa]:
    """Answer every revoked issuing CA, the first revoked first."""
    return revoked_issuing_cas.select(tx, order_by=[revoked_table.c.revoked_at, revoked_table.c.identity])


def list_jobs_under(tx: Tx, identity: str) -> list[Job]:
    """Answer the Succeeded jobs whose signature depends on an issuing CA, the first signed first.

    Jobs from before this was recorded are among them: they may.
    """
    under = or_(_c.issuing_ca == identity, _c.issuing_ca.is_(None))
    return jobs.select(tx, _c.status == "Succeeded", under, order_by=[_c.signing_time, _c.job_id])


def count_signatures(tx: Tx) -> Mapping[str | None, int]:
    """Answer how many signatures each issuing CA has vouched for; under None those from before this was recorded."""
    counts = select(_c.issuing_ca, func.count()).where(_c.status == "Succeeded").group_by(_c.issuing_ca)
    return {row[0]: row[1] for row in tx.execute(counts)}
