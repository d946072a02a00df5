"""An index on the decisions in which a check failed: what metrics are counted from."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FAILED = "config_arn IS NOT NULL AND kind IS NOT NULL AND "


def upgrade() -> None:
    """Add it."""
    op.create_index(
        "ix_admission_decisions_failed",
        "admission_decisions",
        ["account", "region", "decided_at", "function"],
        unique=False,
        sqlite_where=sa.text(f"{_FAILED}dry_run = 0"),
        postgresql_where=sa.text(f"{_FAILED}NOT dry_run"),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_admission_decisions_failed", table_name="admission_decisions")
