"""Stacks on both databases: the whole way, and what is found of it afterwards."""

import pytest

from sealgate.services.stacks.drafts import Wanted
from sealgate.services.stacks.service import Options
from sealgate.services.stacks.statuses import REVIEW, UNDER_WAY
from sealgate.services.stacks.templates.documents import encode_document
from sealgate.store import stacks as store
from sealgate.store.database import Database
from tests.support.database import make_schema
from tests.support.toy_stacks import ACCOUNT, ASKER, REGION, Killed, StackBench, given, things


@pytest.fixture
def db(database: Database) -> Database:
    make_schema(database)
    return database


def test_a_stack_is_made_changed_undone_and_removed(db: Database) -> None:
    bench = StackBench(db)
    bench.create("app", things(Base={"Name": "one"}, Top={"Needs": [{"Ref": "Base"}]}))
    assert (
        bench.update("app", things(Base={"Name": "two"}, Top={"Needs": [{"Ref": "Base"}]})).status == "UPDATE_COMPLETE"
    )
    bench.world.failing.add("create New")
    assert bench.update("app", things(Base={"Name": "three"}, New={"DependsOn": "Base"})).status.endswith(
        "LLBACK_COMPLETE"
    )
    assert set(bench.world.contents()) == {"Base", "Top"}
    assert bench.delete("app").status == "DELETE_COMPLETE"


def test_what_a_dead_process_has_begun_is_taken_up(db: Database) -> None:
    bench = StackBench(db)
    bench.world.deadly.add("after create Base")
    with pytest.raises(Killed):
        bench.create("app", things(Base={}, Top={"Needs": [{"Ref": "Base"}]}))
    bench.restart()
    bench.work()
    assert bench.get("app").status == "CREATE_COMPLETE"


def test_stacks_are_found_by_what_they_have(db: Database) -> None:
    bench = StackBench(db)
    bench.world.templates["b/inner"] = encode_document(things(Inside={}))
    outer = {
        "Resources": {
            "N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "http://localhost/b/inner"}}
        }
    }
    exported = {"Outputs": {"O": {"Value": "v", "Export": {"Name": "e"}}}}
    bench.create("app", outer | exported)
    taker = bench.create("taker", things(A={"Note": {"Fn::ImportValue": "e"}}))
    with db.read() as tx:
        app = store.find_live_stack(tx, account=ACCOUNT, region=REGION, name="app")
        assert app is not None
        nested = store.list_resources(tx, stack_id=app.stack_id)[0].current.physical_id
        inner = store.stacks.find(tx, stack_id=nested)
        assert inner is not None
        assert inner.root_id == app.stack_id
        thing = store.list_resources(tx, stack_id=inner.stack_id)[0].current.physical_id or ""
        found = store.find_resource_stacks(tx, account=ACCOUNT, region=REGION, physical_id=thing)
        assert [each.stack_id for each in found] == [inner.stack_id]
        assert [each.name for each in store.list_imports_of(tx, stack_id=taker.stack_id)] == ["e"]
        assert store.find_waiting_stack(tx, statuses=UNDER_WAY, now=bench.clock()) is None
    assert [each.name for each in bench.crew.lookup.list_by_status(ASKER, ("CREATE_COMPLETE",))][-1] == "app"


def test_change_sets_are_found_by_those_that_they_are_in(db: Database) -> None:
    bench = StackBench(db)
    bench.world.templates["b/inner"] = encode_document(things(Inside={}))
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "http://localhost/b/inner"}}
    new = given({"Resources": {"N": nested}})
    wanted = Wanted(stack="app", name="c", kind="CREATE", given=new, options=Options(), includes_nested=True)
    root = bench.crew.change_sets.create(ASKER, wanted)
    with db.read() as tx:
        inner = store.find_inner_change_set(tx, parent_id=root.change_set_id, logical_id="N")
        assert inner is not None
        assert store.list_inner_change_sets(tx, root_id=root.change_set_id) == [inner]
        found = store.list_inner_stacks(tx, root_id=root.stack_id, status=REVIEW)
        assert [each.stack_id for each in found] == [inner.stack_id]
    bench.crew.change_sets.execute(ASKER, "c", "app", options=Options())
    bench.work()
    assert bench.get(inner.stack_id).status == "CREATE_COMPLETE"


def test_events_come_in_pages_from_the_newest_on(db: Database) -> None:
    bench = StackBench(db)
    bench.create("app", things(**{f"T{number}": {} for number in range(60)}))
    stack, first = bench.crew.lookup.list_events(ASKER, "app", token=None)
    _, second = bench.crew.lookup.list_events(ASKER, stack.stack_id, token=first.next_token)
    assert (len(first.items), len(second.items)) == (100, 22)
    assert second.items[-1].number == 1
    assert second.next_token is None
