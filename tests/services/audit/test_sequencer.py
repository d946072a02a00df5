from contextlib import AbstractContextManager
from typing import Any, cast

import pytest

from sealgate.services.audit import sequencer
from sealgate.services.audit.sequencer import Sequencer
from sealgate.store.database import Database
from tests.support.audit import TrailHouse, a_call


class Overtaken:
    """A database at whose writer's lock another server is quicker, once."""

    def __init__(self, db: Database, other: Sequencer) -> None:
        self._db = db
        self._others = [other]

    def read(self) -> AbstractContextManager[Any]:
        return self._db.read()

    def write(self) -> AbstractContextManager[Any]:
        while self._others:
            self._others.pop().place_all()
        return self._db.write()


def test_servers_that_place_the_same_events_at_once_place_each_once(trail: TrailHouse) -> None:
    trail.add(*(a_call(request_id=str(number)) for number in range(5)))
    overtaken = cast("Database", Overtaken(trail.db, trail.sequencer))
    Sequencer(db=overtaken, root_sha256=trail.root_sha256).place_all()
    assert trail.verify().head.position == 5


def test_more_events_than_one_transaction_takes_are_placed(trail: TrailHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "_BATCH", 10)
    trail.add(*(a_call(request_id=str(number)) for number in range(25)))
    trail.settle()
    assert trail.verify().head.position == 25


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (10, ["COMMIT"]),
        (15, ["PRAGMA synchronous=NORMAL", "COMMIT", "PRAGMA synchronous=FULL", "COMMIT"]),
    ],
)
def test_the_last_batch_reaches_the_disk_and_all_before_with_it(
    trail: TrailHouse, count: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "_BATCH", 10)
    trail.add(*(a_call(request_id=str(number)) for number in range(count)))
    heard: list[str] = []
    with trail.db.read() as tx:
        driver: Any = tx.connection.dbapi_connection
    driver.set_trace_callback(heard.append)
    trail.sequencer.place_all()
    assert [each for each in heard if each.startswith(("PRAGMA", "COMMIT"))] == said
