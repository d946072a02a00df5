"""Parameters of Systems Manager."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "parameters",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", _KEY, nullable=False),
        sa.Column("type", sa.Text(), nullable=False, comment="String or StringList"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "region", "name", name="pk_parameters"),
        comment="Parameters of Systems Manager; only the latest version of each is kept.",
    )


def downgrade() -> None:
    """Remove it, and with it every parameter."""
    op.drop_table("parameters")
