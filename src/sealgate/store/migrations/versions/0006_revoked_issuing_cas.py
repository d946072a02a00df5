"""Revoked issuing CAs, and the issuing CA that each job's signature depends on."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the column; of earlier jobs it is not known."""
    op.create_table(
        "revoked_issuing_cas",
        sa.Column(
            "identity",
            sa.Text(),
            nullable=False,
            comment="SHA-384 of the certificate's to-be-signed part, hexadecimal",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="the certificate's subject"),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "effective_from",
            sa.BigInteger(),
            nullable=True,
            comment="jobs that signed after it vouch for nothing; null: all vouch",
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_revoked_issuing_cas"),
        comment="Issuing CAs of the server's authority that were revoked. Of their signatures those stand that a Succeeded job vouches for. Rows are never deleted.",
    )
    op.add_column(
        "jobs",
        sa.Column("issuing_ca", sa.Text(), nullable=True, comment="whose leaf signed, as in revoked_issuing_cas"),
    )


def downgrade() -> None:
    """Remove them, and with them what was revoked."""
    op.drop_column("jobs", "issuing_ca")
    op.drop_table("revoked_issuing_cas")
