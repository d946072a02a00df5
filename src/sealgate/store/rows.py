"""Typed access to one table whose columns are the fields of one frozen dataclass."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from sqlalchemy.engine.interfaces import DBAPICursor

R = TypeVar("R", bound="DataclassInstance")

_AT_ONCE = (64, 32, 16, 8, 4, 2, 1)
"""How many rows one statement adds: the most that fit, so that few statements have to be known."""


class Lookup:
    """A look-up by primary key, written out for one kind of database.

    Every call makes a few of these, and going through SQLAlchemy's execution costs several times what the database
    does. So the statement is compiled once, and run by the driver itself, in the same transaction.
    """

    def __init__(self, statement: Select[Any], columns: Sequence[Column[Any]], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._text = str(compiled)
        self._order = getattr(compiled, "positiontup", None)
        readers = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
        self._readers = [(place, read) for place, read in enumerate(readers) if read is not None]

    def find(self, tx: Connection, key: Mapping[str, object]) -> Sequence[Any] | None:
        """Answer the values of the row, or None."""
        driver: Any = tx.connection.dbapi_connection
        given = key if self._order is None else [key[name] for name in self._order]
        row = driver.execute(self._text, given).fetchone()
        if row is None or not self._readers:
            return cast("Sequence[Any] | None", row)
        values = list(row)
        for place, read in self._readers:
            if values[place] is not None:
                values[place] = read(values[place])
        return values


class Insertion:
    """Adding many rows in few statements, written out for each kind of database; see `Lookup` for why.

    Every call leaves an audit event, so what a row costs here is a part of what every call costs. A driver lets go of
    the interpreter for each statement, and has to wait for it again while requests are served: one statement for each
    row costs more waiting than work.

    Attributes:
        names: The columns, in the order in which a row gives their values.
    """

    def __init__(self, table: Table, *, without: Collection[str] = ()) -> None:
        self.names = tuple(column.name for column in table.columns if column.name not in without)
        self._table = table
        self._statements: dict[tuple[str, int], _Statement] = {}

    def add(self, tx: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows in this order.

        Raises:
            Exception: What the driver raises: a key is taken, a value does not fit.
        """
        cursor = tx.connection.cursor()
        try:
            start = 0
            for size in _AT_ONCE:
                while len(rows) - start >= size:
                    self._statement(tx.dialect, size).run(cursor, rows[start : start + size])
                    start += size
        finally:
            cursor.close()

    def _statement(self, dialect: Dialect, size: int) -> _Statement:
        statement = self._statements.get((dialect.name, size))
        if statement is None:
            columns = [self._table.c[name] for name in self.names]
            statement = self._statements[dialect.name, size] = _Statement(self._table, columns, size, dialect)
        return statement


class _Statement:
    """An insertion of so many rows, as one kind of database reads it, and how its driver takes the values."""

    def __init__(self, table: Table, columns: Sequence[Column[Any]], size: int, dialect: Dialect) -> None:
        rows = [
            {column.name: bindparam(f"{column.name}_{row}", type_=column.type) for column in columns}
            for row in range(size)
        ]
        self._text = str(insert(table).inline().values(rows).compile(dialect=dialect))
        self._keys = None if dialect.positional else [bound.key for row in rows for bound in row.values()]
        writers = (column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns)
        self._writers = [(place, write) for place, write in enumerate(writers) if write is not None]

    def run(self, cursor: DBAPICursor, rows: Sequence[Sequence[Any]]) -> None:
        if not self._writers:
            self._execute(cursor, list(chain.from_iterable(rows)))
            return
        values: list[Any] = []
        for row in rows:
            start = len(values)
            values += row
            for place, write in self._writers:
                values[start + place] = write(values[start + place])
        self._execute(cursor, values)

    def _execute(self, cursor: DBAPICursor, values: list[Any]) -> None:
        cursor.execute(self._text, values if self._keys is None else dict(zip(self._keys, values, strict=True)))


class Rows(Generic[R]):
    """The rows of `table` as values of `record`.

    Statements are built once, here, since building one costs more than running it.

    Example:
        >>> profiles = Rows(profiles_table, Profile)
        >>> profiles.find(tx, account="000000000000", region="us-east-1", name="app")
    """

    def __init__(self, table: Table, record: type[R]) -> None:
        self.table = table
        self.record = record
        self._fields = tuple(field.name for field in dataclasses.fields(record))
        if set(self._fields) != set(table.columns.keys()):
            raise TypeError(
                f"table {table.name} and {record.__name__} differ: {set(self._fields) ^ set(table.c.keys())}"
            )
        if hasattr(record, "__post_init__"):
            raise TypeError(f"{record.__name__}: a record is made from its row as it is")
        self._slots = tuple(getattr(record, name).__set__ for name in self._fields)
        self._columns = tuple(table.c[name] for name in self._fields)
        self._key = tuple(column.name for column in table.primary_key.columns)
        key = [table.c[name] == bindparam(f"k_{name}") for name in self._key]
        self._select = select(*self._columns)
        self._find = self._select.where(*(table.c[name] == bindparam(name) for name in self._key))
        self._lookups: dict[str, Lookup] = {}
        self._insert = insert(table)
        self._update = update(table).where(*key)
        self._delete = delete(table).where(*key)

    def find(self, tx: Connection, **key: object) -> R | None:
        """Answer the row with this whole primary key, or None."""
        lookup = self._lookups.get(tx.dialect.name)
        if lookup is None:
            lookup = self._lookups[tx.dialect.name] = Lookup(self._find, self._columns, tx.dialect)
        values = lookup.find(tx, key)
        return None if values is None else self._make(values)

    def _make(self, values: Iterable[Any]) -> R:
        """Make a record without its constructor, which takes longer for a frozen dataclass than the look-up itself."""
        record = object.__new__(self.record)
        for put, value in zip(self._slots, values, strict=True):
            put(record, value)
        return record

    def insert(self, tx: Connection, record: R) -> None:
        """Add a row.

        Raises:
            sqlalchemy.exc.IntegrityError: The primary key or a unique column is taken; look before you insert,
                inside the same write transaction.
        """
        tx.execute(self._insert, self._values(record))

    def replace(self, tx: Connection, record: R) -> None:
        """Overwrite the row that has the record's primary key, which must exist."""
        values = self._values(record)
        result = tx.execute(self._update, values | self._bind(values))
        if result.rowcount != 1:
            raise LookupError(f"{self.table.name}: no row to replace")

    def delete(self, tx: Connection, **key: object) -> bool:
        """Remove the row with this whole primary key; tell whether there was one."""
        return tx.execute(self._delete, self._bind(key)).rowcount > 0

    def select(
        self,
        tx: Connection,
        *conditions: ColumnElement[bool],
        order_by: Sequence[ColumnElement[Any]] = (),
        limit: int | None = None,
    ) -> list[R]:
        """Answer the rows that fulfil every condition."""
        statement = self._select.where(*conditions).order_by(*order_by).limit(limit)
        return [self.load(row) for row in tx.execute(statement)]

    def load(self, row: Row[Any]) -> R:
        """Turn a row that holds this table's columns, in field order, into its record."""
        return self._make(row)

    def _values(self, record: R) -> dict[str, Any]:
        return {name: getattr(record, name) for name in self._fields}

    def _bind(self, values: dict[str, Any]) -> dict[str, Any]:
        return {f"k_{name}": values[name] for name in self._key}
