"""What processes print: what of it is kept, and what is told while an invocation runs."""

import json
import textwrap
from pathlib import Path

import pytest

from sealgate.runtime import output as outputs
from sealgate.runtime.output import TELL_SECONDS, Output, Telling
from sealgate.runtime.report import TAIL, Result
from tests.support.running import NODE, REQUEST_ID, House, answer, error, make_invocation, make_launch

START = f"START RequestId: {REQUEST_ID} Version: $LATEST\n".encode()
WAITING = """
    import os, time
    print("loading")

    def wait_for(name):
        while not os.path.exists(f"{os.environ['LAMBDA_TASK_ROOT']}/{name}"):
            time.sleep(0.01)

    def handler(event, context):
        print("first\\nha", end="")
        wait_for("first")
        print("lf")
        wait_for("half")
        print("third", end="")
        if event == "exit":
            os._exit(7)
        if event == "stay":
            time.sleep(9)
"""
WAITING_NODE = """
    const fs = require("fs");
    const waitFor = (name) => new Promise((done) => {
      const look = () => fs.existsSync(`${process.env.LAMBDA_TASK_ROOT}/${name}`) ? done() : setTimeout(look, 10);
      look();
    });
    exports.handler = async () => {
      process.stdout.write("first\\nha");
      await waitFor("first");
      process.stdout.write("lf\\n");
      await waitFor("half");
      process.stdout.write("third");
    };
"""
WAITING_CUSTOM = """
    #!/bin/bash
    api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
    curl -sD /tmp/headers "$api/next" > /dev/null
    id=$(grep -i aws-request-id /tmp/headers | tr -d '[:space:]' | cut -d: -f2)
    printf 'first\\nha'
    until [ -e "$LAMBDA_TASK_ROOT/first" ]; do sleep 0.01; done
    echo lf
    until [ -e "$LAMBDA_TASK_ROOT/half" ]; do sleep 0.01; done
    printf third
    curl -s -d null "$api/$id/response" > /dev/null
    sleep 9
"""


class Reader:
    """Reads lines as they are told; a function sees by files of their names that they were."""

    def __init__(self, task: Path) -> None:
        self._task = task
        self.told: list[bytes] = []

    def __call__(self, lines: bytes) -> None:
        self.told.append(lines)
        for line in {b"loading", b"first", b"half"}.intersection(lines.splitlines()):
            (self._task / line.decode()).touch()


def run_told(house: House, task: Path, event: object = None, **changes: object) -> tuple[Result, list[bytes]]:
    reader = Reader(task)
    with house.host.acquire(str(task), lambda: make_launch(task, **changes), int) as lease:
        result = lease.invoke(make_invocation(event), reader)
    house.host.end(lambda key: key == str(task))
    assert b"".join(reader.told) + result.untold == result.log
    return result, reader.told


def test_output_is_kept_from_its_start_and_of_more_the_end() -> None:
    output = Output()
    output.add(b"a" * (1 << 20))
    output.add(b"b" * 10000)
    output.add(b"end")
    kept = output.take()
    assert kept.startswith(b"a" * (1 << 20) + b"\n[5907 bytes are left out here]\nb")
    assert kept.endswith(b"b" * (TAIL - 3) + b"end")
    assert output.take() == b""


def test_lines_are_read_when_they_are_whole_and_once() -> None:
    output = Output()
    read = []
    for printed in (b"a", b"b\nc\n\xc3", b"", b"\xa9\n"):
        output.add(printed)
        read.append(output.read_lines())
    assert read == [b"", b"ab\nc\n", b"", b"\xc3\xa9\n"]
    assert output.take() == b"ab\nc\n\xc3\xa9\n"
    output.add(b"d\n")
    assert output.read_lines() == b"d\n"


def test_of_a_flood_no_line_is_read_beyond_what_is_kept_of_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "MAX_OUTPUT", 10)
    output = Output()
    output.add(b"1234\n6789\nbcde\n")
    output.add(b"x" * TAIL + b"\n")
    assert (output.read_lines(), output.read_lines()) == (b"1234\n6789\n", b"")
    assert output.take().startswith(b"1234\n6789\n\n[6 bytes are left out here]\nxxx")


def test_what_is_told_is_the_logs_beginning() -> None:
    told: list[bytes] = []
    output = Output()
    telling = Telling(output, told.append, began=100)

    output.add(b"loading\nhal")
    telling.look(100 + TELL_SECONDS / 2)
    telling.look(100 + TELL_SECONDS)
    telling.go_on(output.take() + b"f START\n")
    output.add(b"a\nb")
    telling.look(102)
    telling.look(103)

    assert told == [b"loading\n", b"half START\na\n"]
    assert telling.told == len(b"".join(told))


def test_half_a_line_from_before_an_invocation_waits_for_its_other_half() -> None:
    told: list[bytes] = []
    output = Output()
    telling = Telling(output, told.append, began=0)
    telling.go_on(b"whole\nhal")
    telling.look(1)
    output.add(b"f\n")
    telling.look(2)
    assert told == [b"whole\n", b"half\n"]


@pytest.mark.parametrize(
    ("files", "changes"),
    [
        ({"app.py": WAITING}, {}),
        ({"app.js": WAITING_NODE}, {"runtime": NODE}),
        ({"bootstrap": WAITING_CUSTOM.lstrip()}, {"runtime": "provided.al2023"}),
    ],
    ids=["python", "node", "custom"],
)
def test_lines_are_told_while_the_function_runs(
    house: House, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], changes: dict[str, str]
) -> None:
    monkeypatch.setattr(outputs, "TELL_SECONDS", 0.1)

    result, told = run_told(house, house.write(files), **changes)

    assert answer(result) is None
    assert b"".join(told[:-1]).removeprefix(b"loading\n") == START + b"first\n"
    assert told[-1] == b"half\n"
    assert result.untold.startswith(f"third\nEND RequestId: {REQUEST_ID}\nREPORT ".encode())


def test_the_platforms_event_is_told_first_where_logs_are_json(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "TELL_SECONDS", 0.1)
    result, told = run_told(house, house.write(WAITING), log_format="JSON")
    _, start, first = b"".join(told[:-1]).splitlines()
    assert (json.loads(start)["type"], first) == ("platform.start", b"first")
    assert json.loads(result.untold.splitlines()[-1])["type"] == "platform.report"


def test_what_a_function_has_said_before_it_ends_badly_is_told_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "TELL_SECONDS", 0.1)
    result, told = run_told(house, house.write(WAITING), "exit")
    assert error(result)[0] == "Runtime.ExitError"
    assert told[-1] == b"half\n"
    assert result.untold.startswith(f"third\nRequestId: {REQUEST_ID} Error: ".encode())


def test_a_slow_start_is_told_too_and_what_takes_too_long(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "TELL_SECONDS", 0.1)
    code = textwrap.dedent(WAITING) + 'wait_for("loading")\nprint("loaded")'
    result, told = run_told(house, house.write(code), "stay", timeout=2)
    assert error(result)[0] == "Sandbox.Timedout"
    assert told[0] == b"loading\n"
    assert b"".join(told) == b"loading\nloaded\n" + START + b"first\nhalf\n"


def test_what_is_over_soon_is_not_told_before(house: House) -> None:
    result, told = run_told(house, house.write("def handler(event, context): print('quick')"))
    assert told == []
    assert result.untold == result.log
