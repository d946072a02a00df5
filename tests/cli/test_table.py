"""Tables for people."""

from sealgate.cli.table import WIDTH, draw
from sealgate.cli.terminal import GREEN, paint

HEAD = ("STATUS", "NAME", "WHY")


def test_columns_are_as_wide_as_they_need_to_be() -> None:
    assert list(draw(HEAD, [("valid", "app", ""), ("revoked", "b", "stolen")])) == [
        "STATUS   NAME  WHY",
        "valid    app",
        "revoked  b     stolen",
    ]


def test_no_line_is_wider_than_a_page_and_nothing_is_lost() -> None:
    name, why = "n" * 140, " ".join(f"word{number}" for number in range(60))
    lines = list(draw(HEAD, [("altered", name, why)]))
    assert max(map(len, lines)) <= WIDTH
    assert "".join(lines).count("n") == len(name)
    assert all(word in "\n".join(lines) for word in why.split())


def test_line_breaks_are_kept_and_what_steers_a_terminal_is_not() -> None:
    assert list(draw(HEAD, [("valid", "a\nb", "\x1b[2J")])) == [
        "STATUS  NAME  WHY",
        "valid   a     \\x1b[2J",
        "        b",
    ]


def test_a_colour_takes_no_room() -> None:
    plain, coloured = (list(draw(HEAD, [("valid", "app", "x")], colours=each)) for each in (None, {"valid": GREEN}))
    assert coloured[1] == plain[1].replace("valid", paint("valid", GREEN))
    assert coloured[0] == plain[0]
