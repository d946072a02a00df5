"""An empty database with the whole schema."""

from pathlib import Path

from sealgate.store.database import Database
from sealgate.store.schema import metadata


def make_database(folder: Path) -> Database:
    """Make a SQLite database in a folder, without the migrations' history."""
    database = Database(f"sqlite:///{folder / 'test.db'}")
    metadata.create_all(database.engine)
    return database
