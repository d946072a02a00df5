"""Versions of functions, aliases of them, and policies of both."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_KEPT = (
    "account, region, name, role, runtime, handler, description, timeout, memory_size, environment, architecture,"
    " ephemeral_storage, tracing_mode, log_format, log_group, application_log_level, system_log_level, code_sha256,"
    " code_size, profile_version_arn, job_arn, config_id, tags, revision_id, last_modified"
)


def upgrade() -> None:
    """Make every function the `$LATEST` of itself, without layers and versions, and add the two tables.

    SQLite changes no primary key, so the table is made anew, and its rows are put aside meanwhile.
    """
    _put_aside("SELECT * FROM functions")
    _create_functions(
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False, comment="0: $LATEST"),
        sa.Column("last_version", sa.Integer(), nullable=False, comment="the newest ever given; on $LATEST"),
        sa.Column("unzipped_size", sa.Integer(), nullable=False, comment="bytes of the contents; 0: not recorded"),
        sa.Column("layers", sa.Text(), nullable=False, comment="JSON array of layer version ARNs"),
        sa.Column(
            "reserved_concurrency",
            sa.Integer(),
            nullable=True,
            comment="on $LATEST; null: what the account has left",
        ),
        key=("account", "region", "name", "version"),
    )
    op.execute(
        f"INSERT INTO functions ({_KEPT}, version, last_version, unzipped_size, layers)"  # noqa: S608 - no outside text
        f" SELECT {_KEPT}, 0, 0, 0, '[]' FROM kept_functions"
    )
    op.execute("DROP TABLE kept_functions")
    _create_aliases()
    _create_policies()


def downgrade() -> None:
    """Remove them; of each function `$LATEST` alone is left."""
    op.drop_table("function_policies")
    op.drop_table("aliases")
    _put_aside("SELECT * FROM functions WHERE version = 0")
    _create_functions(key=("account", "region", "name"))
    op.execute(f"INSERT INTO functions ({_KEPT}) SELECT {_KEPT} FROM kept_functions")  # noqa: S608 - no outside text
    op.execute("DROP TABLE kept_functions")


def _put_aside(rows: str) -> None:
    op.execute(f"CREATE TEMPORARY TABLE kept_functions AS {rows}")
    op.drop_index("ix_functions_config", table_name="functions")
    op.drop_table("functions")


def _create_functions(*added: sa.Column[Any], key: tuple[str, ...]) -> None:
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
        *added,
        sa.ForeignKeyConstraint(
            ["account", "region", "config_id"],
            ["code_signing_configs.account", "code_signing_configs.region", "code_signing_configs.config_id"],
            name="fk_functions_config",
        ),
        sa.PrimaryKeyConstraint(*key, name="pk_functions"),
    )
    op.create_index("ix_functions_config", "functions", ["account", "region", "config_id"], unique=False)


def _create_aliases() -> None:
    op.create_table(
        "aliases",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False, comment="bare name"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="0: $LATEST"),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("routing", sa.Text(), nullable=False, comment="JSON object: version to its share of invocations"),
        sa.Column("revision_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account", "region", "function", "version"],
            ["functions.account", "functions.region", "functions.name", "functions.version"],
            name="fk_aliases_function",
        ),
        sa.PrimaryKeyConstraint("account", "region", "function", "name", name="pk_aliases"),
    )


def _create_policies() -> None:
    op.create_table(
        "function_policies",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False, comment="bare name"),
        sa.Column("qualifier", sa.Text(), nullable=False, comment="a version or an alias; empty: the function itself"),
        sa.Column("permissions", sa.Text(), nullable=False, comment="JSON array; not empty"),
        sa.PrimaryKeyConstraint("account", "region", "function", "qualifier", name="pk_function_policies"),
        comment="What principals may do with a function, a version or an alias. One without a row has no policy.",
    )
