"""Tags of buckets, the encryption asked for, and what of public access is blocked."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns; buckets that exist have none of it."""
    with op.batch_alter_table("buckets") as buckets:
        buckets.add_column(sa.Column("tags", sa.Text(), nullable=False, server_default="{}"))
        buckets.add_column(sa.Column("encryption", sa.Text(), nullable=True, comment="AES256 or aws:kms"))
        buckets.add_column(sa.Column("encryption_key", sa.Text(), nullable=True))
        buckets.add_column(sa.Column("bucket_key", sa.Boolean(), nullable=True))
        buckets.add_column(sa.Column("blocked_access", sa.Text(), nullable=True, comment="null: nothing was ever said"))
    with op.batch_alter_table("buckets") as buckets:
        buckets.alter_column("tags", server_default=None)


def downgrade() -> None:
    """Remove them; what public access they blocked is blocked no more."""
    with op.batch_alter_table("buckets") as buckets:
        for column in ("tags", "encryption", "encryption_key", "bucket_key", "blocked_access"):
            buckets.drop_column(column)
