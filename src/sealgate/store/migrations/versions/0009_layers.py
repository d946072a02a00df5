"""Layers, and admission decisions about each package of a deployment."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and the columns; every earlier decision was about the one package of its deployment."""
    op.create_table(
        "layers",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False, comment="the newest number ever given"),
        sa.PrimaryKeyConstraint("account", "region", "name", name="pk_layers"),
        comment="Rows are never deleted: no version's number is given twice.",
    )
    op.create_table(
        "layer_versions",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code_sha256", sa.Text(), nullable=False, comment="the blob"),
        sa.Column("code_size", sa.BigInteger(), nullable=False),
        sa.Column("unzipped_size", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("compatible_runtimes", sa.Text(), nullable=True),
        sa.Column("compatible_architectures", sa.Text(), nullable=True),
        sa.Column("license_info", sa.Text(), nullable=True),
        sa.Column("profile_version_arn", sa.Text(), nullable=True),
        sa.Column("job_arn", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True, comment="from when on it cannot be got or attached"),
        sa.ForeignKeyConstraint(
            ["account", "region", "name"],
            ["layers.account", "layers.region", "layers.name"],
            name="fk_layer_versions_account_region_name",
        ),
        sa.PrimaryKeyConstraint("account", "region", "name", "version", name="pk_layer_versions"),
        comment="Rows are never deleted, since functions keep deleted versions.",
    )
    op.create_index("ix_layer_versions_job", "layer_versions", ["job_arn"], unique=False)
    op.create_table(
        "layer_policies",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision_id", sa.Text(), nullable=False, comment="lower-case UUID; another one after every change"),
        sa.Column("permissions", sa.Text(), nullable=False, comment="JSON array; not empty"),
        sa.ForeignKeyConstraint(
            ["account", "region", "name", "version"],
            ["layer_versions.account", "layer_versions.region", "layer_versions.name", "layer_versions.version"],
            name="fk_layer_policies_version",
        ),
        sa.PrimaryKeyConstraint("account", "region", "name", "version", name="pk_layer_policies"),
        comment="A layer version without a row is its own account's only.",
    )
    op.add_column(
        "admission_decisions",
        sa.Column("layer_arn", sa.Text(), nullable=True, comment="null: the function's own code"),
    )
    op.add_column(
        "admission_decisions",
        sa.Column(
            "deployment_id",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="shared by the decisions of one deployment",
        ),
    )
    op.execute("UPDATE admission_decisions SET deployment_id = decision_id")


def downgrade() -> None:
    """Remove them."""
    op.execute("DELETE FROM admission_decisions WHERE layer_arn IS NOT NULL")
    op.drop_column("admission_decisions", "deployment_id")
    op.drop_column("admission_decisions", "layer_arn")
    op.drop_table("layer_policies")
    op.drop_table("layer_versions")
    op.drop_table("layers")
