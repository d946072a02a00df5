"""What a function logs as JSON: its own lines, and the platform's around them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sealgate.runtime.report import Result
from tests.support.running import NODE, PYTHON, House

LOGGING = """
    import logging
    log = logging.getLogger()
    def handler(event, context):
        log.info("heard", extra={"n": event})
        log.warning("careful")
        if event == "late":
            import time
            time.sleep(9)
        return event
"""
CONSOLE = """
    exports.handler = async (event) => {
      console.log("heard", event);
      console.warn("careful");
      return event;
    };
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("json"))
    yield house
    house.close()


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.log.splitlines()]


def run(house: House, runtime: str, event: object, **changes: Any) -> Result:
    task = house.write(CONSOLE, name="app.js") if runtime == NODE else house.write(LOGGING)
    return house.run(task, event, runtime=runtime, log_format="JSON", **changes)


@pytest.mark.parametrize("runtime", [PYTHON, NODE])
def test_every_line_is_an_object(house: House, runtime: str) -> None:
    start, heard, careful, report = lines(run(house, runtime, 7, application_log_level="INFO"))
    assert start["type"] == "platform.start"
    assert start["record"]["version"] == "$LATEST"
    assert (heard["level"], heard["message"].split()[0]) == ("INFO", "heard")
    assert heard["requestId"] == start["record"]["requestId"]
    assert (careful["level"], careful["message"]) in {("WARNING", "careful"), ("WARN", "careful")}
    assert report["record"]["status"] == "success"
    assert report["record"]["metrics"]["memorySizeMB"] == 128
    assert report["time"] >= start["time"]


@pytest.mark.parametrize("runtime", [PYTHON, NODE])
def test_levels_leave_lines_out(house: House, runtime: str) -> None:
    (careful,) = lines(run(house, runtime, 7, application_log_level="WARN", system_log_level="WARN"))
    assert careful["message"] == "careful"


def test_what_went_wrong_is_reported_at_every_level(house: House) -> None:
    result = run(house, PYTHON, "late", timeout=1, application_log_level="ERROR", system_log_level="WARN")
    report = json.loads(result.log.splitlines()[-1])
    assert (report["record"]["status"], report["record"]["errorType"]) == ("timeout", "Sandbox.Timedout")
