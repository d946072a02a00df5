"""The database: one call of the API is one transaction, and what was committed survives a crash.

Trust: whoever can write here can make the server believe anything but a signature; the file is readable and writable
by the data folder's owner only. Durability: when a `write` block ends, the change has reached the disk (SQLite: WAL
with synchronous=FULL; PostgreSQL: its own synchronous commit). Ownership: any thread may open a block; a connection
belongs to the thread that opened it; writers run one at a time.

SQLite and PostgreSQL take the same statements. What differs between them stands in this module only.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

Tx = Connection
"""An open transaction; services hand it on and never look inside."""

_BUSY_MILLISECONDS = 30_000
_WRITER_LOCK = 0x5EA16A7E
"""The PostgreSQL advisory lock that every writing transaction holds."""


class Database:
    """Transactions on one database.

    Args:
        url: A SQLAlchemy URL: `sqlite:////path/to/file` or `postgresql+psycopg://...`.
    """

    def __init__(self, url: str) -> None:
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self._is_sqlite else create_engine(url, poolclass=NullPool)
        self._local = threading.local()
        self._writer = threading.RLock() if self._is_sqlite else None
        self._opened: list[Connection] = []
        self._opened_lock = threading.Lock()

    def read(self) -> Reading:
        """Open a transaction that sees one state of the database and changes nothing."""
        return Reading(self._connection(), says_begin=self._is_sqlite)

    def statement(self) -> Reading:
        """Open what reads with one statement, which sees one state of the database without a transaction."""
        return Reading(self._connection(), says_begin=False)

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """Open a transaction that changes the database: whole when the block ends, not at all when it raises.

        Writers are served one at a time, so what a block has read stays true until it ends. Do no long work inside.
        """
        connection = self._connection()
        if self._writer is None:
            with connection.begin():
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
                yield connection
            return
        with self._writer:
            connection.info["begin"] = "BEGIN IMMEDIATE"
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.info["begin"] = "BEGIN"

    def close(self) -> None:
        """Close every thread's connection; the server calls it when no request is under way."""
        with self._opened_lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
        self.engine.dispose()

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None or connection.closed or connection.invalidated:
            connection = self._local.connection = self.engine.connect()
            with self._opened_lock:
                self._opened.append(connection)
        return connection


class Reading:
    """A reading transaction, from the start of a `with` block to its end.

    What every call does is said to the driver itself: SQLAlchemy's own way to begin costs more than a look-up. It joins
    in, where a statement goes through it. A class, since a generator costs as much again.
    """

    __slots__ = ("_connection", "_driver", "_says_begin")

    def __init__(self, connection: Connection, *, says_begin: bool) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.driver_connection
        self._says_begin = says_begin

    def __enter__(self) -> Tx:
        if self._says_begin:
            self._driver.execute("BEGIN")
        return self._connection

    def __exit__(self, *_: object) -> None:
        if self._connection.in_transaction():
            self._connection.rollback()
        else:
            self._driver.rollback()


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, poolclass=NullPool, connect_args={"check_same_thread": False, "isolation_level": None})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own idea of transactions is off (`isolation_level`); `_begin_sqlite` says BEGIN, so that a writer
    # takes its lock at the start and cannot fail half way.
    for pragma in (
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-16000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        driver.execute(connection.info.get("begin", "BEGIN"))
