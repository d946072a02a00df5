import asyncio
import errno
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import pytest

from sealgate.services.audit import recorder as module
from sealgate.services.audit.events import AuditEvent
from sealgate.services.audit.floods import Floods
from sealgate.services.audit.recorder import Recorder
from sealgate.store.audit_journal import Journal
from tests.support.audit import TrailHouse, a_call
from tests.support.signer import NOW, MovableClock

NOBODY = a_call(error_code="InvalidSignatureException", account="")


def names_of(trail: TrailHouse) -> list[str]:
    return [each["eventName"] for each in trail.texts()]


def written_by(trail: TrailHouse) -> list[str]:
    """Answer the lines of all segments that are not filed yet."""
    folder = trail.journal.folder
    return [line for each in sorted(folder.iterdir()) for line in each.read_text().splitlines()]


def test_an_event_commits_with_the_change_that_it_describes(trail: TrailHouse) -> None:
    with trail.db.unit() as unit:
        unit.before_commit(lambda tx: trail.recorder.write(tx, a_call()))
        with trail.db.write():
            pass
    assert names_of(trail) == ["GetSigningProfile"]


def test_a_recorded_event_is_in_the_journal_when_the_caller_goes_on(trail: TrailHouse) -> None:
    trail.recorder.record(a_call(event_name="One"))
    (line,) = written_by(trail)
    assert orjson.loads(line.partition(" ")[2])["eventName"] == "One"
    assert names_of(trail) == ["One"]
    assert written_by(trail) == []


def writes_of(trail: TrailHouse, count: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Count the writes for so many calls, each of which ends a turn of the event loop after the one before."""
    sizes: list[int] = []
    append = Journal.append

    def counted(journal: Journal, records: Any) -> None:
        sizes.append(len(records))
        append(journal, records)

    monkeypatch.setattr(Journal, "append", counted)

    async def end(turn: int) -> None:
        for _ in range(turn):
            await asyncio.sleep(0)
        await trail.recorder.record_soon(partial(a_call, request_id=str(turn)))

    async def serve() -> None:
        await asyncio.gather(*map(end, range(count)))

    asyncio.run(serve())
    assert [each["requestID"] for each in trail.texts()] == [str(number) for number in range(count)]
    return len(sizes)


@pytest.mark.parametrize("count", [1, 20])
def test_calls_that_end_one_after_the_other_are_written_down_together(
    trail: TrailHouse, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert writes_of(trail, count, monkeypatch) == 1


def test_many_are_written_down_in_several_goes(trail: TrailHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    assert writes_of(trail, 2 * module._MAX_GATHERED, monkeypatch) == 2


def test_who_has_gone_away_is_written_down_all_the_same(trail: TrailHouse) -> None:
    async def serve() -> None:
        recording = [
            asyncio.create_task(trail.recorder.record_soon(partial(a_call, event_name=each))) for each in "ABC"
        ]
        await asyncio.sleep(0)
        recording[1].cancel()
        await asyncio.gather(*recording, return_exceptions=True)

    asyncio.run(serve())
    assert names_of(trail) == ["A", "B", "C"]


def test_an_event_that_cannot_be_made_holds_up_no_other(trail: TrailHouse) -> None:
    unspeakable = partial(a_call, request_parameters={"key": object()})

    async def serve() -> list[BaseException | None]:
        events: list[Callable[[], AuditEvent]] = [a_call, unspeakable, a_call]
        recording = map(trail.recorder.record_soon, events)
        return await asyncio.gather(*recording, return_exceptions=True)

    first, refused, last = asyncio.run(serve())
    assert (first, last, type(refused)) == (None, None, orjson.JSONEncodeError)
    assert len(trail.texts()) == 2


def test_a_failure_is_told_to_everybody_who_waits_and_the_next_event_is_written_again(
    trail: TrailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail.recorder.record(a_call(event_name="Before"))

    async def serve() -> list[BaseException | None]:
        return await asyncio.gather(*map(trail.recorder.record_soon, [a_call] * 3), return_exceptions=True)

    with monkeypatch.context() as broken:
        broken.setattr(os, "write", write_half)
        with pytest.raises(OSError, match="No space left"):
            trail.recorder.record(a_call())
        told = asyncio.run(serve())
    assert [error.errno for error in told if isinstance(error, OSError)] == [errno.ENOSPC] * 3
    trail.recorder.record(a_call(event_name="After"))
    assert len(written_by(trail)) == 2
    assert names_of(trail) == ["Before", "After"]


_WRITE = os.write


def write_half(descriptor: int, data: bytes) -> int:
    return _WRITE(descriptor, data[: len(data) // 2])


def test_nothing_is_taken_after_the_end(trail: TrailHouse) -> None:
    trail.recorder.record(a_call())
    trail.recorder.stop()
    with pytest.raises(RuntimeError):
        trail.recorder.record(a_call())
    assert len(trail.texts()) == 1


def test_calls_of_nobody_are_recorded_once_and_then_counted(trail: TrailHouse) -> None:
    recorder = Recorder(journal=trail.journal, clock=trail.clock)

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
