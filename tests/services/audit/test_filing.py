import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event, text

from sealgate.services.audit import filing as module
from sealgate.services.audit.filing import Filing, settle_journal
from sealgate.services.audit.recorder import Recorder
from sealgate.services.audit.trail import AuditTrail
from sealgate.store import audit_journal
from sealgate.store.audit_journal import Journal, JournalFull
from tests.support.audit import TrailHouse, a_call


def record(trail: TrailHouse, *numbers: int) -> None:
    for number in numbers:
        trail.recorder.record(a_call(request_id=str(number)))


def numbers_of(trail: TrailHouse) -> list[int]:
    """Answer the events in the database, in the order of their commits; nothing is filed for that."""
    with trail.db.read() as tx:
        found = tx.execute(text("SELECT text FROM audit_events ORDER BY number")).scalars()
        return [int(each.partition('"requestID":"')[2].partition('"')[0]) for each in found]


def left_by_a_killed_server(trail: TrailHouse) -> Journal:
    """Answer the journal as the next server finds it."""
    return Journal(trail.journal.folder)


def segments(trail: TrailHouse) -> list[str]:
    return sorted(each.name for each in trail.journal.folder.iterdir())


def test_what_is_written_down_is_filed_in_order_and_its_segment_goes(trail: TrailHouse) -> None:
    record(trail, *range(5))
    assert (numbers_of(trail), len(segments(trail))) == ([], 1)
    assert (trail.journal.folder / segments(trail)[0]).stat().st_mode & 0o777 == 0o600
    trail.filing.settle()
    assert (numbers_of(trail), segments(trail)) == ([0, 1, 2, 3, 4], [])
    record(trail, 5)
    trail.filing.settle()
    assert numbers_of(trail) == [0, 1, 2, 3, 4, 5]


def test_many_are_filed_in_several_transactions_the_last_of_which_reaches_the_disk(trail: TrailHouse) -> None:
    said: list[str] = []
    event.listen(trail.db.engine, "connect", lambda driver, _: driver.set_trace_callback(said.append))
    record(trail, *range(module._BATCH + 1))
    trail.filing.settle()
    told = [each for each in said if each == "COMMIT" or each.startswith("PRAGMA synchronous")]
    assert told[-4:] == ["PRAGMA synchronous=NORMAL", "COMMIT", "PRAGMA synchronous=FULL", "COMMIT"]
    assert numbers_of(trail) == list(range(module._BATCH + 1))


