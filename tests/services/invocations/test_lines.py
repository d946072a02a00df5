"""What is printed, as log events."""

from datetime import UTC, datetime, timedelta

from sealgate.services.invocations.lines import log_events

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
