from typing import Any

import pytest

from sealgate.errors import Invalid
from sealgate.services.stacks.errors import NothingToUpdate, StackExists, WrongStackStatus
from sealgate.services.stacks.service import Options
from tests.support.toy_stacks import ASKER, Killed, StackBench, given, things

CHAIN = things(Base={"Size": 1}, Middle={"Needs": [{"Ref": "Base"}]}, Top={"Needs": [{"Ref": "Middle"}]})


def test_what_a_resource_takes_is_made_before_it(bench: StackBench) -> None:
    bench.create("app", CHAIN)
    assert bench.world.done == ["create Base", "create Middle", "create Top"]


def test_a_stack_is_told_from_its_begin_to_its_end(bench: StackBench) -> None:
    bench.create("app", things(Base={}))
    assert bench.told("app") == [
        "app CREATE_IN_PROGRESS",
        "Base CREATE_IN_PROGRESS",
        "Base CREATE_COMPLETE",
        "app CREATE_COMPLETE",
    ]


def test_depends_on_orders_what_takes_nothing(bench: StackBench) -> None:
    bench.create("app", things(A={"DependsOn": "B"}, B={"DependsOn": ["C"]}, C={}))
    assert bench.world.done == ["create C", "create B", "create A"]


def test_a_creation_that_fails_is_undone_in_the_opposite_order(bench: StackBench) -> None:
    bench.world.failing.add("create Top")
    stack = bench.create("app", CHAIN)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert bench.world.things == {}
    assert bench.world.done[2:] == ["delete Middle", "delete Base"]


def test_a_failure_carries_the_handlers_message(bench: StackBench) -> None:
    bench.world.failing.add("create Top")
    bench.create("app", CHAIN)
    failure, rollback = bench.reasons("app")
    assert failure.startswith('Resource handler returned message: "create Top fails" (RequestToken: ')
    assert failure.endswith(", HandlerErrorCode: InvalidRequest)")
    assert rollback == "The following resource(s) failed to create: [Top]. Rollback requested by user."


def test_without_rollback_what_was_made_stays(bench: StackBench) -> None:
    bench.world.failing.add("create Top")
    stack = bench.create("app", CHAIN, options=Options(disable_rollback=True))
    assert stack.status == "CREATE_FAILED"
    assert set(bench.world.contents()) == {"Base", "Middle"}


def test_what_was_left_is_rolled_back_later(bench: StackBench) -> None:
    bench.world.failing.add("create Top")
    bench.create("app", CHAIN, options=Options(disable_rollback=True))
    bench.crew.service.roll_back(ASKER, "app", client_token=None)
    bench.work()
    assert bench.get("app").status == "ROLLBACK_COMPLETE"
    assert bench.world.things == {}


def test_on_failure_delete_leaves_no_stack(bench: StackBench) -> None:
    bench.world.failing.add("create Top")
    stack = bench.create("app", CHAIN, options=Options(delete_on_failure=True))
    assert stack.status == "DELETE_COMPLETE"
    assert bench.world.things == {}
    assert bench.create("app", things(A={})).status == "CREATE_COMPLETE"


def test_a_name_is_taken_until_its_stack_is_deleted(bench: StackBench) -> None:
    bench.create("app", things(A={}))
    with pytest.raises(StackExists, match=r"Stack \[app\] already exists"):
        bench.crew.service.create(ASKER, "app", given(things(A={})), options=Options())


def test_an_update_changes_in_place_what_may_be_changed(bench: StackBench) -> None:
    bench.create("app", CHAIN)
    stack = bench.update("app", things(Base={"Size": 2}, Middle={"Needs": [{"Ref": "Base"}]}, Top={"Size": 9}))
    assert stack.status == "UPDATE_COMPLETE"
    assert sorted(bench.world.done[3:]) == ["update Base", "update Top"]


def test_an_update_that_changes_nothing_is_refused(bench: StackBench) -> None:
    bench.create("app", CHAIN)
    with pytest.raises(NothingToUpdate, match=r"No updates are to be performed\."):
        bench.update("app", CHAIN)


