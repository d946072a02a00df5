"""Many criteria at once, against each by itself."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.policy.criteria import Criterion, Lookup, equal, framed

TEXTS = ["", "a", "A", "b", "ab", "aba"]
CRITERIA = st.one_of(
    st.sampled_from(TEXTS).map(equal),
    st.sampled_from(TEXTS).map(lambda text: Criterion(aspect=str.casefold, wanted=text.casefold())),
    st.builds(framed, st.sampled_from(TEXTS), st.sampled_from(TEXTS)),
    st.builds(
        framed,
        st.sampled_from(["", "a"]),
        st.sampled_from(["", "a"]),
        st.sampled_from(TEXTS).map(lambda part: lambda text, _: part in text),
    ),
)


def matches(criterion: Criterion, text: str) -> bool:
    return criterion.aspect(text) == criterion.wanted and (criterion.test is None or criterion.test(text, {}))


@settings(deadline=None, derandomize=True)
@given(
    criteria=st.lists(CRITERIA, min_size=1, max_size=5),
    chosen=st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=5),
    text=st.sampled_from(TEXTS),
)
def test_a_lookup_finds_those_of_whose_criteria_one_matches(
    criteria: list[Criterion], chosen: list[list[int]], text: str
) -> None:
    entries = [(1 << at, [criteria[one % len(criteria)] for one in those]) for at, those in enumerate(chosen)]
    expected = sum(bit for bit, those in entries if any(matches(one, text) for one in those))
    assert Lookup.of(entries).matching(text, {}) == expected


def test_a_frame_may_overlap() -> None:
    assert matches(framed("ab", "ba"), "aba")
    assert not matches(framed("ab", "ba"), "abb")
    assert matches(framed("", ""), "")


def test_a_lookup_finds_all_who_want_the_same() -> None:
    assert Lookup.of([(1, [equal("a")]), (2, [equal("a")]), (4, [equal("b")])]).matching("a", {}) == 1 | 2


def test_a_criterion_that_several_share_is_asked_for_each_who_has_not_matched() -> None:
    sure, tested = framed("", ""), framed("", "", lambda text, _: "a" in text)
    lookup = Lookup.of([(1, [sure, tested]), (2, [tested])])
    assert lookup.matching("ba", {}) == 1 | 2
    assert lookup.matching("b", {}) == 1
