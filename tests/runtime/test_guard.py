"""Who ends what a killed server has left: by its name, and of the own user only."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sealgate.runtime import watchman
from sealgate.runtime.guard import Guard
from tests.support.invoking import until

Start = Callable[[str], "subprocess.Popen[bytes]"]
ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process that has a name, and does nothing."""
    with ExitStack() as opened:

        def start_named(name: str) -> "subprocess.Popen[bytes]":
            process = opened.enter_context(subprocess.Popen([name, "60"], executable="/bin/sleep"))
            opened.callback(process.kill)
            return process

        yield start_named


def watchman_of(guard: Guard) -> "subprocess.Popen[bytes]":
    assert guard._watchman is not None
    return guard._watchman


def close(process: "subprocess.Popen[bytes]") -> None:
    """End a watchman's input, as the end of its server does."""
    assert process.stdin is not None
    process.stdin.close()


def ignores(pid: int, signals: tuple[signal.Signals, ...]) -> bool:
    text = Path(f"/proc/{pid}/status").read_text()
    ignored = int(text.partition("SigIgn:")[2].split()[0], 16)
    return all(ignored >> (number - 1) & 1 for number in signals)


def test_what_has_the_name_ends_when_the_server_has_ended_and_nothing_else_does(start: Start) -> None:
    guard = Guard()
    guard.watch()
    own, other = [start(guard.name), start(guard.name)], start(f"{guard.name}0")
    watching = watchman_of(guard)
    until(lambda: ignores(watching.pid, ENDING))
    for number in ENDING:
        watching.send_signal(number)
    guard.watch()
    assert watchman_of(guard) is watching
    assert [each.poll() for each in own] == [None, None]
    close(watching)
    assert [each.wait(timeout=10) for each in own] == [-signal.SIGKILL, -signal.SIGKILL]
    assert watching.wait(timeout=20) == 0
    assert other.poll() is None


def test_a_watchman_who_has_ended_is_replaced() -> None:
    guard = Guard()
    guard.watch()
    first = watchman_of(guard)
    with first:
        first.kill()
    guard.watch()
    second = watchman_of(guard)
    assert (second is not first, second.poll()) == (True, None)
    with second:
        second.kill()


def test_no_two_servers_have_a_name() -> None:
    assert Guard().name != Guard().name


def test_what_is_left_is_ended_by_name_and_user(start: Start) -> None:
    name, user = b"sealgate-sandbox-test", os.getuid()
    left = start(name.decode())
    assert not watchman.end(left.pid, b"sealgate-sandbox", user)
    assert not watchman.end(left.pid, name, user + 1)
    assert left.poll() is None
    # A process that has just been started may have no name yet.
    until(lambda: watchman.end(left.pid, name, user))
    assert left.wait(timeout=10) == -signal.SIGKILL
    assert not watchman.end(left.pid, name, user)


def test_looking_ends_when_nothing_is_left(start: Start) -> None:
    left = start("sealgate-sandbox-looked-for")
    watchman.end_all(b"sealgate-sandbox-looked-for")
    assert left.wait(timeout=10) == -signal.SIGKILL