def test_a_replaced_resource_is_removed_after_what_takes_it_has_the_new_one(bench: StackBench) -> None:
    before = things(Base={"Name": "one"}, Top={"Needs": [{"Ref": "Base"}]})
    bench.create("app", before)
    bench.update("app", things(Base={"Name": "two"}, Top={"Needs": [{"Ref": "Base"}]}))
    assert bench.world.done[2:] == ["create Base", "update Top", "delete Base"]
    assert set(bench.world.things) >= {"two"}
    assert "one" not in bench.world.things


def test_what_a_template_has_no_more_is_removed_at_the_end(bench: StackBench) -> None:
    bench.create("app", CHAIN)
    bench.update("app", things(Base={"Size": 2}))
    assert bench.world.done[3:] == ["update Base", "delete Top", "delete Middle"]
    assert bench.rows("app") == {"Base": "UPDATE_COMPLETE"}


def test_a_failed_update_is_undone(bench: StackBench) -> None:
    bench.create("app", things(Base={"Size": 1, "Note": "a"}, Other={"Size": 1}))
    before = bench.world.contents()
    bench.world.failing.add("create New")
    template = things(Base={"Size": 2, "Note": "b"}, Other={"Size": 2}, New={"DependsOn": ["Base", "Other"]})
    assert bench.update("app", template).status == "UPDATE_ROLLBACK_COMPLETE"
    assert bench.world.contents() == before


def test_a_failed_replacement_leaves_the_old_resource(bench: StackBench) -> None:
    bench.create("app", things(Base={"Name": "one"}))
    bench.world.failing.add("create Base")
    stack = bench.update("app", things(Base={"Name": "two"}))
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert list(bench.world.things) == ["one"]
    assert bench.update("app", things(Base={"Name": "one", "Size": 4})).status == "UPDATE_COMPLETE"


def test_a_replacement_that_something_later_undoes_is_removed(bench: StackBench) -> None:
    bench.create("app", things(Base={"Name": "one"}, Top={"Needs": [{"Ref": "Base"}]}))
    before = bench.world.contents()
    bench.world.failing.add("create New")
    template = things(Base={"Name": "two"}, Top={"Needs": [{"Ref": "Base"}]}, New={"DependsOn": "Top"})
    assert bench.update("app", template).status == "UPDATE_ROLLBACK_COMPLETE"
    assert bench.world.contents() == before
    assert "two" not in bench.world.things


def test_undoing_that_fails_can_be_tried_again(bench: StackBench) -> None:
    before = leave_half_undone(bench)
    bench.crew.service.continue_rollback(ASKER, "app", skipped=(), role_arn=None, client_token=None)
    bench.work()
    assert bench.get("app").status == "UPDATE_ROLLBACK_COMPLETE"
    assert bench.world.contents() == before


def test_what_cannot_be_undone_may_be_skipped(bench: StackBench) -> None:
    leave_half_undone(bench)
    with pytest.raises(Invalid, match="Resource Other is not in the state UPDATE_FAILED"):
        bench.crew.service.continue_rollback(ASKER, "app", skipped=("Other",), role_arn=None, client_token=None)
    bench.crew.service.continue_rollback(ASKER, "app", skipped=("Base",), role_arn=None, client_token=None)
    bench.work()
    assert bench.get("app").status == "UPDATE_ROLLBACK_COMPLETE"
    assert bench.world.contents()["Base"] == {"Size": 2}


def leave_half_undone(bench: StackBench) -> dict[str, Any]:
    """Let an update fail, and its undoing; answer what there was before."""
    bench.create("app", things(Base={"Size": 1}))
    before = bench.world.contents()
    bench.world.deadly.add("after update Base")
    with pytest.raises(Killed):
        bench.update("app", things(Base={"Size": 2}))
    bench.world.failing.add("update Base")
    bench.restart()
    bench.work()
    assert bench.get("app").status == "UPDATE_ROLLBACK_FAILED"
    bench.world.failing.clear()
    return before


