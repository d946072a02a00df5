"""What a change set shows: what the execution then does."""

from typing import Any

import pytest

from sealgate.services.stacks.drafts import NOTHING_CHANGES, Wanted
from sealgate.services.stacks.errors import ChangeSetExists, StackNotFound, TemplateInvalid, WrongChangeSetStatus
from sealgate.services.stacks.service import Options
from tests.support.toy_stacks import ASKER, StackBench, given, things

BASE = things(
    Base={"Name": "one", "Size": 1},
    ByName={"Needs": [{"Ref": "Base"}]},
    ByAttribute={"Note": {"Fn::GetAtt": ["Base", "Size"]}},
    Named={"Name": {"Fn::Sub": "x-${Base}"}},
)


def changed(**members: Any) -> dict[str, Any]:
    resources = {name: dict(each) for name, each in BASE["Resources"].items()}
    resources["Base"] = things(Base={"Name": "one", "Size": 1, **members})["Resources"]["Base"]
    return {"Resources": resources}


def plan(bench: StackBench, template: dict[str, Any], name: str = "c") -> list[tuple[str, ...]]:
    wanted = Wanted(stack="app", name=name, kind="UPDATE", given=given(template), options=Options())
    made = bench.crew.change_sets.create(ASKER, wanted)
    found = [each["ResourceChange"] for each in made.changes]
    return [(each["Action"], each["LogicalResourceId"], each.get("Replacement", "")) for each in found]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (changed(Note="n"), [("Modify", "Base", "False"), ("Modify", "ByAttribute", "False")]),
        (
            changed(Name="two"),
            [
                ("Modify", "Base", "True"),
                ("Modify", "ByAttribute", "False"),
                ("Modify", "ByName", "False"),
                ("Modify", "Named", "Conditional"),
            ],
        ),
        (changed(Metadata={"a": 1}), [("Modify", "Base", "False"), ("Modify", "ByAttribute", "False")]),
        (
            things(Base={"Name": "one", "Size": 1}, Extra={}),
            [("Add", "Extra", ""), ("Remove", "ByAttribute", ""), ("Remove", "ByName", ""), ("Remove", "Named", "")],
        ),
    ],
    ids=lambda each: str(each)[:60],
)
def test_a_plan_says_what_becomes_of_each_resource(
    bench: StackBench, template: dict[str, Any], expected: list[tuple[str, ...]]
) -> None:
    bench.create("app", BASE)
    found = plan(bench, template)
    assert sorted(found) == sorted(expected)


def test_what_is_not_known_yet_names_its_cause(bench: StackBench) -> None:
    bench.create("app", BASE)
    wanted = Wanted(stack="app", name="c", kind="UPDATE", given=given(changed(Name="two")), options=Options())
    changes = {
        each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"]
        for each in bench.crew.change_sets.create(ASKER, wanted).changes
    }
    assert changes["Named"]["Details"] == [
        {
            "Target": {"Attribute": "Properties", "Name": "Name", "RequiresRecreation": "Always"},
            "Evaluation": "Dynamic",
            "ChangeSource": "ResourceReference",
            "CausingEntity": "Base",
        }
    ]
    assert changes["ByAttribute"]["Details"][0]["CausingEntity"] == "Base.Size"


def test_a_plan_that_changes_nothing_has_failed_as_clients_look_for_it(bench: StackBench) -> None:
    bench.create("app", BASE)
    wanted = Wanted(stack="app", name="c", kind="UPDATE", given=given(BASE), options=Options())
    made = bench.crew.change_sets.create(ASKER, wanted)
    assert (made.status, made.execution_status, made.status_reason) == ("FAILED", "UNAVAILABLE", NOTHING_CHANGES)
    with pytest.raises(WrongChangeSetStatus):
        bench.crew.change_sets.execute(ASKER, "c", "app", options=Options())


def test_a_plan_is_executed_once_and_not_after_another_change(bench: StackBench) -> None:
    bench.create("app", BASE)
    plan(bench, changed(Size=2), "first")
    plan(bench, changed(Size=3), "second")
    bench.crew.change_sets.execute(ASKER, "first", "app", options=Options())
    bench.work()
    assert bench.world.things["one"]["properties"]["Size"] == 2
    for name, status in (("first", "EXECUTE_COMPLETE"), ("second", "OBSOLETE")):
        with pytest.raises(WrongChangeSetStatus, match=rf"current execution status of \[{status}\]"):
            bench.crew.change_sets.execute(ASKER, name, "app", options=Options())


def test_a_plan_is_obsolete_after_an_update(bench: StackBench) -> None:
    bench.create("app", BASE)
    plan(bench, changed(Size=2))
    bench.update("app", changed(Size=3))
    with pytest.raises(WrongChangeSetStatus, match="OBSOLETE"):
        bench.crew.change_sets.execute(ASKER, "c", "app", options=Options())


def test_a_new_stack_is_reviewed_before_it_is_made(bench: StackBench) -> None:
    wanted = Wanted(stack="app", name="c", kind="CREATE", given=given(BASE), options=Options())
    bench.crew.change_sets.create(ASKER, wanted)
    assert bench.get("app").status == "REVIEW_IN_PROGRESS"
    bench.work()
    assert bench.world.things == {}
    with pytest.raises(ChangeSetExists):
        bench.crew.change_sets.create(ASKER, wanted)
    bench.crew.change_sets.execute(ASKER, "c", "app", options=Options())
    bench.work()
    assert bench.get("app").status == "CREATE_COMPLETE"
    assert len(bench.world.things) == 4


def test_a_stack_that_was_only_reviewed_is_removed(bench: StackBench) -> None:
    wanted = Wanted(stack="app", name="c", kind="CREATE", given=given(BASE), options=Options())
    bench.crew.change_sets.create(ASKER, wanted)
    assert bench.delete("app").status == "DELETE_COMPLETE"


def test_an_update_needs_a_stack(bench: StackBench) -> None:
    wanted = Wanted(stack="app", name="c", kind="UPDATE", given=given(BASE), options=Options())
    with pytest.raises(StackNotFound, match="Stack with id app does not exist"):
        bench.crew.change_sets.create(ASKER, wanted)


def test_a_resource_does_not_become_one_of_another_type(bench: StackBench) -> None:
    bench.create("app", things(A={}))
    row = bench.crew.lookup.list_resources(ASKER, "app")[1][0]
    assert row.current.type == "Toy::Box::Thing"
    with pytest.raises(TemplateInvalid, match=r"Update of resource type is not permitted.*\[A\]"):
        bench.update(
            "app", {"Resources": {"A": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "u"}}}}
        )
