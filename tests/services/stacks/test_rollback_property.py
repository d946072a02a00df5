"""Whatever an update changes, and wherever it fails: what was there before is there again."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from sealgate.services.stacks.errors import NothingToUpdate
from tests.support.database import make_database
from tests.support.toy_stacks import StackBench, things

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


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


@settings(max_examples=30, deadline=None)
@drawn(
    old=templates(),
    new=templates(),
    failing=st.sampled_from([f"{verb} {name}" for verb in ("create", "update") for name in NAMES]),
)
def test_an_update_is_made_whole_or_undone_whole(
    folder: Path, old: dict[str, Any], new: dict[str, Any], failing: str
) -> None:
    db = make_database(folder)
    bench = StackBench(db)
    bench.create("app", old)
    before = dict(bench.world.things)
    before = {key: {**each, "properties": dict(each["properties"])} for key, each in before.items()}
    bench.world.failing.add(failing)
    try:
        bench.update("app", new)
    except NothingToUpdate:
        assert bench.world.things == before
    status = bench.get("app").status
    if status == "UPDATE_ROLLBACK_COMPLETE":
        assert bench.world.things == before
    elif status != "UPDATE_ROLLBACK_FAILED":  # undoing takes an update too, which fails as well
        assert {each["logical"] for each in bench.world.things.values()} == set(
            (new if status == "UPDATE_COMPLETE" else old)["Resources"]
        )
    if status == "UPDATE_ROLLBACK_FAILED":
        assert failing.startswith("update")
    db.close()
    (folder / "test.db").unlink()