def test_an_update_without_rollback_stays_as_it_failed(bench: StackBench) -> None:
    bench.create("app", things(Base={"Size": 1}))
    bench.world.failing.add("create New")
    template = things(Base={"Size": 2}, New={"DependsOn": "Base"})
    stack = bench.update("app", template, options=Options(disable_rollback=True))
    assert stack.status == "UPDATE_FAILED"
    assert bench.world.contents()["Base"] == {"Size": 2}
    bench.crew.service.roll_back(ASKER, "app", client_token=None)
    bench.work()
    assert bench.get("app").status == "UPDATE_ROLLBACK_COMPLETE"
    assert bench.world.contents()["Base"] == {"Size": 1}


def test_a_stack_is_removed_in_the_opposite_order(bench: StackBench) -> None:
    bench.create("app", CHAIN)
    assert bench.delete("app").status == "DELETE_COMPLETE"
    assert bench.world.done[3:] == ["delete Top", "delete Middle", "delete Base"]


def test_a_deletion_that_fails_goes_on_where_it_was(bench: StackBench) -> None:
    bench.create("app", CHAIN)
    bench.world.failing.add("delete Middle")
    stack = bench.delete("app")
    assert (stack.status, stack.status_reason) == (
        "DELETE_FAILED",
        "The following resource(s) failed to delete: [Middle].",
    )
    bench.world.failing.clear()
    assert bench.delete("app").status == "DELETE_COMPLETE"
    assert bench.world.things == {}


def test_resources_that_cannot_be_removed_may_be_retained(bench: StackBench) -> None:
    bench.create("app", things(Base={}, Top={}))
    bench.world.failing.add("delete Base")
    bench.delete("app")
    assert bench.delete("app", retained=("Base",)).status == "DELETE_COMPLETE"
    assert set(bench.world.contents()) == {"Base"}


@pytest.mark.parametrize(
    ("policy", "left_by_rollback", "left_by_deletion"),
    [("Delete", False, False), ("Retain", True, True), ("RetainExceptOnCreate", False, True)],
)
def test_a_deletion_policy_keeps_a_resource(
    bench: StackBench, policy: str, *, left_by_rollback: bool, left_by_deletion: bool
) -> None:
    template = things(Kept={"DeletionPolicy": policy}, Late={"DependsOn": "Kept"})
    bench.world.failing.add("create Late")
    bench.create("undone", template)
    assert bool(bench.world.things) is left_by_rollback
    bench.world.things.clear()
    bench.world.failing.clear()
    bench.create("app", template)
    bench.delete("app")
    assert ("Kept" in bench.world.contents()) is left_by_deletion


def test_a_replace_policy_keeps_what_was_replaced(bench: StackBench) -> None:
    bench.create("app", things(Base={"Name": "one", "UpdateReplacePolicy": "Retain"}))
    bench.update("app", things(Base={"Name": "two", "UpdateReplacePolicy": "Retain"}))
    assert set(bench.world.things) == {"one", "two"}


def test_a_protected_stack_is_not_removed(bench: StackBench) -> None:
    bench.create("app", things(A={}))
    bench.crew.service.protect(ASKER, "app", is_protected=True)
    with pytest.raises(WrongStackStatus, match="TerminationProtection is enabled"):
        bench.delete("app")


def test_a_stack_under_way_is_neither_changed_nor_removed(bench: StackBench) -> None:
    bench.crew.service.create(ASKER, "app", given(things(A={})), options=Options())
    with pytest.raises(WrongStackStatus, match="is in CREATE_IN_PROGRESS state and can not be updated"):
        bench.update("app", things(A={"Size": 2}))
    with pytest.raises(WrongStackStatus, match="can not be deleted"):
        bench.delete("app")


