"""The database: one call of the API is one transaction, and what was committed survives a crash.

Trust: whoever can write here can make the server believe anything but a signature; the file is readable and writable
by the data folder's owner only. Durability: when a `write` block outside a unit of work ends, or else the unit, the
change has reached the disk (SQLite: WAL with synchronous=FULL; PostgreSQL: its own synchronous commit). Ownership: any
thread may open a block; a connection is one thread's, until that thread gives it away; writers run one at a time.

A unit of work gathers what one call writes into one transaction:

    with db.unit() as unit:
        unit.before_commit(lambda tx: ...)   # runs inside the transaction, if there is one
        ...                                  # any number of `write` blocks, here or deep below
    unit.is_committed                        # whether anything was written

SQLite and PostgreSQL take the same statements. What differs between them stands in this module only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

Tx = Connection
"""An open transaction; services hand it on and never look inside."""

_BUSY_MILLISECONDS = 30_000
_LOG_PAGES = 8192
"""At so many pages in SQLite's log (32 MiB) the commit that adds them brings it into the file, if nobody has before."""
_WRITER_LOCK = 0x5EA16A7E
"""The PostgreSQL advisory lock that every writing transaction holds."""


class _Here(threading.local):
    """What belongs to one thread: its connection, and the unit of work that it is in."""

    connection: Connection | None = None
    unit: Unit | None = None


class Database:
    """Transactions on one database.

    Args:
        url: A SQLAlchemy URL: `sqlite:////path/to/file` or `postgresql+psycopg://...`.
    """

    def __init__(self, url: str) -> None:
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self._is_sqlite else _postgresql_engine(url)
        self._here = _Here()
        self._writer = threading.RLock() if self._is_sqlite else None
        self._opened: list[Connection] = []
        self._free: list[Connection] = []
        self._opened_lock = threading.Lock()

    def read(self) -> Reading | Joined:
        """Open a transaction that sees one state of the database and changes nothing.

        Inside a unit of work that has written, the block sees what the unit wrote.
        """
        return self._reading(says_begin=self._is_sqlite)

    def statement(self) -> Reading | Joined:
        """Open what reads with one statement, which sees one state of the database without a transaction."""
        return self._reading(says_begin=False)

    @contextmanager
    def write_soon(self) -> Iterator[Tx]:
        """Open a block whose change is safe at once from a crash of this process, but not of the machine.

        From that it is safe once any later transaction has reached the disk: the log of both databases is one sequence.
        Not for what a caller is told has changed, and not inside a unit of work.

        Raises:
            RuntimeError: The thread is in a unit of work.
        """
        if self._here.unit is not None:
            raise RuntimeError("a unit of work is durable as a whole")
        if self._writer is None:
            with self._transaction() as tx:
                tx.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
                yield tx
            return
        connection = self._connection()
        with self._writer:
            self._synchronise(connection, "NORMAL")
            with Writing(connection) as tx:
                yield tx

    def checkpoint(self) -> None:
        """Bring SQLite's log into its file while others go on writing; what is not brought by and by holds up a commit.

        PostgreSQL sees to that by itself.
        """
        if self._is_sqlite:
            _driver_of(self._connection()).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """Open a block that changes the database: whole when it ends, not at all when it raises.

        Writers are served one at a time, so what a block has read stays true until it ends. Do no long work inside. In
        a unit of work the change becomes durable when the unit ends, and the writer's lock is held until then.
        """
        unit = self._here.unit
        if unit is not None:
            with unit.write() as tx:
                yield tx
            return
        with self.unit() as own, own.write() as tx:
            yield tx

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """Make one transaction of all `write` blocks that this thread opens until this block ends.

        The first of them begins the transaction. It is committed once, when the unit ends, also where the unit ends by
        an exception: each `write` block that ended normally is meant to last, such as the record of a refusal.

        Raises:
            RuntimeError: The thread is in a unit already.
        """
        if self._here.unit is not None:
            raise RuntimeError("a unit of work is not opened inside another")
        unit = self._here.unit = Unit(self._transaction)
        try:
            yield unit
        finally:
            try:
                unit.finish()
            finally:
                self._here.unit = None
            unit.tell()

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run something once what this thread has written is durable: now, or else when its unit of work has ended.

        It is not run when what was written is undone.
        """
        unit = self._here.unit
        if unit is None:
            callback()
        else:
            unit.after_commit(callback)

    def give_way(self) -> None:
        """Give this thread's connection to whoever needs one next: who waits for long, in no block, needs none.

        A unit of work that has written keeps it.
        """
        connection = self._here.connection
        if connection is None or connection.in_transaction():
            return
        self._here.connection = None
        with self._opened_lock:
            self._free.append(connection)

    def close(self) -> None:
        """Close every thread's connection; the server calls it when no request is under way."""
        with self._opened_lock:
            self._free.clear()
            for connection in self._opened:
                connection.close()
            self._opened.clear()
        self.engine.dispose()

    def _reading(self, *, says_begin: bool) -> Reading | Joined:
        unit = self._here.unit
        if unit is not None and unit.tx is not None:
            return Joined(unit.tx)
        return Reading(self._connection(), says_begin=says_begin)

    @contextmanager
    def _transaction(self) -> Iterator[Tx]:
        connection = self._connection()
        if self._writer is None:
            with connection.begin():
                # What a writer waits for the lock for, it has to see: each of its statements sees what is committed.
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
                yield connection
            return
        with self._writer:
            self._synchronise(connection, "FULL")
            connection.info["begin"] = "BEGIN IMMEDIATE"
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.info["begin"] = "BEGIN"

    def _synchronise(self, connection: Connection, level: str) -> None:
        """See to it that the connection's next commit to SQLite reaches the disk (FULL), or need not (NORMAL)."""
        if connection.info.get("synchronous", "FULL") != level:
            _driver_of(connection).execute(f"PRAGMA synchronous={level}")
            connection.info["synchronous"] = level

    def _connection(self) -> Connection:
        connection = self._here.connection
        while connection is None or connection.closed or connection.invalidated:
            connection = self._here.connection = self._take()
        return connection

    def _take(self) -> Connection:
        """Answer a connection that somebody has given away, or else a new one."""
        with self._opened_lock:
            if self._free:
                return self._free.pop()
        connection = self.engine.connect()
        with self._opened_lock:
            self._opened.append(connection)
        return connection


