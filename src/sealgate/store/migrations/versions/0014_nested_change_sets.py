"""Change sets of stacks in stacks: each knows the one that it belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns; change sets that exist belong to none, and have none."""
    op.add_column("change_sets", sa.Column("includes_nested", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("change_sets", sa.Column("parent_id", sa.Text(), nullable=True))
    op.add_column("change_sets", sa.Column("root_id", sa.Text(), nullable=True))
    op.add_column("change_sets", sa.Column("logical_id", sa.Text(), nullable=True))
    op.create_index("ix_change_sets_parent", "change_sets", ["parent_id", "logical_id"])
    op.create_index("ix_change_sets_root", "change_sets", ["root_id"])


def downgrade() -> None:
    """Remove them, and the change sets of stacks in stacks, which are nothing by themselves."""
    op.execute("DELETE FROM change_sets WHERE parent_id IS NOT NULL")
    op.drop_index("ix_change_sets_root", table_name="change_sets")
    op.drop_index("ix_change_sets_parent", table_name="change_sets")
    for column in ("includes_nested", "parent_id", "root_id", "logical_id"):
        op.drop_column("change_sets", column)
