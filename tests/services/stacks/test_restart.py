"""Wherever a process dies in the middle of an operation, another ends it: whole, or undone. Never stuck."""

from collections.abc import Callable
from typing import Any

import pytest

from sealgate.services.stacks.service import Options
from sealgate.services.stacks.steps import Interrupted
from sealgate.services.stacks.worker import LEASE
from tests.support.toy_stacks import ASKER, Killed, StackBench, given, things

Shape = dict[tuple[str, str], dict[str, Any]]

OLD = things(Base={"Name": "one", "Size": 1}, Middle={"Needs": [{"Ref": "Base"}]}, Gone={"Needs": [{"Ref": "Middle"}]})
NEW = things(
    Base={"Name": "two", "Size": 2},
    Middle={"Needs": [{"Ref": "Base"}], "Size": 2},
    New={"Needs": [{"Ref": "Middle"}], "DependsOn": "Middle"},
)
FAILING = {"Resources": {**NEW["Resources"], **things(Last={"DependsOn": "New"})["Resources"]}}


def until_it_ends(bench: StackBench) -> None:
    """Work, and begin anew whenever the process dies."""
    try:
        bench.work()
    except Killed:
        bench.restart()
        bench.work()


def contents_after(bench: StackBench, act: Callable[[StackBench], Any]) -> Shape:
    act(bench)
    until_it_ends(bench)
    assert not bench.world.deadly, "the process has died where the test says"
    return shape(bench)


def shape(bench: StackBench) -> Shape:
    """Answer what there is; names that are drawn anew are not the same, so what takes them is counted."""
    found = {}
    for physical_id, thing in bench.world.things.items():
        needs = [bench.world.things[each]["logical"] for each in thing["properties"].get("Needs", [])]
        name = physical_id if physical_id in ("one", "two") else ""
        found[thing["logical"], name] = {**thing["properties"], "Needs": needs}
    return found


def begin_creation(bench: StackBench) -> None:
    bench.crew.service.create(ASKER, "app", given(OLD), options=Options())


def begin_update(bench: StackBench) -> None:
    bench.crew.service.update(ASKER, "app", given(NEW), options=Options())


def begin_failing_update(bench: StackBench) -> None:
    bench.world.failing.add("create Last")
    bench.crew.service.update(ASKER, "app", given(FAILING), options=Options())


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["create Base", "create Middle", "create Gone"])
def test_a_creation_is_taken_up(bench: StackBench, moment: str, step: str) -> None:
    bench.world.deadly.add(f"{moment} {step}")
    found = contents_after(bench, begin_creation)
    assert bench.get("app").status == "CREATE_COMPLETE"
    assert sorted(found) == [("Base", "one"), ("Gone", ""), ("Middle", "")]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["create Base", "update Middle", "create New", "delete Gone", "delete Base"])
def test_an_update_is_taken_up(bench: StackBench, moment: str, step: str) -> None:
    bench.create("app", OLD)
    bench.world.deadly.add(f"{moment} {step}")
    found = contents_after(bench, begin_update)
    assert bench.get("app").status == "UPDATE_COMPLETE"
    assert sorted(found) == [("Base", "two"), ("Middle", ""), ("New", "")]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["create Base", "update Middle", "create New", "delete New", "delete Base"])
def test_an_undoing_is_taken_up(bench: StackBench, moment: str, step: str) -> None:
    bench.create("app", OLD)
    before = shape(bench)
    bench.world.deadly.add(f"{moment} {step}")
    found = contents_after(bench, begin_failing_update)
    assert bench.get("app").status == "UPDATE_ROLLBACK_COMPLETE"
    assert found == before


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["delete Gone", "delete Base"])
def test_a_deletion_is_taken_up(bench: StackBench, moment: str, step: str) -> None:
    stack = bench.create("app", OLD)
    bench.world.deadly.add(f"{moment} {step}")
    bench.crew.service.delete(ASKER, "app", retained=(), role_arn=None, client_token=None)
    until_it_ends(bench)
    assert bench.get(stack.stack_id).status == "DELETE_COMPLETE"
    assert bench.world.things == {}


def test_a_failure_before_the_death_is_still_undone_after_it(bench: StackBench) -> None:
    bench.world.failing.add("create Bad")
    bench.world.deadly.add("after create Slow")
    bench.crew.service.create(
        ASKER, "app", given(things(Bad={}, Slow={}, Late={"DependsOn": "Slow"})), options=Options()
    )
    until_it_ends(bench)
    assert bench.get("app").status == "ROLLBACK_COMPLETE"
    assert bench.world.things == {}
    assert "create Late" not in bench.world.done


def test_a_server_that_stops_leaves_the_rest_for_the_next(bench: StackBench) -> None:
    begin_creation(bench)
    execution = bench.crew.worker._execution
    asked: list[int] = []

    def may_go_on() -> bool:
        asked.append(1)
        return len(asked) < 4

    with pytest.raises(Interrupted):
        execution.run(bench.get("app").stack_id, may_go_on=may_go_on)
    assert bench.get("app").status == "CREATE_IN_PROGRESS"
    assert 0 < len(bench.world.things) < 3
    bench.restart()
    bench.work()
    assert bench.get("app").status == "CREATE_COMPLETE"


def test_a_stack_is_another_servers_as_long_as_its_lease_is_renewed(bench: StackBench) -> None:
    begin_creation(bench)
    worker = bench.crew.worker
    claimed = worker._claim()
    assert claimed is not None
    bench.crew = bench.open()
    assert bench.crew.worker.run_one() is False
    worker.renew_leases()
    worker._give_back(claimed)
    assert bench.crew.worker.run_one() is True


def test_what_fails_for_no_reason_of_its_own_comes_after_other_stacks(bench: StackBench) -> None:
    bench.world.deadly.add("before create Base")
    begin_creation(bench)
    bench.crew.service.create(ASKER, "other", given(things(A={})), options=Options())
    with pytest.raises(Killed):
        bench.crew.worker.run_one()
    assert bench.crew.worker.run_one() is True
    assert bench.crew.worker.run_one() is False
    assert (bench.get("app").status, bench.get("other").status) == ("CREATE_IN_PROGRESS", "CREATE_COMPLETE")
    bench.clock.now += LEASE
    bench.work()
    assert bench.get("app").status == "CREATE_COMPLETE"


def test_threads_do_the_work(bench: StackBench) -> None:
    worker = bench.crew.worker
    worker.start()
    begin_creation(bench)
    while bench.get("app").status == "CREATE_IN_PROGRESS":
        worker.renew_leases()
    worker.stop()
    assert bench.get("app").status == "CREATE_COMPLETE"
