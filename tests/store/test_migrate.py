import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from sealgate.errors import Conflict
from sealgate.store import migrate
from sealgate.store.database import Database
from sealgate.store.schema import metadata


def test_the_migrations_make_exactly_the_schema_that_the_code_declares(database: Database) -> None:
    migrate.upgrade(database)
    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []


def test_upgrading_twice_is_fine(database: Database) -> None:
    migrate.upgrade(database)
    migrate.upgrade(database)


def test_a_database_of_a_newer_release_is_refused(database: Database) -> None:
    migrate.upgrade(database)
    with database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="9999"):
        migrate.upgrade(database)


def test_the_head_named_in_the_code_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(migrate.FOLDER)).get_current_head() == migrate.HEAD
