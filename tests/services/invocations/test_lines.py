"""What is printed, as log events."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sealgate.services.invocations.lines import InvocationLines, log_events
from sealgate.services.logs.events import LogEventService, Search, milliseconds
from sealgate.services.logs.groups import LogGroupService
from sealgate.services.logs.sink import LogSink, Target
from sealgate.services.scope import Scope
from tests.support.database import make_database
from tests.support.signer import MovableClock

BEGAN = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_lines_have_the_times_of_an_invocations_beginning_and_end() -> None:
    log = b"START RequestId: 1\na\r\n\n \nb\xff\rc\nEND RequestId: 1\nREPORT RequestId: 1\tDuration: 1000.00 ms\n"
    events = list(log_events(log, began=BEGAN, ended=BEGAN + timedelta(seconds=1)))
    assert [event.message for event in events] == [
        "START RequestId: 1",
        "a",
        "b\N{REPLACEMENT CHARACTER}\rc",
        "END RequestId: 1",
        "REPORT RequestId: 1\tDuration: 1000.00 ms",
    ]
    assert [event.timestamp - events[0].timestamp for event in events] == [0, 0, 0, 1000, 1000]


def test_a_last_line_without_an_end_counts() -> None:
    assert [event.message for event in log_events(b"a\nb", began=BEGAN, ended=BEGAN)] == ["a", "b"]


def test_pieces_have_the_times_at_which_they_come_and_the_first_one_that_of_the_beginning(tmp_path: Path) -> None:
    database, clock = make_database(tmp_path), MovableClock(BEGAN)
    sink = LogSink(db=database, groups=LogGroupService(db=database, clock=clock), clock=clock)
    lines = InvocationLines(sink, lambda: Target("111122223333", "us-east-1", "/aws/lambda/app", "stream"), clock)
    for piece in (b"START RequestId: 1\na\n", b"b\n", b"c\nEND RequestId: 1\n"):
        clock.now += timedelta(seconds=1)
        lines.add(piece)
    sink.flush()
    scope = Scope(account="111122223333", region="us-east-1", caller_arn="")
    found = LogEventService(db=database, clock=clock).search(
        scope, Search(group="/aws/lambda/app"), token=None, limit=None
    )
    began = milliseconds(BEGAN)
    assert [(event.message, event.timestamp - began) for event in found.items] == [
        *[("START RequestId: 1", 0), ("a", 0), ("b", 2000), ("c", 3000), ("END RequestId: 1", 3000)]
    ]
    database.close()