def test_tags_of_the_stack_are_those_of_its_resources(bench: StackBench) -> None:
    template = things(A={"Tags": [{"Key": "own", "Value": "1"}, {"Key": "both", "Value": "own"}]})
    bench.crew.service.create(ASKER, "app", given(template, {"both": "stack", "all": "2"}), options=Options())
    bench.work()
    tags = {each["Key"]: each["Value"] for each in bench.world.contents()["A"]["Tags"]}
    assert tags == {"own": "1", "both": "own", "all": "2"}


def test_a_secret_parameter_is_shown_nowhere(bench: StackBench) -> None:
    template = {
        "Parameters": {"Secret": {"Type": "String", "NoEcho": True}},
        **things(A={"Note": {"Fn::Sub": "x-${Secret}"}}),
    }
    bench.create("app", template, Secret="hunter2")
    assert bench.world.contents()["A"]["Note"] == "x-hunter2"
    _, page = bench.crew.lookup.list_events(ASKER, "app", token=None)
    assert "hunter2" not in str(page.items)
    assert [each.properties for each in page.items if each.logical_id == "A"] == ['{"Note":"x-****"}'] * 2


def test_outputs_are_what_was_made(bench: StackBench) -> None:
    template = things(A={"Size": 7}) | {"Outputs": {"S": {"Value": {"Fn::GetAtt": ["A", "Size"]}}}}
    stack = bench.create("app", template)
    assert [(each.key, each.value) for each in stack.outputs] == [("S", "7")]
    template["Outputs"]["T"] = {"Value": "more"}
    assert len(bench.update("app", template).outputs) == 2


def test_a_secret_is_not_shown_where_a_resource_is_replaced(bench: StackBench) -> None:
    def template(name: str) -> dict[str, Any]:
        return {
            "Parameters": {"Secret": {"Type": "String", "NoEcho": True}},
            **things(A={"Name": name, "Note": {"Ref": "Secret"}}),
        }

    bench.create("app", template("one"), Secret="hunter2")
    bench.update("app", template("two"), Secret="hunter2")
    _, page = bench.crew.lookup.list_events(ASKER, "app", token=None)
    assert bench.told("app")[-2:] == ["A DELETE_COMPLETE", "app UPDATE_COMPLETE"]
    assert "hunter2" not in str(page.items)


def test_an_operation_that_a_defect_stops_has_failed_and_is_not_tried_for_ever(
    bench: StackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("sealgate.services.stacks.execution.evaluate_outputs", fail)
    stack = bench.create("app", CHAIN)
    assert (stack.status, bench.world.things) == ("ROLLBACK_COMPLETE", {})
    assert bench.reasons("app") == ["Internal Failure Rollback requested by user."]


def test_a_request_that_is_repeated_with_its_token_is_done_once(bench: StackBench) -> None:
    once = Options(client_token="token-1")
    made = bench.crew.service.create(ASKER, "app", given(CHAIN), options=once)
    assert bench.crew.service.create(ASKER, "app", given(CHAIN), options=once).stack_id == made.stack_id
    bench.work()
    with pytest.raises(StackExists):
        bench.crew.service.create(ASKER, "app", given(things(Other={})), options=once)
    twice = Options(client_token="token-2")
    begun = bench.crew.service.update(ASKER, "app", given(things(Other={})), options=twice)
    assert bench.crew.service.update(ASKER, "app", given(things(Other={})), options=twice) == begun
    with pytest.raises(WrongStackStatus):
        bench.crew.service.update(ASKER, "app", given(CHAIN), options=twice)
    bench.work()
    bench.crew.service.update(ASKER, "app", given(things(Other={})), options=twice)
    assert bench.told("app").count("app UPDATE_IN_PROGRESS") == 1


def test_what_is_being_removed_need_not_be_removed_again(bench: StackBench) -> None:
    made = bench.create("app", CHAIN)
    for _ in range(2):
        bench.crew.service.delete(ASKER, "app", retained=(), role_arn=None, client_token=None)
    bench.work()
    assert bench.told(made.stack_id).count("app DELETE_IN_PROGRESS") == 1
