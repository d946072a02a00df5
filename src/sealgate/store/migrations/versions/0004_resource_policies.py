"""Policies of signing profiles and buckets; jobs that another account than the profile's has asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FOREIGN = sa.text("invoker_account <> account")


def upgrade() -> None:
    """Add the tables and the indexes; a request token is its caller's own from now on."""
    op.create_table(
        "profile_policies",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="of the profile"),
        sa.Column("revision_id", sa.Text(), nullable=False, comment="lower-case UUID; another one after every change"),
        sa.Column("permissions", sa.Text(), nullable=False, comment="JSON array; not empty"),
        sa.ForeignKeyConstraint(
            ["account", "region", "name"],
            ["profiles.account", "profiles.region", "profiles.name"],
            name="fk_profile_policies_account",
        ),
        sa.PrimaryKeyConstraint("account", "region", "name", name="pk_profile_policies"),
        comment="What accounts and roles may do with a signing profile. A profile without a row has no permissions.",
    )
    op.create_table(
        "bucket_policies",
        sa.Column("bucket", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="as it was given"),
        sa.Column("named_ids", sa.Text(), nullable=False, comment="JSON object: ARN to unique id"),
        sa.ForeignKeyConstraint(["bucket"], ["buckets.name"], name="fk_bucket_policies_bucket"),
        sa.PrimaryKeyConstraint("bucket", name="pk_bucket_policies"),
        comment="A bucket without a row has no policy.",
    )
    op.drop_index("uq_jobs_token", table_name="jobs")
    op.create_index("uq_jobs_token", "jobs", ["invoker_account", "region", "client_request_token"], unique=True)
    for name, last in (("ix_jobs_invoked_newest", ("created_at", "job_id")), ("ix_jobs_invoked", ("job_id",))):
        op.create_index(
            name,
            "jobs",
            ["invoker_account", "region", *last],
            unique=False,
            sqlite_where=_FOREIGN,
            postgresql_where=_FOREIGN,
        )


def downgrade() -> None:
    """Remove them; it fails where two accounts have used one token for jobs of one profile's account."""
    op.drop_index("ix_jobs_invoked", table_name="jobs")
    op.drop_index("ix_jobs_invoked_newest", table_name="jobs")
    op.drop_index("uq_jobs_token", table_name="jobs")
    op.create_index("uq_jobs_token", "jobs", ["account", "region", "client_request_token"], unique=True)
    op.drop_table("bucket_policies")
    op.drop_table("profile_policies")
