"""Which process an invocation gets, and what becomes of processes."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from sealgate.runtime.errors import RuntimeUnavailable, StartFailed
from sealgate.runtime.host import MAX_IDLE
from sealgate.runtime.report import Result
from sealgate.runtime.runtime_api import Phase
from tests.support.running import House, answer, error, make_invocation, make_launch

COUNTING = """
    import os, time
    count = 0

    def handler(event, context):
        global count
        count += 1
        if event:
            time.sleep(event)
        return count
"""


class Verifier:
    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self.error = error

    def __call__(self) -> None:
        self.calls += 1
        if self.error is not None:
            raise self.error


def invoke(house: House, key: str, task: Path, gate: Any = int, event: object = None, **changes: Any) -> Any:
    with house.host.acquire(key, lambda: make_launch(task, **changes), gate) as lease:
        return answer(lease.invoke(make_invocation(event)))


def pids(house: House, key: str) -> list[int]:
    slots = (*house.host._idle, *house.host._busy)
    return [slot.process._child._confined.first for slot in slots if slot.key == key]


def has_ended(pid: int) -> bool:
    return not Path("/proc", str(pid)).exists()


def test_a_warm_process_is_used_again_for_its_own_key_only(house: House) -> None:
    task, gate = house.write(COUNTING), Verifier()
    assert [invoke(house, key, task, gate) for key in ("a", "a", "b", "a")] == [1, 2, 1, 3]
    assert gate.calls == 2
    assert {"a", "b"} <= house.host.keys()


def test_code_that_is_refused_does_not_run_and_leaves_no_process(house: House) -> None:
    task = house.write("open('/tmp/x', 'w').write('ran')")
    with pytest.raises(ZeroDivisionError):
        invoke(house, "refused", task, Verifier(ZeroDivisionError()))
    assert pids(house, "refused") == []


def test_credentials_are_waited_for_when_the_code_is_verified(house: House) -> None:
    order: list[str] = []
    task = house.write(COUNTING)
    invoke(house, "role", task, lambda: order.append("verified"), credentials=lambda: order.append("asked"))
    assert order == ["verified", "asked"]


def test_a_process_whose_credentials_cannot_be_made_does_not_run_and_is_not_left(house: House) -> None:
    task = house.write("open('/tmp/x', 'w').write('ran')")
    with pytest.raises(ZeroDivisionError):
        invoke(house, "no role", task, credentials=Verifier(ZeroDivisionError()))
    assert pids(house, "no role") == []


def test_a_process_counts_from_before_its_code_is_verified(house: House) -> None:
    seen: list[set[str]] = []
    invoke(house, "counts", house.write(COUNTING), lambda: seen.append(house.host.keys()))
    assert ["counts" in keys for keys in (*seen, house.host.keys())] == [True, True]


def test_a_caller_that_fails_leaves_no_process(house: House) -> None:
    task = house.write(COUNTING)
    with pytest.raises(KeyError), house.host.acquire("failing", lambda: make_launch(task), int):
        raise KeyError
    assert pids(house, "failing") == []


def test_callers_at_the_same_time_have_processes_of_their_own(house: House) -> None:
    task = house.write(COUNTING)
    with house.host.acquire("c", lambda: make_launch(task), int) as first:
        assert answer(first.invoke(make_invocation())) == 1
        with house.host.acquire("c", lambda: make_launch(task), int) as second:
            assert answer(second.invoke(make_invocation())) == 1
        assert len(pids(house, "c")) == 2


def test_a_process_that_died_while_it_was_idle_is_replaced(house: House) -> None:
    task = house.write(COUNTING)
    invoke(house, "d", task)
    (slot,) = [slot for slot in house.host._idle if slot.key == "d"]
    os.kill(pids(house, "d")[0], signal.SIGKILL)
    slot.process._child._confined.program.wait()
    assert invoke(house, "d", task) == 1


def test_ending_ends_idle_processes_at_once_and_busy_ones_afterwards(house: House) -> None:
    task = house.write(COUNTING)
    invoke(house, "e", task)
    idle = pids(house, "e")
    assert house.host.end(lambda key: key == "e") == 1
    assert all(map(has_ended, idle))
    with house.host.acquire("e", lambda: make_launch(task), int) as lease:
        assert house.host.end(lambda key: key == "e") == 1
        assert answer(lease.invoke(make_invocation())) == 1
    assert pids(house, "e") == []


def test_ending_now_ends_an_invocation(house: House) -> None:
    task = house.write(COUNTING)
    results: list[Result] = []

    def run() -> None:
        with house.host.acquire("f", lambda: make_launch(task, timeout=20), int) as lease:
            results.append(lease.invoke(make_invocation(15)))

    thread = threading.Thread(target=run)
    thread.start()
    patience = threading.Event()
    while not [slot for slot in list(house.host._busy) if slot.process._api.phase is Phase.RUNNING]:
        patience.wait(0.01)
    assert house.host.end(lambda key: key == "f", now=True) == 1
    thread.join()
    assert error(results[0])[0] == "Runtime.ExitError"


def test_idle_processes_end_after_a_while(house: House) -> None:
    invoke(house, "g", house.write(COUNTING))
    house.host.end_idle(since=0)
    assert len(pids(house, "g")) == 1
    house.host.end_idle(since=float("inf"))
    assert house.host.keys() == set()
    assert MAX_IDLE > 1


def test_a_closed_host_has_no_process_and_starts_none(tmp_path: Path) -> None:
    house = House(tmp_path)
    task = house.write(COUNTING)
    invoke(house, "h", task)
    (pid,) = pids(house, "h")
    house.close()
    assert has_ended(pid)
    with pytest.raises(StartFailed, match="the server is stopping"):
        invoke(house, "h", task)


def test_a_runtime_that_is_not_there_is_told(house: House) -> None:
    with pytest.raises(RuntimeUnavailable, match="runtime java21: functions run here under python3"):
        invoke(house, "j", house.write(COUNTING), runtime="java21")


def test_what_bubblewrap_cannot_do_is_told_with_its_own_words(house: House) -> None:
    with pytest.raises(StartFailed, match=r"bwrap: .*/no/such/folder: No such file or directory"):
        invoke(house, "k", Path("/no/such/folder"))
