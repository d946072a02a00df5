import pytest

from sealgate.errors import Invalid
from sealgate.services.paging import ListTokens, encode_token, parse_token

TOKENS = ListTokens("things", "111122223333")


def test_a_list_reads_the_tokens_that_it_wrote() -> None:
    assert ListTokens("things", "111122223333").parse(TOKENS.encode("a", "ü/😀"), parts=2) == ("a", "ü/😀")


def test_a_token_altered_in_any_one_character_leads_nowhere_else() -> None:
    token = TOKENS.encode("2026-11-24", "abc")
    for position, char in enumerate(token):
        for other in {"A", "_", "-", "z", "9"} - {char}:
            altered = token[:position] + other + token[position + 1 :]
            try:
                assert TOKENS.parse(altered, parts=2) == ("2026-11-24", "abc")  # bits that say nothing
            except Invalid:
                continue


@pytest.mark.parametrize(
    "asked",
    [("things",), ("other things", "111122223333"), ("things", "999988887777"), ("things", "111122223333", "x")],
)
def test_a_token_of_another_list_is_refused(asked: tuple[str, ...]) -> None:
    with pytest.raises(Invalid, match="token"):
        TOKENS.parse(ListTokens(*asked).encode("a"), parts=1)


@pytest.mark.parametrize(
    "token",
    ["", "!", "AAAA", encode_token("a"), encode_token("a", "b", "c"), encode_token("a", "\0"), "e30", "W10" * 4000],
)
def test_what_is_no_token_of_two_parts_is_refused(token: str) -> None:
    for read in (parse_token, TOKENS.parse):
        with pytest.raises(Invalid, match="token"):
            read(token, parts=2)
