"""Opening a database for a server or a command: of this release's schema, and its faults said in one sentence."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from sealgate.errors import Invalid
from sealgate.store.database import Database
from sealgate.store.folder import DataFolder
from sealgate.store.migrate import upgrade


def sqlite_url(file: Path) -> str:
    """Write the URL of a SQLite file, whatever characters are in its path."""
    return URL.create("sqlite", database=str(file)).render_as_string()


def open_database_of(folder: DataFolder, url: str | None) -> Database:
    """Open the database that belongs to a data folder: the one at an address, or else the folder's own.

    Raises:
        Invalid: It cannot be opened, as `open_database` says; or no address is given, and the folder's is elsewhere.
        Conflict: The database was written by a newer release.
    """
    if url is not None:
        return open_database(url)
    address = folder.find_database_address()
    if address is not None:
        raise Invalid(
            f"data folder {folder.path}: its database is {address}: give --database (or remove"
            f" {folder.database_address.name}, for the folder to begin anew with a database of its own)"
        )
    folder.protect_database()
    return open_database(sqlite_url(folder.database))


def note_database(folder: DataFolder, url: str | None) -> None:
    """Remember in a data folder that its database is elsewhere, if it is."""
    if url is None:
        return
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").absolute() != folder.database:
        folder.write_database_address(parsed.render_as_string())


def open_database(url: str) -> Database:
    """Open a database, made or brought to this release's schema.

    Args:
        url: `sqlite:///PATH` or `postgresql+psycopg://...`, as SQLAlchemy writes them.

    Raises:
        Invalid: It is no such address, or there is no such database, or it is damaged or somebody else's.
        Conflict: The database was written by a newer release.
    """
    shown = _check_url(url)
    try:
        database = Database(url)
    except ImportError as error:
        raise Invalid(f"database {shown}: its driver is not installed: pip install 'sealgate[postgresql]'") from error
    try:
        upgrade(database)
    except DBAPIError as error:
        database.close()
        # The driver's own words, of which the first line says what and the others how.
        raise Invalid(f"database {shown}: {str(error.orig).partition(chr(10))[0]}") from error
    return database


def _check_url(url: str) -> str:
    """Answer the URL as it may be shown: without its password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise Invalid("the database's address is none: it must be like postgresql+psycopg://HOST/NAME") from error
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise Invalid(f"database {parsed.render_as_string()}: must begin with sqlite:/// or postgresql+psycopg://")
    return parsed.render_as_string()
