"""Log groups, their streams, and the events in them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "log_groups",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", _KEY, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=True, comment="null: events are kept for ever"),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "region", "name", name="pk_log_groups"),
    )
    op.create_table(
        "log_streams",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("group_name", _KEY, nullable=False),
        sa.Column("name", _KEY, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("first_event", sa.BigInteger(), nullable=True, comment="milliseconds since 1970"),
        sa.Column("last_event", sa.BigInteger(), nullable=True, comment="milliseconds since 1970"),
        sa.Column("last_ingestion", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account", "region", "group_name"],
            ["log_groups.account", "log_groups.region", "log_groups.name"],
            name="fk_log_streams_group",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account", "region", "group_name", "name", name="pk_log_streams"),
    )
    _create_events()


def _create_events() -> None:
    op.create_table(
        "log_events",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("group_name", _KEY, nullable=False),
        sa.Column("stream_name", _KEY, nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False, comment="milliseconds since 1970"),
        sa.Column("ingested", sa.BigInteger(), nullable=False, comment="milliseconds since 1970"),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account", "region", "group_name", "stream_name"],
            ["log_streams.account", "log_streams.region", "log_streams.group_name", "log_streams.name"],
            name="fk_log_events_stream",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_log_events"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_log_events_group", "log_events", ["account", "region", "group_name", "timestamp", "number"], unique=False
    )
    op.create_index(
        "ix_log_events_stream",
        "log_events",
        ["account", "region", "group_name", "stream_name", "timestamp", "number"],
        unique=False,
    )


def downgrade() -> None:
    """Remove them, and with them what was logged."""
    op.drop_table("log_events")
    op.drop_table("log_streams")
    op.drop_table("log_groups")
