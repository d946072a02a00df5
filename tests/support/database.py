"""An empty database with the whole schema."""

from pathlib import Path

from sqlalchemy import text

from sealgate.store.database import Database
from sealgate.store.migrate import HEAD
from sealgate.store.schema import metadata


def make_database(folder: Path) -> Database:
    """Make a SQLite database in a folder."""
    database = Database(f"sqlite:///{folder / 'test.db'}")
    make_schema(database)
    return database


def make_schema(database: Database) -> None:
    """Make all tables at once, which is quicker than to run the migrations."""
    metadata.create_all(database.engine)
    with database.write() as tx:
        tx.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        tx.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
