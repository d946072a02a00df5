import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import orjson
import pytest
from sqlalchemy import event, text

from sealgate.services.audit.events import AuditEvent
from sealgate.services.audit.floods import Floods
from sealgate.services.audit.recorder import Recorder
from tests.support.audit import TrailHouse, a_call
from tests.support.signer import NOW, MovableClock

NOBODY = a_call(error_code="InvalidSignatureException", account="")


class Gate:
    """Holds the writer's lock, so that what is recorded has to wait."""

    def __init__(self, trail: TrailHouse) -> None:
        self._held, self._open = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._pool.submit(self._hold, trail)
        self._held.wait()

    def _hold(self, trail: TrailHouse) -> None:
        with trail.db.write():
            self._held.set()
            self._open.wait()

    def open(self) -> None:
        self._open.set()
        self._pool.shutdown()


def test_an_event_commits_with_the_change_that_it_describes(trail: TrailHouse) -> None:
    with trail.db.unit() as unit:
        unit.before_commit(lambda tx: trail.recorder.write(tx, a_call()))
        with trail.db.write():
            pass
    assert [each["eventName"] for each in trail.texts()] == ["GetSigningProfile"]


def test_a_recorded_event_is_durable_when_the_caller_goes_on(trail: TrailHouse) -> None:
    trail.recorder.start()
    trail.recorder.record(a_call(event_name="One"))
    assert [each["eventName"] for each in trail.texts()] == ["One"]
    trail.recorder.stop()


def recorded_by_many(trail: TrailHouse, pool: ThreadPoolExecutor, count: int) -> list[Future[None]]:
    """Let many threads record something, and come back when all of them wait."""
    waiting = [pool.submit(trail.recorder.record, a_call(request_id=str(number))) for number in range(count)]
    while trail.recorder._queue.qsize() < count:
        os.sched_yield()
    return waiting


def said_to_the_database(trail: TrailHouse) -> list[str]:
    """Answer the list of what is said from now on over connections that are not open yet, such as the recorder's."""
    said: list[str] = []
    event.listen(trail.db.engine, "connect", lambda driver, _: driver.set_trace_callback(said.append))
    return said


def test_what_waits_shares_a_transaction(trail: TrailHouse) -> None:
    said = said_to_the_database(trail)
    with ThreadPoolExecutor(20) as pool:
        waiting = recorded_by_many(trail, pool, 20)
        assert not any(each.done() for each in waiting)
        trail.recorder.start()
        for each in waiting:
            each.result()
    trail.recorder.stop()
    assert said.count("COMMIT") == 1
    assert {each["requestID"] for each in trail.texts()} == {str(number) for number in range(20)}


def test_an_event_loop_goes_on_while_an_event_is_written_down(trail: TrailHouse) -> None:
    trail.recorder.start()
    gate = Gate(trail)

    async def serve() -> list[int]:
        recording = [
            asyncio.create_task(trail.recorder.record_soon(partial(a_call, event_name=name))) for name in "ABC"
        ]
        await asyncio.sleep(0)
        recording[1].cancel()
        seen = [len(trail.texts())]
        gate.open()
        await asyncio.gather(*recording, return_exceptions=True)
        return [*seen, len(trail.texts())]

    assert asyncio.run(serve()) == [0, 3]
    trail.recorder.stop()


def test_an_event_that_cannot_be_made_holds_up_no_other(trail: TrailHouse) -> None:
    trail.recorder.start()
    unspeakable = partial(a_call, request_parameters={"key": object()})

    async def serve() -> list[BaseException | None]:
        events: list[Callable[[], AuditEvent]] = [a_call, unspeakable, a_call]
        recording = map(trail.recorder.record_soon, events)
        return await asyncio.gather(*recording, return_exceptions=True)

    first, refused, last = asyncio.run(serve())
    assert (first, last, type(refused)) == (None, None, orjson.JSONEncodeError)
    assert len(trail.texts()) == 2
    trail.recorder.stop()


def commits_of(trail: TrailHouse, count: int) -> int:
    """Count the commits of so many calls, each of which ends a turn of the event loop after the one before."""
    said = said_to_the_database(trail)
    trail.recorder.start()

    async def end(turn: int) -> None:
        for _ in range(turn):
            await asyncio.sleep(0)
        await trail.recorder.record_soon(partial(a_call, request_id=str(turn)))

    async def serve() -> None:
        await asyncio.gather(*map(end, range(count)))

    asyncio.run(serve())
    trail.recorder.stop()
    assert [each["requestID"] for each in trail.texts()] == [str(number) for number in range(count)]
    return said.count("COMMIT")


