"""A server that is killed, or asked to end, while functions start and run: no process is left, and no Event lost."""

import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from tests.durability.test_kill import client, end, start
from tests.support.invoking import Functions, until

EVENTS = 10
KILLS = 30
SLEEPS = """
    import time
    def handler(event, context):
        print(f"begun {event};")
        time.sleep(event if context.function_name == "sleeping" else 0.5)
        return event
    """


class Served:
    """A server in a process of its own, and its functions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process, self.url = start(folder)
        self.ended: list[Any] = []

    def restart(self) -> None:
        self.process, self.url = start(self.folder)

    @property
    def functions(self) -> Functions:
        return Functions(client("lambda", self.url, self.folder), role="arn:aws:iam::000000000000:role/absent")

    def call(self, seconds: float) -> threading.Thread:
        """Invoke the function that sleeps, in a thread that notes how that ended."""
        thread = threading.Thread(target=self._call, args=(seconds,))
        thread.start()
        return thread

    def _call(self, seconds: float) -> None:
        try:
            self.ended.append(self.functions.call("sleeping", seconds).value)
        except BotoCoreError as error:
            self.ended.append(error)

    def sandboxed(self) -> list[int]:
        """The processes that are below the server's, but for the one that watches over its end."""
        return [pid for pid in descendants(self.process.pid) if b"watchman.py" not in command_line(pid)]

    def waiting(self) -> set[int]:
        """The asynchronous invocations that have not succeeded."""
        database = sqlite3.connect(self.folder / "sealgate.db")
        try:
            return {int(payload) for (payload,) in database.execute("SELECT payload FROM queued_invocations")}
        finally:
            database.close()

    def begun(self) -> set[int]:
        """Which asynchronous invocations have begun, by what they have printed."""
        logs = client("logs", self.url, self.folder)
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        if "/aws/lambda/events" not in groups:
            return set()
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/events")
        lines = [event["message"] for page in pages for event in page["events"]]
        return {int(line.split(" ")[1].rstrip(";\n")) for line in lines if line.startswith("begun ")}


def descendants(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            text = children.read_text()
        except OSError:
            continue
        for child in map(int, text.split()):
            yield child
            yield from descendants(child)


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def named(names: list[str]) -> list[bytes]:
    """The command lines that have one of some names: sandboxes, and those who watch over their end."""
    lines = [command_line(int(process.name)) for process in Path("/proc").glob("[0-9]*")]
    return [line for line in lines if any(name.encode() in line for name in names)]


def is_listening(url: str) -> bool:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def have_ended(pidfds: list[int]) -> bool:
    return all(select.select([each], [], [], 0)[0] for each in pidfds)


@pytest.fixture(scope="module")
def ever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("served") / "data")
    served.functions.make(SLEEPS, FunctionName="sleeping", Timeout=60)
    yield served
    if served.process.poll() is None:
        end(served.process, signal.SIGTERM)


@pytest.fixture
def served(ever: Served) -> Served:
    """A server that runs, whatever the last test has done to it."""
    if ever.process.poll() is not None:
        ever.restart()
    ever.ended.clear()
    return ever


def test_a_kill_leaves_no_process_and_loses_no_event(served: Served) -> None:
    served.functions.make(SLEEPS, FunctionName="events", Timeout=60)
    caller = served.call(60)
    for number in range(EVENTS):
        served.functions.client.invoke(FunctionName="events", InvocationType="Event", Payload=str(number).encode())
    until(lambda: len(served.sandboxed()) >= 6)
    pidfds = [os.pidfd_open(pid) for pid in served.sandboxed()]
    end(served.process, signal.SIGKILL)
    until(lambda: have_ended(pidfds), seconds=5)
    for each in pidfds:
        os.close(each)
    caller.join()
    assert isinstance(served.ended[0], BotoCoreError)
    left = served.waiting()
    assert left
    served.restart()
    until(lambda: not served.waiting())
    until(lambda: left <= served.begun())


def test_a_kill_while_sandboxes_are_made_leaves_no_process(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.support.starting", str(tmp_path), str(KILLS)]
    names = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    assert len(set(names)) == KILLS
    until(lambda: not named(names), seconds=20)


def test_who_asks_a_server_to_end_waits_for_what_runs_and_gets_no_process_left(served: Served) -> None:
    caller = served.call(2)
    until(lambda: len(served.sandboxed()) >= 2)
    pidfds = [os.pidfd_open(pid) for pid in served.sandboxed()]
    served.process.send_signal(signal.SIGTERM)
    until(lambda: not is_listening(served.url))
    assert served.ended == []
    caller.join()
    assert served.ended == [2]
    assert end(served.process, signal.SIGTERM) == 0
    assert have_ended(pidfds)
    for each in pidfds:
        os.close(each)
