"""Units of work: all that one call writes is one transaction."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select
from sqlalchemy.exc import IntegrityError

from sealgate.store.database import Database, Tx

_metadata = MetaData()
_table = Table(
    "words", _metadata, Column("number", Integer, primary_key=True, autoincrement=True), Column("word", Text)
)


class Failure(Exception):
    """What a test raises."""


class failing:  # noqa: N801 - reads as `pytest.raises` does
    """A block that ends by a `Failure`."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        assert kind is not None, "nothing was raised"
        return issubclass(kind, Failure)


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        _metadata.create_all(tx)


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    """Another thread, which sees only what is durable."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def say(tx: Tx, word: str) -> None:
    tx.execute(insert(_table), {"word": word})


def write(database: Database, word: str, *, failing: bool = False) -> None:
    with database.write() as tx:
        say(tx, word)
        if failing:
            raise Failure(word)


def words(database: Database) -> list[str]:
    with database.read() as tx:
        return list(tx.execute(select(_table.c.word).order_by(_table.c.number)).scalars())


def test_nothing_is_seen_elsewhere_before_the_unit_ends_and_everything_at_once_then(
    database: Database, other: ThreadPoolExecutor
) -> None:
    with database.unit() as unit:
        write(database, "one")
        write(database, "two")
        assert words(database) == ["one", "two"]
        assert other.submit(words, database).result() == []
    assert unit.is_committed
    assert other.submit(words, database).result() == ["one", "two"]


def test_a_unit_that_ends_by_an_exception_keeps_the_blocks_that_ended_well(database: Database) -> None:
    with failing(), database.unit() as unit:
        write(database, "kept")
        raise Failure
    assert unit.is_committed
    assert words(database) == ["kept"]


def test_a_first_block_that_raises_undoes_all_and_the_unit_may_go_on(
    database: Database, other: ThreadPoolExecutor
) -> None:
    with database.unit() as unit:
        with failing():
            write(database, "lost", failing=True)
        other.submit(write, database, "elsewhere").result()  # the writer's lock is free again
        write(database, "kept")
    assert unit.is_committed
    assert words(database) == ["elsewhere", "kept"]


def test_a_further_block_that_raises_is_undone_alone(database: Database) -> None:
    with database.unit():
        write(database, "one")
        with failing():
            write(database, "two", failing=True)
        write(database, "three")
    assert words(database) == ["one", "three"]


def test_a_block_inside_a_block_is_undone_alone_or_with_it(database: Database) -> None:
    with database.unit():
        with database.write() as tx:
            say(tx, "outer")
            with failing():
                write(database, "inner", failing=True)
        with failing(), database.write():
            write(database, "inner that ended well")
            raise Failure
    with failing(), database.unit(), database.write():
        write(database, "first and inner")
        raise Failure
    assert words(database) == ["outer"]


def test_a_block_inside_a_block_needs_no_unit(database: Database) -> None:
    with database.write() as tx:
        say(tx, "outer")
        write(database, "inner")
    assert words(database) == ["outer", "inner"]


def test_a_unit_that_writes_nothing_commits_nothing_and_holds_no_lock(
    database: Database, other: ThreadPoolExecutor
) -> None:
    with database.unit() as unit:
        unit.before_commit(lambda tx: say(tx, "never"))
        assert words(database) == []
        other.submit(write, database, "elsewhere").result()
    assert not unit.is_committed
    assert words(database) == ["elsewhere"]


def test_what_runs_before_the_commit_commits_with_the_change(database: Database) -> None:
    with failing(), database.unit() as unit:
        unit.before_commit(lambda tx: say(tx, "event"))
        write(database, "change")
        raise Failure
    assert words(database) == ["change", "event"]


def test_what_fails_before_the_commit_undoes_the_change(database: Database, other: ThreadPoolExecutor) -> None:
    def fail(tx: Tx) -> None:
        say(tx, "event")
        raise Failure

    told: list[str] = []
    with failing(), database.unit() as unit:
        unit.before_commit(fail)
        write(database, "change")
        database.after_commit(lambda: told.append("told"))
    assert not unit.is_committed
    assert told == []
    assert words(database) == []
    other.submit(write, database, "elsewhere").result()


def test_what_waits_for_the_commit_runs_after_it(database: Database, other: ThreadPoolExecutor) -> None:
    seen: list[list[str]] = []
    with failing(), database.unit():
        write(database, "change")
        database.after_commit(lambda: seen.append(other.submit(words, database).result()))
        assert seen == []
        raise Failure
    assert seen == [["change"]]
    database.after_commit(lambda: seen.append([]))
    assert seen == [["change"], []]


def test_what_waited_for_a_block_that_was_undone_never_runs(database: Database) -> None:
    told: list[str] = []
    with database.unit():
        write(database, "one")
        with failing(), database.write():
            database.after_commit(lambda: told.append("undone"))
            raise Failure
        database.after_commit(lambda: told.append("kept"))
    assert told == ["kept"]


def test_a_statement_that_the_database_refuses_spoils_only_its_own_block(database: Database) -> None:
    with database.unit():
        write(database, "one")
        with pytest.raises(IntegrityError), database.write() as tx:
            tx.execute(insert(_table), {"number": 1, "word": "taken"})
        with database.statement() as tx:
            assert tx.execute(select(_table.c.word)).scalars().all() == ["one"]
        write(database, "two")
    assert words(database) == ["one", "two"]


def test_a_unit_is_not_opened_inside_another(database: Database) -> None:
    with pytest.raises(RuntimeError), database.unit(), database.unit():
        pass
    with database.unit():
        write(database, "the thread is in no unit any more")


def test_units_of_many_threads_take_turns_from_their_first_write_to_their_end(database: Database) -> None:
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        with database.unit():
            words(database)
            for _ in range(3):
                write(database, str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    written = words(database)
    assert [written[at : at + 3] for at in range(0, 24, 3)] == [[word] * 3 for word in written[::3]]
    assert len(set(written)) == 8


def test_a_crash_before_the_end_leaves_nothing(database: Database, other: ThreadPoolExecutor) -> None:
    def die() -> None:
        unit = database.unit()
        unit.__enter__()
        write(database, "half done")
        database._here.connection.connection.driver_connection.close()  # type: ignore[union-attr]  # as a dead process does
        with pytest.raises(Exception):  # noqa: B017, PT011 - each driver's own
            unit.__exit__(None, None, None)

    other.submit(die).result()
    assert words(database) == []
    write(database, "the lock is free")