@pytest.mark.parametrize("count", [1, 20])
def test_calls_that_end_one_after_the_other_share_a_transaction(trail: TrailHouse, count: int) -> None:
    assert commits_of(trail, count) == 1


def test_more_than_one_commit_takes_are_committed_in_several(trail: TrailHouse) -> None:
    assert commits_of(trail, 100) <= 3


def test_a_failure_is_told_to_everybody_who_waits_and_the_next_event_is_written_again(trail: TrailHouse) -> None:
    trail.recorder.start()
    with trail.db.write() as tx:
        tx.execute(text("ALTER TABLE audit_events RENAME TO away"))
    with pytest.raises(Exception, match="audit_events"):
        trail.recorder.record(a_call())
    with pytest.raises(Exception, match="audit_events"):
        asyncio.run(trail.recorder.record_soon(a_call))
    with trail.db.write() as tx:
        tx.execute(text("ALTER TABLE away RENAME TO audit_events"))
    trail.recorder.record(a_call(event_name="After"))
    assert [each["eventName"] for each in trail.texts()] == ["After"]
    trail.recorder.stop()


def test_stopping_writes_down_what_waits_and_then_nothing_is_taken(trail: TrailHouse) -> None:
    with ThreadPoolExecutor(8) as pool:
        waiting = recorded_by_many(trail, pool, 8)
        trail.recorder.start()
        trail.recorder.stop()
        for each in waiting:
            each.result()
    assert len(trail.texts()) == 8
    with pytest.raises(RuntimeError):
        trail.recorder.record(a_call())


def test_calls_of_nobody_are_recorded_once_and_then_counted(trail: TrailHouse) -> None:
    recorder = Recorder(db=trail.db, clock=trail.clock)
    recorder.start()

    async def flood() -> None:
        for number in range(50):
            await recorder.record_unauthenticated(a_call(error_code="X", account="", request_id=str(number)))

    asyncio.run(flood())
    assert [each["requestID"] for each in trail.texts()] == ["0"]
    recorder.stop()
    first, counted = trail.texts()
    assert "sealgate" not in first
    assert counted["requestID"] == "49"
    assert counted["sealgate"]["aggregated"]["count"] == 49
    assert counted["sealgate"]["aggregated"]["since"] == "2026-11-24T09:25:49Z"


def taken(floods: Floods, *events: AuditEvent, clock: MovableClock) -> int:
    return sum(floods.take(event, clock()) is not None for event in events)


def test_each_address_and_error_is_counted_by_the_minute() -> None:
    floods, clock = Floods(), MovableClock(NOW)
    other = a_call(error_code="InvalidSignatureException", account="", source_ip="198.51.100.1")
    assert floods.is_empty
    assert taken(floods, NOBODY, NOBODY, NOBODY, other, clock=clock) == 2
    clock.advance(seconds=59)
    assert floods.due(clock()) == []
    clock.advance(seconds=1)
    (counted,) = floods.due(clock())
    assert counted.source_ip == NOBODY.source_ip
    assert counted.sealgate is not None
    assert counted.sealgate["aggregated"]["count"] == 2
    assert floods.is_empty
    assert taken(floods, NOBODY, clock=clock) == 1


def test_a_clock_that_steps_back_ends_the_minute() -> None:
    floods, clock = Floods(), MovableClock(NOW)
    assert taken(floods, NOBODY, NOBODY, clock=clock) == 1
    clock.advance(hours=-1)
    assert len(floods.due(clock())) == 1


def test_very_many_addresses_are_counted_together() -> None:
    floods, clock = Floods(), MovableClock(NOW)
    addresses = [a_call(error_code="X", account="", source_ip=f"2001:db8::{number:x}") for number in range(1200)]
    assert taken(floods, *addresses, clock=clock) == 1001
    (counted,) = floods.due(clock(), is_last=True)
    assert counted.source_ip == ""
    assert counted.sealgate is not None
    assert counted.sealgate["aggregated"]["count"] == 199
