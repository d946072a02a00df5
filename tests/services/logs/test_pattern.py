"""Filter patterns against messages."""

import pytest

from sealgate.errors import Unsupported
from sealgate.services.logs.errors import InvalidLogParameter
from sealgate.services.logs.pattern import parse_pattern


@pytest.mark.parametrize(
    ("pattern", "message", "shown"),
    [
        ("", "anything", True),
        ("  ", "", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ("ERROR disk", "disk: ERROR", True),
        ("ERROR disk", "ERROR: net", False),
        ('"no space left"', "no space left on device", True),
        ('"no space left"', "left no space", False),
        (r'"say \"hi\""', 'he did say "hi"', True),
        ("ERROR -expected", "ERROR, expected", False),
        ("ERROR -expected", "ERROR", True),
        ('-"not this"', "this", True),
        ("?WARN ?ERROR", "a WARN", True),
        ("?WARN ?ERROR", "an INFO", False),
        ("?WARN ERROR", "a WARN", False),
        ("a.b*c", "a.b*c", True),
        ("a.b*c", "aXbXXc", False),
    ],
)
def test_a_pattern_shows_what_it_says(pattern: str, message: str, *, shown: bool) -> None:
    assert parse_pattern(pattern).matches(message) is shown


@pytest.mark.parametrize("pattern", ["{ $.level = 50 }", "[ip, user, ...]", "%a+%"])
def test_other_forms_are_refused_by_name(pattern: str) -> None:
    with pytest.raises(Unsupported, match="not supported"):
        parse_pattern(pattern)


@pytest.mark.parametrize("pattern", ['"open', 'word"', '"a"b', '""x'])
def test_what_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidLogParameter, match="Invalid filter pattern"):
        parse_pattern(pattern)
