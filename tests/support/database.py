"""An empty database with the whole schema."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from sealgate.store.database import Database
from sealgate.store.migrate import HEAD
from sealgate.store.schema import metadata


def make_database(folder: Path) -> Database:
    """Make a SQLite database in a folder."""
    file = folder / "test.db"
    file.write_bytes(_template())
    return Database(f"sqlite:///{file}")


@cache
def _template() -> bytes:
    """Answer the file of an empty database: to make every table anew costs most of a short test."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "template.db"
        database = Database(f"sqlite:///{file}")
        make_schema(database)
        database.close()
        return file.read_bytes()


def make_schema(database: Database) -> None:
    """Make all tables at once, which is quicker than to run the migrations."""
    metadata.create_all(database.engine)
    with database.write() as tx:
        tx.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        tx.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
