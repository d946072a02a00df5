"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "accounts",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_accounts"),
    )
    op.create_table(
        "admission_decisions",
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("caller_arn", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("config_arn", sa.Text(), nullable=True),
        sa.Column("package_sha256", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name="pk_admission_decisions"),
    )
    op.create_index(
        "ix_admission_decisions_function",
        "admission_decisions",
        ["account", "region", "function", "decided_at"],
        unique=False,
    )
    op.create_table(
        "buckets",
        sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("versioning", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_buckets"),
    )
    op.create_index("ix_buckets_account_name", "buckets", ["account", "name"], unique=False)
    op.create_table(
        "code_signing_configs",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("config_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("publishers", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "region", "config_id", name="pk_code_signing_configs"),
    )
    op.create_table(
        "jobs",
        sa.Column("account", sa.Text(), nullable=False, comment="owner of the profile: 12 digits"),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False, comment="lower-case UUID"),
        sa.Column("client_request_token", sa.Text(), nullable=False),
        sa.Column("source_bucket", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("source_version", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.Text(), nullable=False, comment="the blob to sign"),
        sa.Column("destination_bucket", sa.Text(), nullable=False),
        sa.Column("destination_prefix", sa.Text(), nullable=False),
        sa.Column("profile_name", sa.Text(), nullable=False),
        sa.Column("profile_version", sa.Text(), nullable=False),
        sa.Column("profile_version_arn", sa.Text(), nullable=False, comment="the publisher that the signature carries"),
        sa.Column("platform_id", sa.Text(), nullable=False),
        sa.Column("invoker_account", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, comment="InProgress, Succeeded or Failed"),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "signing_time",
            sa.BigInteger(),
            nullable=True,
            comment="a whole second; Succeeded only, as expires_at, seal and signed_*",
        ),
        sa.Column("expires_at", sa.BigInteger(), nullable=True, comment="a whole second"),
        sa.Column("seal", sa.Text(), nullable=True, comment="DER of the archive seal, lower-case hexadecimal"),
        sa.Column("signed_key", sa.Text(), nullable=True),
        sa.Column("signed_version", sa.Text(), nullable=True),
        sa.Column("signed_sha256", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True, comment="set if and only if the signature is revoked"),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revocation_reason", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "region", "job_id", name="pk_jobs"),
        comment="Signing jobs. Moments are microseconds since 1970. A Succeeded row vouches for the one signature with its job ARN (arn:PARTITION:signer:region:account:/signing-jobs/job_id), profile_version_arn, seal, signing_time and expires_at. Rows are never deleted.",
    )
    op.create_index("ix_jobs_newest", "jobs", ["account", "region", "created_at", "job_id"], unique=False)
    op.create_index("ix_jobs_revoked", "jobs", ["revoked_at"], unique=False)
    op.create_index("ix_jobs_waiting", "jobs", ["status", "created_at"], unique=False)
    op.create_index("uq_jobs_token", "jobs", ["account", "region", "client_request_token"], unique=True)
    op.create_table(
        "profiles",
        sa.Column("account", sa.Text(), nullable=False, comment="owner: 12 digits"),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False, comment="10 letters and digits; the profile's only version"),
        sa.Column("platform_id", sa.Text(), nullable=False),
        sa.Column("validity_value", sa.Integer(), nullable=False),
        sa.Column("validity_type", sa.Text(), nullable=False, comment="DAYS, MONTHS or YEARS"),
        sa.Column("status", sa.Text(), nullable=False, comment="Active, Canceled or Revoked"),
        sa.Column("tags", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "revocation_effective_from",
            sa.BigInteger(),
            nullable=True,
            comment="set if and only if the status is Revoked",
        ),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revocation_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account", "region", "name", name="pk_profiles"),
        comment="Signing profiles. Moments are microseconds since 1970. A signature of the version is revoked when its signing time lies after revocation_effective_from. Rows are never deleted.",
    )
    op.create_index("ix_profiles_status", "profiles", ["status"], unique=False)
    op.create_table(
        "access_keys",
        sa.Column("access_key_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("principal_arn", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.account"], name="fk_access_keys_account"),
        sa.PrimaryKeyConstraint("access_key_id", name="pk_access_keys"),
    )
    op.create_table(
        "functions",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("runtime", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("timeout", sa.Integer(), nullable=False),
        sa.Column("memory_size", sa.Integer(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("architecture", sa.Text(), nullable=False),
        sa.Column("ephemeral_storage", sa.Integer(), nullable=False),
        sa.Column("tracing_mode", sa.Text(), nullable=False),
        sa.Column("log_format", sa.Text(), nullable=False),
        sa.Column("log_group", sa.Text(), nullable=False),
        sa.Column("application_log_level", sa.Text(), nullable=True),
        sa.Column("system_log_level", sa.Text(), nullable=True),
        sa.Column("code_sha256", sa.Text(), nullable=False),
        sa.Column("code_size", sa.Integer(), nullable=False),
        sa.Column("profile_version_arn", sa.Text(), nullable=True),
        sa.Column("job_arn", sa.Text(), nullable=True),
        sa.Column("config_id", sa.Text(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account", "region", "config_id"],
            ["code_signing_configs.account", "code_signing_configs.region", "code_signing_configs.config_id"],
            name="fk_functions_config",
        ),
        sa.PrimaryKeyConstraint("account", "region", "name", name="pk_functions"),
    )
    op.create_index("ix_functions_config", "functions", ["account", "region", "config_id"], unique=False)
    op.create_table(
        "multipart_uploads",
        sa.Column("upload_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("bucket", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("initiated_at", sa.BigInteger(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("checksum_algorithm", sa.Text(), nullable=True),
        sa.Column("checksum_type", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bucket"], ["buckets.name"], name="fk_multipart_uploads_bucket"),
        sa.PrimaryKeyConstraint("upload_id", name="pk_multipart_uploads"),
    )
    op.create_index(
        "ix_multipart_uploads_bucket_key_upload_id", "multipart_uploads", ["bucket", "key", "upload_id"], unique=False
    )
    op.create_table(
        "object_versions",
        sa.Column("bucket", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column("is_latest", sa.Boolean(), nullable=False),
        sa.Column("is_delete_marker", sa.Boolean(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("checksums", sa.Text(), nullable=False),
        sa.Column("checksum_type", sa.Text(), nullable=True),
        sa.Column("part_sizes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bucket"], ["buckets.name"], name="fk_object_versions_bucket"),
        sa.PrimaryKeyConstraint("bucket", "key", "sequence", name="pk_object_versions"),
        sa.UniqueConstraint("bucket", "key", "version_id", name="uq_object_versions_bucket_key_version_id"),
    )
    op.create_index(
        "ix_object_versions_bucket_is_latest_is_delete_marker_key",
        "object_versions",
        ["bucket", "is_latest", "is_delete_marker", "key"],
        unique=False,
    )
    op.create_table(
        "upload_parts",
        sa.Column("upload_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("checksums", sa.Text(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["multipart_uploads.upload_id"], name="fk_upload_parts_upload_id"),
        sa.PrimaryKeyConstraint("upload_id", "number", name="pk_upload_parts"),
    )


def downgrade() -> None:
    """Remove every table."""
    op.drop_table("upload_parts")
    op.drop_index("ix_object_versions_bucket_is_latest_is_delete_marker_key", table_name="object_versions")
    op.drop_table("object_versions")
    op.drop_index("ix_multipart_uploads_bucket_key_upload_id", table_name="multipart_uploads")
    op.drop_table("multipart_uploads")
    op.drop_index("ix_functions_config", table_name="functions")
    op.drop_table("functions")
    op.drop_table("access_keys")
    op.drop_index("ix_profiles_status", table_name="profiles")
    op.drop_table("profiles")
    op.drop_index("uq_jobs_token", table_name="jobs")
    op.drop_index("ix_jobs_waiting", table_name="jobs")
    op.drop_index("ix_jobs_revoked", table_name="jobs")
    op.drop_index("ix_jobs_newest", table_name="jobs")
    op.drop_table("jobs")
    op.drop_table("code_signing_configs")
    op.drop_index("ix_buckets_account_name", table_name="buckets")
    op.drop_table("buckets")
    op.drop_index("ix_admission_decisions_function", table_name="admission_decisions")
    op.drop_table("admission_decisions")
    op.drop_table("accounts")
