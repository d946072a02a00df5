"""The audit trail: events, what they are about, their order, and the seals on it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of the audit trail."""
    op.create_table(
        "audit_events",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="ascends in the order of the commits; not without gaps",
        ),
        sa.Column("event_id", sa.Text(), nullable=False, comment="lower-case UUID"),
        sa.Column("account", sa.Text(), nullable=False, comment="12 digits, or empty where nobody is known"),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("event_time", sa.BigInteger(), nullable=False, comment="whole seconds"),
        sa.Column("text", sa.Text(), nullable=False, comment="the event: JSON; what the chain's hashes cover"),
        sa.Column("event_name", sa.Text(), nullable=False),
        sa.Column("event_source", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=True),
        sa.Column("access_key_id", sa.Text(), nullable=True),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False, comment="Management, Data or Service"),
        sa.PrimaryKeyConstraint("number", name="pk_audit_events"),
        comment="Audit events. Moments are microseconds since 1970. All columns but number and recorded_at repeat parts"
        " of the text. Rows are never changed or deleted.",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_audit_events_newest", "audit_events", ["account", "region", "event_time", "number"], unique=False
    )
    op.create_index("uq_audit_events_id", "audit_events", ["event_id"], unique=True)
    op.create_table(
        "audit_event_resources",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False, comment="counted from 0"),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column(
            "name",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="an ARN mostly",
        ),
        sa.PrimaryKeyConstraint("event_id", "place", name="pk_audit_event_resources"),
        comment="What each audit event is about. Rows are never changed or deleted.",
    )
    op.create_index("ix_audit_event_resources_name", "audit_event_resources", ["name"], unique=False)
    op.create_table(
        "audit_chain",
        sa.Column(
            "position", sa.BigInteger(), autoincrement=False, nullable=False, comment="counted from 1, without gaps"
        ),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="of the event"),
        sa.Column(
            "leaf", sa.Text(), nullable=False, comment="hash of the event's text: 96 lower-case hexadecimal digits"
        ),
        sa.Column("chain", sa.Text(), nullable=False, comment="hash of everything up to this event"),
        sa.PrimaryKeyConstraint("position", name="pk_audit_chain"),
        comment="The order of the audit events. Rows are never changed or deleted.",
    )
    op.create_index("uq_audit_chain_number", "audit_chain", ["number"], unique=True)
    op.create_table(
        "audit_seals",
        sa.Column(
            "position",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="of the last event that is sealed",
        ),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="the signed head: JSON"),
        sa.Column("signature", sa.Text(), nullable=False, comment="its signature block: PEM"),
        sa.PrimaryKeyConstraint("position", name="pk_audit_seals"),
        comment="Seals on the order of the audit events. Rows are never changed or deleted.",
    )


def downgrade() -> None:
    """Remove them, and with them all evidence."""
    for table in ("audit_seals", "audit_chain", "audit_event_resources", "audit_events"):
        op.drop_table(table)
