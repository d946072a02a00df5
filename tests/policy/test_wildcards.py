"""Patterns, against a naive reading of the same rule."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.policy.malformed import MalformedPolicy
from sealgate.policy.wildcards import MAX_PATTERN, Patterns, compile_glob, glob_of_literal, glob_of_pattern
from tests.support.plain_reading import is_like

ALPHABET = "ab*?[]!-\n:"
QUICK = settings(deadline=None, derandomize=True)
TEXTS = st.text(ALPHABET, max_size=8)


@QUICK
@given(pattern=TEXTS, text=TEXTS)
def test_a_pattern_matches_what_the_naive_rule_matches(pattern: str, text: str) -> None:
    expected = is_like(pattern, text)
    assert bool(compile_glob(glob_of_pattern(pattern))(text)) is expected
    assert Patterns.compile([pattern]).match(text) is expected


@QUICK
@given(patterns=st.lists(TEXTS, max_size=4), text=TEXTS)
def test_several_patterns_match_what_one_of_them_does(patterns: list[str], text: str) -> None:
    assert Patterns.compile(patterns).match(text) is any(is_like(pattern, text) for pattern in patterns)


@QUICK
@given(literal=TEXTS, text=TEXTS)
def test_a_literal_matches_itself_only(literal: str, text: str) -> None:
    matcher = compile_glob(glob_of_literal(literal))
    assert matcher(literal)
    assert bool(matcher(text)) is (text == literal)


@pytest.mark.parametrize("pattern", ["*a" * 20000 + "b", "*?" * 1000 + "b", "*" + "?" * 1500 + "b", "*a?" * 600 + "b"])
def test_no_pattern_of_a_policys_length_explodes(pattern: str) -> None:
    assert not Patterns.compile([pattern]).match("a" * 2000)


def test_a_pattern_with_a_question_mark_is_no_longer_than_a_resources_name() -> None:
    assert Patterns.compile(["?" * MAX_PATTERN]).match("a" * MAX_PATTERN)
    with pytest.raises(MalformedPolicy, match="more than 2048 characters"):
        Patterns.compile(["?" * (MAX_PATTERN + 1)])