def test_a_database_that_takes_nothing_is_tried_again_and_nothing_is_filed_twice(
    trail: TrailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    record(trail, *range(3))
    with trail.db.write() as tx:
        tx.execute(text("ALTER TABLE audit_event_resources RENAME TO away"))
    for _ in range(2):
        with pytest.raises(Exception, match="audit_event_resources"):
            trail.filing.settle()
    record(trail, 3)
    assert numbers_of(trail) == []
    with trail.db.write() as tx:
        tx.execute(text("ALTER TABLE away RENAME TO audit_event_resources"))
    trail.filing.settle()
    assert (numbers_of(trail), segments(trail)) == ([0, 1, 2, 3], [])


@pytest.mark.parametrize("is_killed", [False, True])
def test_an_event_that_the_database_does_not_take_keeps_no_other_out(
    trail: TrailHouse, caplog: pytest.LogCaptureFixture, is_killed: bool
) -> None:
    refuse = 'CREATE TRIGGER refuse BEFORE INSERT ON audit_events WHEN NEW.text LIKE \'%"requestID":"1"%\''
    with trail.db.write() as tx:
        tx.execute(text(f"{refuse} BEGIN SELECT RAISE(ABORT, 'not this one'); END"))
    record(trail, 0, 1, 2)
    if is_killed:
        Filing(db=trail.db, journal=left_by_a_killed_server(trail)).recover()
    else:
        trail.filing.settle()
    assert numbers_of(trail) == [0, 2]
    (kept,) = segments(trail)
    assert kept.endswith(".refused")
    assert '"requestID":"1"' in (trail.journal.folder / kept).read_text()
    assert kept in caplog.text
    if not is_killed:
        record(trail, 3)
        trail.filing.settle()
        assert numbers_of(trail) == [0, 2, 3]


def test_a_commit_whose_end_was_not_heard_is_not_made_again(trail: TrailHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    record(trail, 0, 1)

    def lose(*_: object) -> None:
        raise ConnectionError("the answer was lost")

    with monkeypatch.context() as broken:
        broken.setattr(Journal, "note_filed", lose)
        with pytest.raises(ConnectionError):
            trail.filing.settle()
    assert numbers_of(trail) == [0, 1]
    trail.filing.settle()
    assert (numbers_of(trail), segments(trail)) == ([0, 1], [])


def test_where_the_database_takes_nothing_for_long_calls_fail(
    trail: TrailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_journal, "MAX_WAITING", 2)
    record(trail, 0, 1)
    with pytest.raises(JournalFull, match="2 audit events wait"):
        record(trail, 2)
    trail.filing.settle()
    record(trail, 3)
    trail.filing.settle()
    assert numbers_of(trail) == [0, 1, 3]


def test_what_a_killed_server_has_left_is_filed_once_by_the_next(trail: TrailHouse) -> None:
    record(trail, 0, 1)
    killed = segments(trail)
    with (trail.journal.folder / killed[0]).open("ab") as segment:
        segment.write(b'2026-11-24T09:25:49+00:00 {"cut')
    journal = left_by_a_killed_server(trail)
    recovered = Filing(db=trail.db, journal=journal)
    recovered.recover()
    assert (numbers_of(trail), segments(trail)) == ([0, 1], [])
    Recorder(journal=journal, clock=trail.clock).record(a_call(request_id="2"))
    assert segments(trail) != killed
    recovered.close()
    assert numbers_of(trail) == [0, 1, 2]


def test_a_server_that_was_killed_between_commit_and_removal_leaves_nothing_double(trail: TrailHouse) -> None:
    record(trail, 0, 1)
    content = (trail.journal.folder / segments(trail)[0]).read_bytes()
    trail.filing.settle()
    (trail.journal.folder / "0000000000000007").write_bytes(content)
    Filing(db=trail.db, journal=left_by_a_killed_server(trail)).recover()
    assert (numbers_of(trail), segments(trail)) == ([0, 1], [])


@pytest.mark.parametrize(
    "line", [b"no moment", b"2026-11-24T09:25:49+00:00 no JSON", b'2026-11-24T09:25:49+00:00 {"a": 1}', b"\xff"]
)
def test_lines_that_are_no_events_are_said_and_kept(
    trail: TrailHouse, line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    record(trail, 0)
    (name,) = segments(trail)
    with (trail.journal.folder / name).open("ab") as segment:
        segment.write(line + b"\n")
    Filing(db=trail.db, journal=left_by_a_killed_server(trail)).recover()
    assert "1 lines of the audit journal are no events" in caplog.text
    assert (numbers_of(trail), segments(trail)) == ([0], [f"{name}.unreadable"])
    assert line in (trail.journal.folder / f"{name}.unreadable").read_bytes()
    Filing(db=trail.db, journal=left_by_a_killed_server(trail)).recover()
    assert numbers_of(trail) == [0]


def test_another_process_waits_for_a_server_that_files(trail: TrailHouse) -> None:
    record(trail, 0)
    filing = threading.Timer(0.1, trail.filing.settle)
    filing.start()
    settle_journal(trail.journal.folder, trail.db)
    assert segments(trail) == []
    filing.join()
    assert numbers_of(trail) == [0]


def test_another_process_files_for_a_server_that_does_not_run(
    trail: TrailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0)
    record(trail, 0, 1)
    for _ in range(2):
        settle_journal(trail.journal.folder, trail.db)
        assert (numbers_of(trail), len(segments(trail))) == ([0, 1], 1)
    trail.filing.settle()  # it does run after all
    assert (numbers_of(trail), segments(trail)) == ([0, 1], [])


def test_without_a_journal_there_is_nothing_to_settle(trail: TrailHouse, tmp_path: Path) -> None:
    settle_journal(tmp_path / "none", trail.db)
    assert numbers_of(trail) == []


def test_many_threads_write_down_while_it_is_filed(trail: TrailHouse) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(record, trail, number) for number in range(200)]
        while not all(each.done() for each in done):
            trail.filing.settle()
            os.sched_yield()
    trail.filing.settle()
    assert sorted(numbers_of(trail)) == list(range(200))
    assert segments(trail) == []


def test_a_trail_that_starts_files_what_was_left_before_anything_else(trail: TrailHouse) -> None:
    record(trail, 0)
    running = AuditTrail(
        db=trail.db, journal=left_by_a_killed_server(trail), authority=trail.authority, clock=trail.clock
    )
    running.start()
    running.recorder.record(a_call(request_id="1"))
    running.stop()
    assert numbers_of(trail) == [0, 1]
    assert (trail.verify().head.position, segments(trail)) == (2, [])
