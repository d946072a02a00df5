"""Users, groups, roles, policies, sessions; a status for access keys."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of identity, and make the keys that exist Active."""
    op.create_table(
        "iam_attachments",
        sa.Column("entity_id", sa.Text(), nullable=False, comment="of a user, group or role"),
        sa.Column(
            "policy_arn",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="of a managed policy, AWS's own too",
        ),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="user, group or role"),
        sa.PrimaryKeyConstraint("entity_id", "policy_arn", name="pk_iam_attachments"),
        comment="Which managed policy is attached to which entity.",
    )
    op.create_index("ix_iam_attachments_policy", "iam_attachments", ["account", "policy_arn"], unique=False)
    op.create_table(
        "iam_generation",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("mark", sa.Text(), nullable=False, comment="random"),
        sa.PrimaryKeyConstraint("only", name="pk_iam_generation"),
        comment="One row: a mark that every change of identities and policies replaces.",
    )
    op.create_table(
        "iam_inline_policies",
        sa.Column("entity_id", sa.Text(), nullable=False, comment="of a user, group or role"),
        sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="as it was given"),
        sa.PrimaryKeyConstraint("entity_id", "name", name="pk_iam_inline_policies"),
        comment="Policies inside an entity.",
    )
    op.create_table(
        "iam_groups",
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("path", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "key",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="the name in lower case",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.account"], name="fk_iam_groups_account"),
        sa.PrimaryKeyConstraint("entity_id", name="pk_iam_groups"),
        comment="IAM groups.",
    )
    op.create_index("uq_iam_groups_key", "iam_groups", ["account", "key"], unique=True)
    op.create_table(
        "iam_policies",
        sa.Column("arn", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "key",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="the name in lower case",
        ),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("default_version", sa.Integer(), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False, comment="the highest number given so far"),
        sa.Column("tags", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.account"], name="fk_iam_policies_account"),
        sa.PrimaryKeyConstraint("arn", name="pk_iam_policies"),
        comment="Managed policies of accounts; those of AWS are not stored.",
    )
    op.create_index("uq_iam_policies_key", "iam_policies", ["account", "key"], unique=True)
    op.create_table(
        "iam_roles",
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("path", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "key",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="the name in lower case",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("trust", sa.Text(), nullable=False, comment="the trust policy, as it was given"),
        sa.Column(
            "trusted_ids", sa.Text(), nullable=False, comment="JSON object: ARN in the trust policy to unique id"
        ),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("max_session_seconds", sa.Integer(), nullable=False),
        sa.Column("boundary", sa.Text(), nullable=True, comment="ARN of a managed policy"),
        sa.ForeignKeyConstraint(["account"], ["accounts.account"], name="fk_iam_roles_account"),
        sa.PrimaryKeyConstraint("entity_id", name="pk_iam_roles"),
        comment="IAM roles.",
    )
    op.create_index("uq_iam_roles_key", "iam_roles", ["account", "key"], unique=True)
    op.create_table(
        "iam_users",
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("path", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "key",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="the name in lower case",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("boundary", sa.Text(), nullable=True, comment="ARN of a managed policy"),
        sa.ForeignKeyConstraint(["account"], ["accounts.account"], name="fk_iam_users_account"),
        sa.PrimaryKeyConstraint("entity_id", name="pk_iam_users"),
        comment="IAM users. Moments are microseconds since 1970.",
    )
    op.create_index("uq_iam_users_key", "iam_users", ["account", "key"], unique=True)
    op.create_table(
        "sts_sessions",
        sa.Column("access_key_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("principal_arn", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False, comment="of the role or user; the account for its root user"),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False, comment="ARN"),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("policies", sa.Text(), nullable=False, comment="JSON array of documents"),
        sa.Column("policy_arns", sa.Text(), nullable=False, comment="JSON array"),
        sa.Column("tags", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("transitive_tag_keys", sa.Text(), nullable=False, comment="JSON array"),
        sa.Column("source_identity", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.account"], name="fk_sts_sessions_account"),
        sa.PrimaryKeyConstraint("access_key_id", name="pk_sts_sessions"),
        comment="Temporary credentials. Rows are deleted with their role or user, and some time after they have expired.",
    )
    op.create_index("ix_sts_sessions_entity_id", "sts_sessions", ["entity_id"], unique=False)
    op.create_index("ix_sts_sessions_expires_at", "sts_sessions", ["expires_at"], unique=False)
    op.create_table(
        "iam_memberships",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["iam_groups.entity_id"], name="fk_iam_memberships_group_id"),
        sa.ForeignKeyConstraint(["user_id"], ["iam_users.entity_id"], name="fk_iam_memberships_user_id"),
        sa.PrimaryKeyConstraint("user_id", "group_id", name="pk_iam_memberships"),
        comment="Which IAM user is in which group.",
    )
    op.create_index("ix_iam_memberships_group_id", "iam_memberships", ["group_id"], unique=False)
    op.create_table(
        "iam_policy_versions",
        sa.Column("policy_arn", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="as it was given"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["policy_arn"], ["iam_policies.arn"], name="fk_iam_policy_versions_policy_arn"),
        sa.PrimaryKeyConstraint("policy_arn", "number", name="pk_iam_policy_versions"),
        comment="Versions of managed policies.",
    )
    op.add_column(
        "access_keys",
        sa.Column("status", sa.Text(), nullable=False, server_default="Active", comment="Active or Inactive"),
    )
    op.create_index("ix_access_keys_user_id", "access_keys", ["user_id"], unique=False)


def downgrade() -> None:
    """Remove them."""
    op.drop_index("ix_access_keys_user_id", table_name="access_keys")
    op.drop_column("access_keys", "status")
    op.drop_table("iam_policy_versions")
    op.drop_index("ix_iam_memberships_group_id", table_name="iam_memberships")
    op.drop_table("iam_memberships")
    op.drop_index("ix_sts_sessions_expires_at", table_name="sts_sessions")
    op.drop_index("ix_sts_sessions_entity_id", table_name="sts_sessions")
    op.drop_table("sts_sessions")
    op.drop_index("uq_iam_users_key", table_name="iam_users")
    op.drop_table("iam_users")
    op.drop_index("uq_iam_roles_key", table_name="iam_roles")
    op.drop_table("iam_roles")
    op.drop_index("uq_iam_policies_key", table_name="iam_policies")
    op.drop_table("iam_policies")
    op.drop_index("uq_iam_groups_key", table_name="iam_groups")
    op.drop_table("iam_groups")
    op.drop_table("iam_inline_policies")
    op.drop_table("iam_generation")
    op.drop_index("ix_iam_attachments_policy", table_name="iam_attachments")
    op.drop_table("iam_attachments")
