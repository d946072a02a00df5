"""Stacks, their resources, events and change sets, and what they export and import."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "stacks",
        sa.Column("stack_id", sa.Text(), nullable=False, comment="the ARN"),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("definition", sa.Text(), nullable=False, comment="JSON; may hold secret parameters"),
        sa.Column("former", sa.Text(), nullable=True, comment="JSON; while an update is under way"),
        sa.Column("outputs", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False, comment="JSON; what is under way, or was last"),
        sa.Column("termination_protection", sa.Boolean(), nullable=False),
        sa.Column("disable_rollback", sa.Boolean(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("root_id", sa.Text(), nullable=True),
        sa.Column("change_set_id", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("stack_id", name="pk_stacks"),
        comment="Rows are never deleted: a deleted stack is described by its id.",
    )
    op.create_index("ix_stacks_name", "stacks", ["account", "region", "name"], unique=False)
    op.create_index("ix_stacks_status", "stacks", ["status"], unique=False)
    _create_parts()
    _create_change_sets()
    _create_exports()


def _create_parts() -> None:
    op.create_table(
        "stack_resources",
        sa.Column("stack_id", sa.Text(), nullable=False),
        sa.Column("logical_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("current", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("stack_id", "logical_id", name="pk_stack_resources"),
    )
    op.create_table(
        "stack_events",
        sa.Column("stack_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("logical_id", sa.Text(), nullable=False),
        sa.Column("physical_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("properties", sa.Text(), nullable=True),
        sa.Column("client_token", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("stack_id", "number", name="pk_stack_events"),
        comment="Rows are never changed or deleted.",
    )


def _create_change_sets() -> None:
    op.create_table(
        "change_sets",
        sa.Column("change_set_id", sa.Text(), nullable=False, comment="the ARN"),
        sa.Column("stack_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="CREATE or UPDATE"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("execution_status", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("disable_rollback", sa.Boolean(), nullable=False),
        sa.Column("delete_on_failure", sa.Boolean(), nullable=False),
        sa.Column("based_on", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("change_set_id", name="pk_change_sets"),
    )
    op.create_index("ix_change_sets_stack", "change_sets", ["stack_id", "name"], unique=False)


def _create_exports() -> None:
    op.create_table(
        "stack_exports",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("stack_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "region", "name", name="pk_stack_exports"),
    )
    op.create_table(
        "stack_imports",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stack_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "region", "name", "stack_id", name="pk_stack_imports"),
    )


def downgrade() -> None:
    """Remove them; what the stacks consist of stays."""
    for table in ("stack_imports", "stack_exports", "change_sets", "stack_events", "stack_resources", "stacks"):
        op.drop_table(table)
