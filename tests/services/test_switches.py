"""Tags that switch something."""

import pytest

from sealgate.errors import Invalid
from sealgate.services.switches import CONFIG, FUNCTION, NETWORK, ON_REVOCATION, PROFILE, check_switches, read_switch


@pytest.mark.parametrize("kind", [FUNCTION, CONFIG, PROFILE])
def test_what_a_thing_can_have_is_let_through(kind: str) -> None:
    check_switches({"team": "a", "sealgate:on-revocation": "Enforce"}, kind=kind)


@pytest.mark.parametrize(
    ("tags", "kind", "said"),
    [
        ({"sealgate:unknown": "x"}, FUNCTION, "sealgate:network, sealgate:on-revocation only"),
        ({"Sealgate:On-Revocation": "Warn"}, FUNCTION, "'Sealgate:On-Revocation'"),
        ({"sealgate:network": "host"}, CONFIG, "a code signing config can have sealgate:on-revocation only"),
        ({"sealgate:on-revocation": "enforce"}, PROFILE, "must be one of Warn, Enforce, not 'enforce'"),
    ],
)
def test_everything_else_is_refused_by_name(tags: dict[str, str], kind: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        check_switches(tags, kind=kind)


def test_the_first_holder_that_says_something_counts() -> None:
    enforce, warn = {"sealgate:on-revocation": "Enforce"}, {"sealgate:on-revocation": "Warn"}
    assert read_switch(ON_REVOCATION, {}, None, enforce, warn) == "Enforce"
    assert read_switch(ON_REVOCATION, warn, enforce) == "Warn"
    assert read_switch(ON_REVOCATION, {}, None) == "Warn"
    assert read_switch(NETWORK, {}) == "none"