class Unit:
    """One thread's unit of work; `Database.unit` makes and ends it.

    Attributes:
        tx: The transaction, from the first `write` block on.
        is_committed: Whether the unit has ended and made something durable.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Tx]]) -> None:
        self.tx: Tx | None = None
        self.is_committed = False
        self._begin = begin
        self._transaction = ExitStack()
        self._before: list[Callable[[Tx], None]] = []
        self._after: list[Callable[[], None]] = []

    def before_commit(self, callback: Callable[[Tx], None]) -> None:
        """Run something inside the transaction, just before it is committed; not at all where nothing is.

        What it raises undoes the whole unit.
        """
        self._before.append(callback)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run something once the unit is durable (see `Database.after_commit`)."""
        self._after.append(callback)

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """Open a `write` block; the first begins the transaction, a further one is undone alone when it raises."""
        told = len(self._after)
        try:
            if self.tx is None:
                with self._first() as tx:
                    yield tx
            else:
                with self.tx.begin_nested():
                    yield self.tx
        except BaseException:
            del self._after[told:]
            raise

    @contextmanager
    def _first(self) -> Iterator[Tx]:
        self.tx = self._transaction.enter_context(self._begin())
        try:
            yield self.tx
        except BaseException as error:
            self._undo(error)
            raise

    def finish(self) -> None:
        """Commit what was written, if anything was.

        Raises:
            Exception: It could not be committed, or a callback has failed; everything is undone.
        """
        if self.tx is None:
            return
        try:
            for callback in self._before:
                callback(self.tx)
        except BaseException as error:
            self._after.clear()
            self._undo(error)
            raise
        try:
            self._transaction.close()
        except BaseException:
            self._after.clear()
            raise
        finally:
            self.tx = None
        self.is_committed = True

    def tell(self) -> None:
        """Run what waited for the commit."""
        for callback in self._after:
            callback()

    def _undo(self, error: BaseException) -> None:
        self.tx = None
        self._transaction.__exit__(type(error), error, error.__traceback__)


class Joined:
    """A reading block inside a unit of work that has written: its transaction goes on when the block ends."""

    __slots__ = ("_tx",)

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def __enter__(self) -> Tx:
        return self._tx

    def __exit__(self, *_: object) -> None:
        pass


class Reading:
    """A reading transaction, from the start of a `with` block to its end.

    What every call does is said to the driver itself: SQLAlchemy's own way to begin costs more than a look-up. It joins
    in, where a statement goes through it. A class, since a generator costs as much again.
    """

    __slots__ = ("_connection", "_driver", "_says_begin")

    def __init__(self, connection: Connection, *, says_begin: bool) -> None:
        self._connection = connection
        self._driver = _driver_of(connection)
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


class Writing:
    """A writing transaction on SQLite, from the start of a `with` block to its end; like `Reading`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Tx:
        _driver_of(self._connection).execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        is_shared = self._connection.in_transaction()
        transaction: Any = self._connection if is_shared else _driver_of(self._connection)
        if kind is None:
            transaction.commit()
        else:
            transaction.rollback()


def _driver_of(connection: Connection) -> Any:
    """Answer the driver's own connection."""
    return connection.connection.dbapi_connection


def _postgresql_engine(url: str) -> Engine:
    # Readers see one state of the database for as long as they read, as SQLite's do.
    return create_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ")


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
        f"wal_autocheckpoint={_LOG_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    driver = _driver_of(connection)
    if not driver.in_transaction:
        driver.execute(connection.info.get("begin", "BEGIN"))
