"""Whatever an update changes, and wherever it fails: what was there before is there again."""

from contextlib import suppress
from typing import Any

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from sealgate.services.stacks.errors import NothingToUpdate
from tests.support.toy_stacks import stack_bench, things

NAMES = "ABCD"


@st.composite
def templates(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a template: each thing may take those before it, by name or by attribute."""
    resources: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
        needed = draw(st.lists(st.sampled_from(sorted(resources)), unique=True)) if resources else []
        resources[name] = {
            "Name": f"{name}{draw(st.integers(1, 2))}",
            "Size": draw(st.integers(1, 3)),
            "Needs": [{"Ref": each} for each in needed],
            "Labels": {each: {"Fn::GetAtt": [each, "Size"]} for each in needed},
        }
    return things(**resources)


@settings(max_examples=20, deadline=None)
@drawn(
    old=templates(),
    new=templates(),
    failing=st.sampled_from([f"{verb} {name}" for verb in ("create", "update") for name in NAMES]),
)
def test_an_update_is_made_whole_or_undone_whole(old: dict[str, Any], new: dict[str, Any], failing: str) -> None:
    with stack_bench() as bench:
        bench.create("app", old)
        before = bench.world.snapshot()
        bench.world.failing.add(failing)
        with suppress(NothingToUpdate):
            bench.update("app", new)
        status, after = bench.get("app").status, bench.world.snapshot()
    if status == "UPDATE_COMPLETE":
        assert after == made_anew(new)
    elif status == "UPDATE_ROLLBACK_FAILED":
        assert failing.startswith("update")  # undoing takes an update too, which fails as well
    else:
        assert after == before


def made_anew(template: dict[str, Any]) -> dict[str, Any]:
    with stack_bench() as bench:
        bench.create("app", template)
        return bench.world.snapshot()
