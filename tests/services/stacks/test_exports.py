from typing import Any

import pytest

from sealgate.errors import Invalid
from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.service import Options
from tests.support.toy_stacks import ASKER, StackBench, given, things


def exporting(value: str, name: str = "shared") -> dict[str, Any]:
    return things(A={}) | {"Outputs": {"O": {"Value": value, "Export": {"Name": name}}}}


IMPORTING = things(B={"Note": {"Fn::ImportValue": "shared"}})


def test_a_value_goes_from_one_stack_to_another(bench: StackBench) -> None:
    bench.create("giver", exporting("v"))
    bench.create("taker", IMPORTING)
    assert bench.world.contents()["B"]["Note"] == "v"
    assert [(each.name, each.value) for each in bench.crew.lookup.list_exports(ASKER)] == [("shared", "v")]
    assert bench.crew.lookup.list_importers(ASKER, "shared") == ["taker"]


def test_what_nobody_exports_is_refused_before_anything_is_made(bench: StackBench) -> None:
    with pytest.raises(TemplateInvalid, match=r"No export named shared found\."):
        bench.create("taker", IMPORTING)


def test_what_is_taken_is_neither_removed_nor_changed(bench: StackBench) -> None:
    bench.create("giver", exporting("v"))
    bench.create("taker", IMPORTING)
    deleted = bench.delete("giver")
    assert (deleted.status, deleted.status_reason) == (
        "DELETE_FAILED",
        "Export shared cannot be deleted as it is in use by taker",
    )
    assert len(bench.world.things) == 2


def test_a_change_of_what_is_taken_is_undone(bench: StackBench) -> None:
    bench.create("giver", exporting("v"))
    bench.create("taker", IMPORTING)
    stack = bench.update("giver", exporting("w"))
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "Export shared cannot be updated as it is in use by taker" in bench.reasons("giver")
    assert stack.outputs[0].value == "v"


def test_an_export_is_free_once_its_taker_is_gone(bench: StackBench) -> None:
    bench.create("giver", exporting("v"))
    bench.create("taker", IMPORTING)
    bench.delete("taker")
    with pytest.raises(Invalid, match="is not imported by any stack"):
        bench.crew.lookup.list_importers(ASKER, "shared")
    assert bench.delete("giver").status == "DELETE_COMPLETE"
    assert bench.crew.lookup.list_exports(ASKER) == []


def test_a_name_is_exported_once(bench: StackBench) -> None:
    bench.create("giver", exporting("v"))
    assert bench.create("other", exporting("w")).status == "ROLLBACK_COMPLETE"
    assert any("Export with name shared is already exported by stack giver" in each for each in bench.reasons("other"))


def test_what_is_being_removed_is_taken_by_nobody_any_more(bench: StackBench) -> None:
    bench.create("giver", exporting("v"))
    bench.world.failing.add("delete A")
    assert bench.delete("giver").status == "DELETE_FAILED"
    with pytest.raises(TemplateInvalid, match=r"No export named shared found\."):
        bench.create("taker", IMPORTING)


def test_who_comes_too_late_for_a_value_fails_clean(bench: StackBench) -> None:
    bench.create("giver", exporting("v"))
    bench.crew.service.create(ASKER, "taker", given(IMPORTING), options=Options())
    assert bench.delete("giver").status == "DELETE_COMPLETE"
    assert bench.get("taker").status == "ROLLBACK_COMPLETE"
    assert bench.reasons("taker") == ["No export named shared found. Rollback requested by user."]
