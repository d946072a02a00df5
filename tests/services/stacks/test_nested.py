"""A stack in a stack, in memory: its template is an object of a bucket."""

from typing import Any

import pytest

from sealgate.services.stacks.errors import WrongStackStatus
from sealgate.services.stacks.templates.documents import encode_document
from tests.support.toy_stacks import ASKER, Killed, StackBench, things

INNER = {
    "Parameters": {"Size": {"Type": "Number"}},
    **things(Inside={"Size": {"Ref": "Size"}}),
    "Outputs": {"Name": {"Value": {"Ref": "Inside"}}},
}


def outer(size: int, key: str = "inner", **more: Any) -> dict[str, Any]:
    properties = {"TemplateURL": f"http://127.0.0.1:4566/b/{key}", "Parameters": {"Size": size}}
    return {
        "Resources": {
            "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": properties},
            **things(After={"Note": {"Fn::GetAtt": ["Nested", "Outputs.Name"]}}, **more)["Resources"],
        }
    }


@pytest.fixture(autouse=True)
def templates(bench: StackBench) -> None:
    bench.world.templates["b/inner"] = encode_document(INNER)


def inner_of(bench: StackBench) -> str:
    rows = bench.crew.lookup.list_resources(ASKER, "app")[1]
    return next(row.current.physical_id or "" for row in rows if row.logical_id == "Nested")


def test_an_inner_stack_is_made_and_its_outputs_are_attributes(bench: StackBench) -> None:
    bench.create("app", outer(3))
    assert bench.world.contents()["Inside"]["Size"] == 3
    inner = bench.get(inner_of(bench))
    assert (inner.status, inner.parent_id) == ("CREATE_COMPLETE", bench.get("app").stack_id)
    assert bench.world.contents()["After"]["Note"] == inner.outputs[0].value


def test_an_inner_stack_is_changed_and_removed_with_its_outer_one(bench: StackBench) -> None:
    bench.create("app", outer(3))
    assert bench.update("app", outer(4)).status == "UPDATE_COMPLETE"
    assert bench.world.contents()["Inside"]["Size"] == 4
    inner = inner_of(bench)
    bench.delete("app")
    assert bench.get(inner).status == "DELETE_COMPLETE"
    assert bench.world.things == {}


def test_a_failure_inside_fails_the_outer_stack(bench: StackBench) -> None:
    bench.world.failing.add("create Inside")
    assert bench.create("app", outer(3)).status == "ROLLBACK_COMPLETE"
    said = "was not successfully created: The following resource(s) failed to create: [Inside]."
    assert bench.reasons("app")[0].endswith(said)
    assert bench.world.things == {}
    assert bench.crew.lookup.list_live(ASKER)[0].name == "app"


def test_a_failure_outside_undoes_the_inner_stacks_update(bench: StackBench) -> None:
    bench.create("app", outer(3))
    bench.world.failing.add("create Late")
    assert bench.update("app", outer(4, Late={"DependsOn": "After"})).status == "UPDATE_ROLLBACK_COMPLETE"
    assert bench.world.contents()["Inside"]["Size"] == 3


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_inner_stack_is_taken_up_with_its_outer_one(bench: StackBench, moment: str) -> None:
    bench.world.deadly.add(f"{moment} create Inside")
    with pytest.raises(Killed):
        bench.create("app", outer(3))
    bench.restart()
    bench.work()
    assert bench.get("app").status == "CREATE_COMPLETE"
    assert len(bench.world.things) == 2


def test_an_inner_stack_is_not_changed_by_itself(bench: StackBench) -> None:
    bench.create("app", outer(3))
    with pytest.raises(WrongStackStatus, match="is a nested stack"):
        bench.update(inner_of(bench), things(A={}))
    with pytest.raises(WrongStackStatus, match="is a nested stack"):
        bench.delete(inner_of(bench))


def test_a_template_that_is_not_there_fails_the_step(bench: StackBench) -> None:
    assert bench.create("app", outer(3, key="none")).status == "ROLLBACK_COMPLETE"
    assert "S3 error: The specified key does not exist." in bench.reasons("app")


def test_a_failure_outside_undoes_what_a_changed_template_has_made(bench: StackBench) -> None:
    bench.create("app", outer(3))
    bench.world.templates["b/inner"] = encode_document(INNER | things(Inside={"Size": 9}, More={}))
    bench.world.failing.add("create Late")
    assert bench.update("app", outer(4, Late={"DependsOn": "After"})).status == "UPDATE_ROLLBACK_COMPLETE"
    assert bench.world.contents()["Inside"]["Size"] == 3
    assert "More" not in bench.world.contents()


def test_an_undoing_inside_that_failed_is_tried_again_with_the_outer_one(bench: StackBench) -> None:
    bench.create("app", outer(3))
    bench.world.deadly.add("after update Inside")
    with pytest.raises(Killed):
        bench.update("app", outer(4))
    bench.world.failing.add("update Inside")
    bench.restart()
    bench.work()
    assert bench.get("app").status == bench.get(inner_of(bench)).status == "UPDATE_ROLLBACK_FAILED"
    bench.world.failing.clear()
    bench.crew.service.continue_rollback(ASKER, "app", skipped=(), role_arn=None, client_token=None)
    bench.work()
    assert bench.get("app").status == "UPDATE_ROLLBACK_COMPLETE"
    assert bench.world.contents()["Inside"]["Size"] == 3


def test_a_stack_that_names_itself_is_not_nested_for_ever(bench: StackBench) -> None:
    own = {
        "Resources": {
            "N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "http://127.0.0.1/b/own"}}
        }
    }
    bench.world.templates["b/own"] = encode_document(own)
    assert bench.create("app", own).status == "ROLLBACK_COMPLETE"
    deepest = bench.crew.lookup.list_by_status(ASKER, ("DELETE_COMPLETE",))[0]
    assert "Stacks are nested more than 10 deep" in bench.reasons(deepest.stack_id)[0]
    assert [each.name for each in bench.crew.lookup.list_live(ASKER)] == ["app"]


def test_each_operation_on_an_inner_stack_is_one_of_the_api(bench: StackBench) -> None:
    bench.create("app", outer(3))
    bench.update("app", outer(4))
    bench.delete("app")
    begun = ["CreateStack", "UpdateStack", "DeleteStack"]
    assert bench.world.operations == [f"cloudformation:{each}" for each in begun]


def test_who_may_not_make_an_inner_stack_makes_no_outer_one(bench: StackBench) -> None:
    bench.world.denied.add("cloudformation:CreateStack")
    assert bench.create("app", outer(3)).status == "ROLLBACK_COMPLETE"
    assert "is not authorized to perform: cloudformation:CreateStack on" in bench.reasons("app")[0]
    assert bench.world.things == {}


def test_a_change_that_is_not_allowed_needs_no_undoing(bench: StackBench) -> None:
    bench.create("app", outer(3))
    bench.world.denied.add("cloudformation:UpdateStack")
    assert bench.update("app", outer(4)).status == "UPDATE_ROLLBACK_COMPLETE"
    assert bench.world.contents()["Inside"]["Size"] == 3
    assert bench.world.operations.count("cloudformation:UpdateStack") == 1


def test_an_inner_stack_that_may_not_be_removed_keeps_its_outer_one(bench: StackBench) -> None:
    bench.create("app", outer(3))
    bench.world.denied.add("cloudformation:DeleteStack")
    assert bench.delete("app").status == "DELETE_FAILED"
    assert bench.get(inner_of(bench)).status == "CREATE_COMPLETE"
