"""Change sets of stacks in stacks: thought through with the outermost one, executed and removed with it."""

from typing import Any

import pytest

from sealgate.services.stacks.drafts import Wanted
from sealgate.services.stacks.errors import (
    ChangeSetNotFound,
    StackNotFound,
    TemplateInvalid,
    WrongChangeSetStatus,
    WrongStackStatus,
)
from sealgate.services.stacks.service import Options
from sealgate.services.stacks.templates.documents import encode_document
from sealgate.store.stacks import ChangeSet
from tests.support.toy_stacks import ASKER, StackBench, given, things

STACK = "AWS::CloudFormation::Stack"
INNER = {"Parameters": {"Size": {"Type": "Number", "Default": 1}}, **things(Inside={"Size": {"Ref": "Size"}})}
MIDDLE = {"Resources": {"Deep": {"Type": STACK, "Properties": {"TemplateURL": "http://127.0.0.1/b/inner"}}}}


def outer(size: Any, key: str = "inner", **more: Any) -> dict[str, Any]:
    properties = {"TemplateURL": f"http://127.0.0.1/b/{key}", "Parameters": {"Size": size}}
    nested = {"Type": STACK, "Properties": properties, "DependsOn": list(more)}
    return {"Resources": {"Nested": nested, **things(**more)["Resources"]}}


@pytest.fixture(autouse=True)
def templates(bench: StackBench) -> None:
    put(bench, "inner", INNER)


def put(bench: StackBench, key: str, template: dict[str, Any]) -> None:
    bench.world.templates[f"b/{key}"] = encode_document(template)


def plan(bench: StackBench, template: dict[str, Any], kind: str = "UPDATE", name: str = "c") -> ChangeSet:
    wanted = Wanted(stack="app", name=name, kind=kind, given=given(template), options=Options(), includes_nested=True)
    return bench.crew.change_sets.create(ASKER, wanted)


def inner_of(bench: StackBench, change_set: ChangeSet, logical_id: str = "Nested") -> ChangeSet | None:
    """Answer the change set that another names for a stack in its stack."""
    changes = [each["ResourceChange"] for each in change_set.changes]
    change = next(each for each in changes if each["LogicalResourceId"] == logical_id)
    named = change.get("ChangeSetId")
    return None if named is None else bench.crew.lookup.get_change_set(ASKER, named, None)[0]


def get_inner(bench: StackBench, change_set: ChangeSet, logical_id: str = "Nested") -> ChangeSet:
    found = inner_of(bench, change_set, logical_id)
    assert found is not None
    return found


def execute(bench: StackBench, name: str = "c") -> str:
    bench.crew.change_sets.execute(ASKER, name, "app", options=Options())
    bench.work()
    return bench.get("app").status


def told(change_set: ChangeSet) -> list[tuple[str, str]]:
    found = [each["ResourceChange"] for each in change_set.changes]
    return [(each["Action"], each["LogicalResourceId"]) for each in found]


def test_a_new_stack_in_a_stack_is_reviewed_and_made_as_it_was(bench: StackBench) -> None:
    inner = get_inner(bench, root := plan(bench, outer(3), "CREATE"))
    assert told(inner) == [("Add", "Inside")]
    assert (inner.parent_id, inner.root_id) == (root.change_set_id, root.change_set_id)
    reviewed = bench.get(inner.stack_id)
    assert (reviewed.status, reviewed.parent_id) == ("REVIEW_IN_PROGRESS", root.stack_id)
    put(bench, "inner", things(Other={}))
    assert execute(bench) == "CREATE_COMPLETE"
    assert bench.get(inner.stack_id).status == "CREATE_COMPLETE"
    assert bench.world.contents() == {"Inside": {"Size": 3}}
    assert get_inner(bench, root).execution_status == "EXECUTE_COMPLETE"


def test_a_change_of_a_stack_in_a_stack_is_reviewed_and_made_as_it_was(bench: StackBench) -> None:
    bench.create("app", outer(3))
    put(bench, "inner", INNER | things(Inside={"Size": {"Ref": "Size"}}, More={}))
    inner = get_inner(bench, plan(bench, outer(4)))
    assert told(inner) == [("Modify", "Inside"), ("Add", "More")]
    put(bench, "inner", things(Other={}))
    assert execute(bench) == "UPDATE_COMPLETE"
    assert bench.world.contents() == {"Inside": {"Size": 4}, "More": {}}
    put(bench, "inner", INNER)
    assert bench.update("app", outer(5)).status == "UPDATE_COMPLETE"
    assert bench.world.contents() == {"Inside": {"Size": 5}}


