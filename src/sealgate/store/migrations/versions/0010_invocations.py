"""Asynchronous invocations, how they are retried, and starts that were refused."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "queued_invocations",
        sa.Column("request_id", sa.Text(), nullable=False, comment="lower-case UUID"),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False, comment="bare name"),
        sa.Column("qualifier", sa.Text(), nullable=False, comment="a version or an alias; empty: the function itself"),
        sa.Column("invoked_by", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("client_context", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, comment="Waiting or Failed"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name="pk_queued_invocations"),
        comment="Asynchronous invocations that have not succeeded yet, or never will.",
    )
    op.create_index("ix_queued_invocations_due", "queued_invocations", ["status", "due_at"], unique=False)
    op.create_table(
        "invoke_configs",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False, comment="bare name"),
        sa.Column("qualifier", sa.Text(), nullable=False, comment="a version or an alias; empty: the function itself"),
        sa.Column("max_retries", sa.Integer(), nullable=True),
        sa.Column("max_age", sa.Integer(), nullable=True, comment="seconds"),
        sa.Column("last_modified", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "region", "function", "qualifier", name="pk_invoke_configs"),
    )
    _create_refusals()


def _create_refusals() -> None:
    op.create_table(
        "start_refusals",
        sa.Column("refusal_id", sa.Text(), nullable=False, comment="lower-case UUID"),
        sa.Column("refused_at", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False, comment="bare name"),
        sa.Column("version", sa.Text(), nullable=False, comment="$LATEST or a number"),
        sa.Column("package_sha256", sa.Text(), nullable=False),
        sa.Column("layer_version_arn", sa.Text(), nullable=True, comment="null: the function's own code"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("refusal_id", name="pk_start_refusals"),
        comment="Starts that were refused. Rows are never changed or deleted.",
    )
    op.create_index(
        "ix_start_refusals_function",
        "start_refusals",
        ["account", "region", "refused_at", "function"],
        unique=False,
    )


def downgrade() -> None:
    """Remove them, and with them what waits to be run."""
    op.drop_table("start_refusals")
    op.drop_table("invoke_configs")
    op.drop_table("queued_invocations")
