import asyncio
import io
import logging
import re

import pytest

from sealgate.logs import Formatter, TurnHandler, say


class Written(io.StringIO):
    """A stream that knows what each flush wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def flush(self) -> None:
        self.pieces.append(self.getvalue())
        self.seek(0)
        self.truncate()


@pytest.fixture
def stream() -> Written:
    return Written()


@pytest.fixture
def log(stream: Written) -> logging.Logger:
    log = logging.getLogger("tests.logs")
    log.propagate, log.handlers = False, [TurnHandler(stream)]
    log.setLevel(logging.INFO)
    return log


def test_lines_of_one_turn_go_out_together(stream: Written, log: logging.Logger) -> None:
    async def serve() -> None:
        log.info("one")
        log.info("two")
        assert stream.pieces == []
        await asyncio.sleep(0)
        log.info("three")
        await asyncio.sleep(0)

    asyncio.run(serve())
    assert stream.pieces == ["one\ntwo\n", "three\n"]


def test_what_is_worth_a_warning_goes_out_at_once_after_what_came_before(stream: Written, log: logging.Logger) -> None:
    async def serve() -> list[str]:
        log.info("one")
        log.error("two")
        return list(stream.pieces)

    assert asyncio.run(serve()) == ["one\ntwo\n"]


def test_what_other_threads_say_goes_out_at_once(stream: Written, log: logging.Logger) -> None:
    log.info("one")
    assert stream.pieces == ["one\n"]


def test_what_was_taken_is_written_when_the_process_ends(stream: Written, log: logging.Logger) -> None:
    async def serve() -> None:
        log.info("one")
        log.handlers[0].flush()
        assert stream.pieces == ["one\n"]

    asyncio.run(serve())


def test_moments_are_written_in_utc_to_the_millisecond() -> None:
    said = {"msg": "said", "name": "tests", "levelname": "INFO", "created": 1_764_000_000.5, "msecs": 500.0}
    assert Formatter().format(logging.makeLogRecord(said)) == "2025-11-24T16:00:00.500Z INFO tests said"


def test_the_line_of_a_call_is_like_that_of_a_record_and_in_order(
    stream: Written, log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = log.handlers[0]
    handler.setFormatter(Formatter())
    monkeypatch.setattr(logging.root, "handlers", [handler])
    log.propagate, log.handlers = True, []

    async def serve() -> None:
        log.info("one")
        say(log, "100%s")
        log.info("three")
        await asyncio.sleep(0)

    asyncio.run(serve())
    (written,) = stream.pieces
    assert re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "NOW", written).splitlines() == [
        "NOW INFO tests.logs one",
        "NOW INFO tests.logs 100%s",
        "NOW INFO tests.logs three",
    ]


def test_the_line_of_a_call_goes_wherever_else_the_log_goes(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="tests.calls"):
        say(logging.getLogger("tests.calls"), "100%s")
    assert caplog.messages == ["100%s"]


def test_the_line_of_a_call_is_left_out_where_such_lines_are(stream: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.root, "handlers", [TurnHandler(stream)])
    quiet = logging.getLogger("tests.quiet")
    quiet.setLevel(logging.WARNING)
    say(quiet, "one")
    assert stream.pieces == []