def test_stacks_are_reviewed_at_any_depth(bench: StackBench) -> None:
    put(bench, "middle", {**MIDDLE, "Parameters": INNER["Parameters"]})
    root = plan(bench, outer(3, "middle"), "CREATE")
    deep = get_inner(bench, get_inner(bench, root), "Deep")
    assert told(deep) == [("Add", "Inside")]
    assert deep.root_id == root.change_set_id
    assert execute(bench) == "CREATE_COMPLETE"
    assert bench.get(deep.stack_id).status == "CREATE_COMPLETE"
    assert len(bench.crew.lookup.list_live(ASKER)) == 3


def test_a_change_that_comes_to_nothing_inside_says_so(bench: StackBench) -> None:
    put(bench, "inner", {**INNER, **things(Inside={})})
    bench.create("app", outer(3))
    inner = get_inner(bench, plan(bench, outer(4)))
    assert (inner.status, inner.execution_status) == ("FAILED", "UNAVAILABLE")
    assert execute(bench) == "UPDATE_COMPLETE"


def test_what_is_removed_with_an_outer_change_set_is_nothing_any_more(bench: StackBench) -> None:
    inner = get_inner(bench, plan(bench, outer(3), "CREATE"))
    bench.crew.change_sets.delete(ASKER, "c", "app")
    assert bench.get(inner.stack_id).status == "DELETE_COMPLETE"
    with pytest.raises(ChangeSetNotFound):
        bench.crew.lookup.get_change_set(ASKER, inner.change_set_id, None)
    assert [each.name for each in bench.crew.lookup.list_live(ASKER)] == ["app"]


def test_one_change_set_of_several_is_executed(bench: StackBench) -> None:
    other = get_inner(bench, plan(bench, outer(3), "CREATE", "other"))
    chosen = get_inner(bench, plan(bench, outer(4), "CREATE"))
    execute(bench)
    assert bench.get(chosen.stack_id).status == "CREATE_COMPLETE"
    assert bench.get(other.stack_id).status == "DELETE_COMPLETE"
    assert bench.crew.lookup.get_change_set(ASKER, other.change_set_id, None)[0].execution_status == "OBSOLETE"


def test_what_was_reviewed_and_never_made_goes_with_what_failed(bench: StackBench) -> None:
    bench.create("app", things(First={}))
    inner = get_inner(bench, plan(bench, outer(3, First={}, Second={})))
    bench.world.failing.add("create Second")
    assert execute(bench) == "UPDATE_ROLLBACK_COMPLETE"
    assert bench.get(inner.stack_id).status == "DELETE_COMPLETE"


def test_a_reviewed_stack_goes_with_its_outer_one(bench: StackBench) -> None:
    inner = get_inner(bench, plan(bench, outer(3), "CREATE"))
    assert bench.delete("app").status == "DELETE_COMPLETE"
    assert bench.get(inner.stack_id).status == "DELETE_COMPLETE"


def test_an_inner_change_set_is_nothing_by_itself(bench: StackBench) -> None:
    inner = get_inner(bench, plan(bench, outer(3), "CREATE"))
    sets = bench.crew.change_sets
    with pytest.raises(WrongChangeSetStatus, match="with its root change set"):
        sets.execute(ASKER, inner.change_set_id, None, options=Options())
    with pytest.raises(WrongChangeSetStatus, match="with its root change set"):
        sets.delete(ASKER, inner.change_set_id, None)
    stack = bench.get(inner.stack_id).name
    wanted = Wanted(stack=stack, name="own", kind="CREATE", given=given(things(A={})), options=Options())
    with pytest.raises(WrongStackStatus, match="is a nested stack"):
        sets.create(ASKER, wanted)


def test_what_is_not_known_yet_is_not_thought_through(bench: StackBench) -> None:
    template = outer({"Fn::GetAtt": ["First", "Size"]}, First={"Size": 3})
    assert inner_of(bench, plan(bench, template, "CREATE")) is None
    assert execute(bench) == "CREATE_COMPLETE"
    assert bench.world.contents()["Inside"]["Size"] == 3


@pytest.mark.parametrize("key", ["none", "own"])
def test_an_inner_template_that_makes_no_stack_makes_no_change_set(bench: StackBench, key: str) -> None:
    own = {"Type": STACK, "Properties": {"TemplateURL": "http://127.0.0.1/b/own"}}
    put(bench, "own", {"Parameters": {"Size": {"Type": "Number", "Default": 1}}, "Resources": {"Own": own}})
    with pytest.raises(TemplateInvalid):
        plan(bench, outer(3, key), "CREATE")
    with pytest.raises(StackNotFound):
        bench.get("app")
