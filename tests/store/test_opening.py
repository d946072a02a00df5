"""Whatever is wrong with a database's address or file is told in one sentence."""

import sqlite3
from pathlib import Path

import pytest

from sealgate.errors import Invalid
from sealgate.store.folder import DataFolder
from sealgate.store.opening import note_database, open_database, sqlite_url


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "must be like postgresql\\+psycopg://HOST/NAME"),
        ("mysql://user:hunter2@host/name", r"mysql://user:\*\*\*@host/name: must begin with sqlite:/// or postgresql"),
        ("postgresql://host/name", "must begin with"),
        ("postgresql+psycopg://u:hunter2@127.0.0.1:1/x", r"u:\*\*\*@127.0.0.1:1/x: connection failed: [^\n]*refused$"),
    ],
    ids=["no address", "another database", "another driver", "no server"],
)
def test_an_address_that_cannot_be_opened_is_told_without_its_password(url: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        open_database(url)
    assert "hunter2" not in refused.value.message


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "test.db").write_bytes(b"garbage " * 100)
    with pytest.raises(Invalid, match=r"test\.db: file is not a database"):
        open_database(sqlite_url(tmp_path / "test.db"))


def test_somebody_else_s_database_is_told_and_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "test.db") as connection:
        connection.execute("CREATE TABLE jobs (x)")
    connection.close()
    with pytest.raises(Invalid, match=r"test\.db: table jobs already exists"):
        open_database(sqlite_url(tmp_path / "test.db"))
    with sqlite3.connect(tmp_path / "test.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("jobs",)]
    connection.close()


def test_any_path_is_opened_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "a b?mode=ro#c%41'\"\u00fc"
    folder.mkdir()
    open_database(sqlite_url(folder / "test.db")).close()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert (folder / "test.db").stat().st_size > 0


def test_a_data_folder_notes_an_address_elsewhere_without_its_password(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    for own in (None, sqlite_url(folder.database)):
        note_database(folder, own)
        assert folder.find_database_address() is None
    note_database(folder, "postgresql+psycopg://user:hunter2@host/name")
    assert folder.find_database_address() == "postgresql+psycopg://user:***@host/name"
