"""The admission decisions: every deployment that was judged, refused ones too, with what each check found.

Trust: evidence for people; nothing is ever allowed because of a row here. Rows are only added.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Index, Table, Text, and_, not_

from sealgate.store.rows import Rows
from sealgate.store.tables import UtcTime, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One judgement of one package for one function: of its code, or of one of its layers.

    Attributes:
        decision_id: A random UUID.
        deployment_id: A random UUID that the decisions of one deployment share.
        layer_arn: The layer version that the package is; None for the function's own code.
        operation: The API operation that asked for it.
        dry_run: Whether the caller only asked what would happen.
        config_arn: The code signing config that was judged by; None when the function had none.
        package_sha256: The package: 64 hexadecimal digits.
        outcome: `ALLOW`, `WARN` or `DENY`.
        kind: The first check that failed, or None.
        findings: One JSON object a line: `check`, `status`, `detail`.
    """

    decision_id: str
    deployment_id: str
    decided_at: datetime
    account: str
    region: str
    caller_arn: str
    function: str
    layer_arn: str | None
    operation: str
    dry_run: bool
    config_arn: str | None
    package_sha256: str
    outcome: str
    kind: str | None
    findings: str


decisions_table = Table(
    "admission_decisions",
    metadata,
    Column("decision_id", Text, primary_key=True),
    Column("deployment_id", Text, nullable=False, comment="shared by the decisions of one deployment"),
    Column("decided_at", UtcTime, nullable=False),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("caller_arn", Text, nullable=False),
    Column("function", Text, nullable=False),
    Column("layer_arn", Text, comment="null: the function's own code"),
    Column("operation", Text, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("config_arn", Text),
    Column("package_sha256", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("kind", Text),
    Column("findings", Text, nullable=False),
)
Index(
    "ix_admission_decisions_function",
    decisions_table.c.account,
    decisions_table.c.region,
    decisions_table.c.function,
    decisions_table.c.decided_at,
)
has_failed = and_(
    decisions_table.c.config_arn.is_not(None), decisions_table.c.kind.is_not(None), not_(decisions_table.c.dry_run)
)
"""Of a decision: a check failed that a code signing config had demanded of a real deployment."""
Index(
    "ix_admission_decisions_failed",
    decisions_table.c.account,
    decisions_table.c.region,
    decisions_table.c.decided_at,
    decisions_table.c.function,
    sqlite_where=has_failed,
    postgresql_where=has_failed,
)
decisions = Rows(decisions_table, DecisionRecord)
