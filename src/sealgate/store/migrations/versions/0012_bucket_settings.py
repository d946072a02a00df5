"""Tags of buckets, the encryption asked for, and what of public access is blocked."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns; buckets that exist have none of it."""
    op.add_column("buckets", sa.Column("tags", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("buckets", sa.Column("encryption", sa.Text(), nullable=True, comment="AES256 or aws:kms"))
    op.add_column("buckets", sa.Column("encryption_key", sa.Text(), nullable=True))
    op.add_column("buckets", sa.Column("bucket_key", sa.Boolean(), nullable=True))
    op.add_column(
        "buckets", sa.Column("blocked_access", sa.Text(), nullable=True, comment="null: nothing was ever said")
    )


def downgrade() -> None:
    """Remove them; what public access they blocked is blocked no more."""
    for column in ("tags", "encryption", "encryption_key", "bucket_key", "blocked_access"):
        op.drop_column("buckets", column)
