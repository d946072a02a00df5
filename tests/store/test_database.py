import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text
from sqlalchemy.exc import IntegrityError

from sealgate.store.database import Database
from sealgate.store.rows import Rows
from sealgate.store.tables import StringList, StringMap, UtcTime

_metadata = MetaData()
_table = Table(
    "things",
    _metadata,
    Column("account", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("at", UtcTime),
    Column("tags", StringMap),
    Column("parts", StringList),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    account: str
    name: str
    count: int = 0
    at: datetime | None = None
    tags: Mapping[str, str] | None = None
    parts: tuple[str, ...] | None = None


things = Rows(_table, Thing)
FULL = Thing(
    account="1",
    name="näme",
    count=7,
    at=datetime(2026, 11, 24, 1, 2, 3, 456789, tzinfo=UTC),
    tags={"b": "2", "a": "ü"},
    parts=("x", "y"),
)


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        _metadata.create_all(tx)


def test_a_record_comes_back_as_it_was_put_in(database: Database) -> None:
    with database.write() as tx:
        things.insert(tx, FULL)
    with database.read() as tx:
        assert things.find(tx, account="1", name="näme") == FULL
        assert things.find(tx, account="2", name="näme") is None


def test_replace_changes_one_row_and_fails_where_there_is_none(database: Database) -> None:
    with database.write() as tx:
        things.insert(tx, FULL)
        things.insert(tx, replace(FULL, account="2"))
        things.replace(tx, replace(FULL, count=8, at=None))
    with database.read() as tx:
        assert [thing.count for thing in things.select(tx, order_by=[_table.c.account])] == [8, 7]
    with pytest.raises(LookupError), database.write() as tx:
        things.replace(tx, replace(FULL, account="3"))


def test_a_block_that_raises_changes_nothing(database: Database) -> None:
    def fail_half_way() -> None:
        with database.write() as tx:
            things.insert(tx, FULL)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with database.read() as tx:
        assert things.select(tx) == []


def test_a_second_row_of_the_same_key_is_refused(database: Database) -> None:
    with database.write() as tx:
        things.insert(tx, FULL)
    with pytest.raises(IntegrityError), database.write() as tx:
        things.insert(tx, FULL)


def test_delete_tells_whether_there_was_a_row(database: Database) -> None:
    with database.write() as tx:
        things.insert(tx, FULL)
        assert things.delete(tx, account="1", name="näme")
        assert not things.delete(tx, account="1", name="näme")


def test_writers_of_many_threads_lose_no_update(database: Database) -> None:
    with database.write() as tx:
        things.insert(tx, Thing(account="1", name="counter"))

    def increment(_: int) -> None:
        with database.write() as tx:
            thing = things.find(tx, account="1", name="counter")
            assert thing is not None
            things.replace(tx, replace(thing, count=thing.count + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(increment, range(40)))
    with database.read() as tx:
        thing = things.find(tx, account="1", name="counter")
    assert thing is not None
    assert thing.count == 40


def test_what_may_wait_for_the_disk_is_there_at_once_and_whole_or_not_at_all(database: Database) -> None:
    with database.write_soon() as tx:
        things.insert(tx, FULL)
    with suppress(LookupError), database.write_soon() as tx:
        things.insert(tx, replace(FULL, name="other"))
        raise LookupError
    other = Database(database.engine.url.render_as_string(hide_password=False))
    with other.read() as tx:
        assert things.select(tx) == [FULL]
    other.close()
    with database.unit(), pytest.raises(RuntimeError, match="as a whole"), database.write_soon():
        pass


@pytest.mark.parametrize("raises", [False, True])
def test_after_it_a_change_reaches_the_disk_again(database: Database, *, raises: bool) -> None:
    asked = "PRAGMA synchronous" if database.engine.dialect.name == "sqlite" else "SHOW synchronous_commit"
    with suppress(LookupError), database.write_soon() as tx:
        assert str(tx.exec_driver_sql(asked).scalar()) in ("1", "off")
        if raises:
            raise LookupError
    with database.write() as tx:
        assert str(tx.exec_driver_sql(asked).scalar()) in ("2", "on")


def test_a_checkpoint_brings_what_was_committed_into_the_file(database: Database, tmp_path: Path) -> None:
    with database.write() as tx:
        things.insert(tx, FULL)
    database.checkpoint()
    if database.engine.dialect.name == "sqlite":
        file = tmp_path / "without-its-log.db"
        file.write_bytes(Path(str(database.engine.url.database)).read_bytes())
        database = Database(f"sqlite:///{file}")
    with database.read() as tx:
        assert things.select(tx) == [FULL]
    database.close()


def test_a_reader_sees_one_state_however_often_it_looks(database: Database) -> None:
    with database.write() as tx:
        things.insert(tx, FULL)
    change = threading.Thread(target=_replace, args=(database, replace(FULL, count=8)))
    with database.read() as tx:
        before = things.find(tx, account=FULL.account, name=FULL.name)
        change.start()
        change.join()
        assert things.find(tx, account=FULL.account, name=FULL.name) == before == FULL
    with database.read() as tx:
        assert things.find(tx, account=FULL.account, name=FULL.name) != FULL


def _replace(database: Database, thing: Thing) -> None:
    with database.write() as tx:
        things.replace(tx, thing)


def test_a_thread_that_waits_gives_its_connection_to_another(database: Database) -> None:
    opened = len(database._opened)

    def put(name: str) -> None:
        with database.write() as tx:
            things.insert(tx, Thing(account="1", name=name))

    with ThreadPoolExecutor(1) as waiting, ThreadPoolExecutor(1) as other:
        waiting.submit(put, "a").result()
        waiting.submit(database.give_way).result()
        other.submit(put, "b").result()
        assert len(database._opened) == opened + 1
        waiting.submit(put, "c").result()
        assert len(database._opened) == opened + 2
    with database.read() as tx:
        assert [each.name for each in things.select(tx, order_by=[_table.c.name])] == ["a", "b", "c"]


def test_a_unit_of_work_that_has_written_keeps_its_connection(database: Database) -> None:
    with database.unit() as unit:
        with unit.write() as tx:
            things.insert(tx, Thing(account="1", name="a"))
        database.give_way()
        with database.read() as tx:
            assert len(things.select(tx)) == 1
    assert database._free == []


def test_a_record_that_does_not_fit_its_table_is_refused_when_declared() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Other:
        account: str

    with pytest.raises(TypeError, match="things and Other differ"):
        Rows(_table, Other)
