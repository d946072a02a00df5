"""Bringing a database to the schema of this release."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

from sealgate.errors import Conflict
from sealgate.store.database import Database

HEAD = "0014"
"""The newest migration; a test compares it with the folder."""

FOLDER = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Run the migrations that a database lacks.

    Raises:
        Conflict: The database was written by a newer release.
    """
    found = _version(database)
    if found == HEAD:
        return
    # alembic costs more than the rest of the start; a database that is up to date never loads it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    with database.write() as tx:
        config.attributes["connection"] = tx
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise Conflict(f"the database's schema {found!r} is not one that this release knows: {error}") from error


def _version(database: Database) -> str | None:
    with database.read() as tx:
        if not inspect(tx).has_table("alembic_version"):
            return None
        return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
