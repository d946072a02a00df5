import dataclasses
from typing import Any

import pytest
import sqlalchemy

from sealgate.store.aliases import Alias, aliases, delete_aliases, select_aliases
from sealgate.store.configs import CodeSigningConfig, configs, select_configs
from sealgate.store.database import Database
from sealgate.store.decisions import DecisionRecord, decisions
from sealgate.store.function_policies import FunctionPermission, FunctionPolicy, delete_policies, function_policies
from sealgate.store.functions import (
    LATEST_NUMBER,
    Measures,
    blob_references,
    delete_all_versions,
    find_newest_version,
    functions,
    measure_functions,
    select_all_versions,
    select_functions,
    select_functions_of_config,
    select_versions,
)
from sealgate.store.layers import sum_layer_code
from sealgate.store.schema import metadata
from tests.support.functions import ACCOUNT, NOW, REGION, a_function

CONFIG = CodeSigningConfig(
    account=ACCOUNT,
    region=REGION,
    config_id="csc-00000000000000001",
    description=None,
    publishers=("a", "b"),
    policy="Warn",
    tags={"ü": "1"},
    last_modified=NOW,
)
HERE: dict[str, Any] = {"account": ACCOUNT, "region": REGION}


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx)
        configs.insert(tx, CONFIG)


def test_rows_come_back_as_they_went_in(database: Database) -> None:
    function = a_function(
        config_id=CONFIG.config_id, environment={"A": "ü"}, tags={"t": ""}, code_size=262_144_000, layers=("a", "b")
    )
    decision = DecisionRecord(
        decision_id="1",
        deployment_id="2",
        decided_at=NOW,
        account=ACCOUNT,
        region=REGION,
        caller_arn="arn",
        function="app",
        layer_arn="arn:layer",
        operation="CreateFunction",
        dry_run=True,
        config_arn=None,
        package_sha256="00" * 32,
        outcome="DENY",
        kind="INTEGRITY",
        findings="{}\n{}",
    )
    with database.write() as tx:
        functions.insert(tx, function)
        decisions.insert(tx, decision)
    with database.read() as tx:
        assert functions.find(tx, **HERE, name="app", version=function.version) == function
        assert configs.find(tx, **HERE, config_id=CONFIG.config_id) == CONFIG
        assert decisions.select(tx) == [decision]


def test_lists_go_on_after_a_name_and_stay_in_their_account_and_region(database: Database) -> None:
    with database.write() as tx:
        configs.insert(tx, dataclasses.replace(CONFIG, config_id="csc-00000000000000002"))
        configs.insert(tx, dataclasses.replace(CONFIG, region="us-east-1"))
        for name, config_id in (("a", None), ("b", CONFIG.config_id), ("c", CONFIG.config_id)):
            functions.insert(tx, a_function(name=name, config_id=config_id, code_sha256=name))
        functions.insert(tx, a_function(name="d", region="us-east-1", code_sha256="a"))
    with database.read() as tx:
        assert [each.name for each in select_functions(tx, **HERE, after="", limit=2)] == ["a", "b"]
        assert [each.name for each in select_functions(tx, **HERE, after="b", limit=2)] == ["c"]
        attached = select_functions_of_config(tx, **HERE, config_id=CONFIG.config_id, after="", limit=9)
        assert [each.name for each in attached] == ["b", "c"]
        assert [each.config_id[-1] for each in select_configs(tx, **HERE, after="", limit=9)] == ["1", "2"]
        assert blob_references(tx) == {"a", "b", "c"}


def test_a_config_that_a_function_has_cannot_vanish(database: Database) -> None:
    with database.write() as tx:
        functions.insert(tx, a_function(config_id=CONFIG.config_id))
    with pytest.raises(sqlalchemy.exc.IntegrityError), database.write() as tx:
        configs.delete(tx, **HERE, config_id=CONFIG.config_id)


def test_versions_come_oldest_first_and_lists_of_functions_show_the_latest_alone(database: Database) -> None:
    with database.write() as tx:
        for name, version in (("a", LATEST_NUMBER), ("a", 10), ("a", 9), ("b", LATEST_NUMBER)):
            functions.insert(tx, a_function(name=name, version=version))
    with database.read() as tx:
        assert [each.version_name for each in select_versions(tx, **HERE, name="a")] == ["$LATEST", "9", "10"]
        assert [each.version for each in select_versions(tx, **HERE, name="a", after=0, limit=1)] == [9]
        assert [each.name for each in select_functions(tx, **HERE, after="", limit=9)] == ["a", "b"]
        found = select_all_versions(tx, **HERE, after=("a", 9), limit=9)
        assert [(each.name, each.version) for each in found] == [("a", 10), ("b", 0)]
        newest = find_newest_version(tx, a_function(name="a"))
        assert newest is not None
        assert newest.qualified_arn == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:a:10"
        assert find_newest_version(tx, a_function(name="b")) is None
        assert blob_references(tx) == {"00" * 32}


def test_a_function_goes_with_its_versions_aliases_and_policies(database: Database) -> None:
    alias = Alias(**HERE, function="app", name="live", version=1, description="", routing={2: 0.25}, revision_id="r")
    permission = FunctionPermission(
        statement_id="s", action="lambda:*", principal="s3.amazonaws.com", source_account="1"
    )
    policy = FunctionPolicy(**HERE, function="app", qualifier="", permissions=(permission,))
    with database.write() as tx:
        for name in ("app", "other"):
            functions.insert(tx, a_function(name=name))
            functions.insert(tx, a_function(name=name, version=1))
            aliases.insert(tx, dataclasses.replace(alias, function=name))
            function_policies.insert(tx, dataclasses.replace(policy, function=name))
    with database.write() as tx:
        assert select_aliases(tx, **HERE, function="app") == [alias]
        assert function_policies.find(tx, **HERE, function="app", qualifier="") == policy
        delete_aliases(tx, **HERE, function="app")
        delete_policies(tx, **HERE, function="app")
        assert delete_all_versions(tx, **HERE, name="app")
    with database.read() as tx:
        assert [(each.name, each.version) for each in functions.select(tx)] == [("other", 0), ("other", 1)]
        assert [each.function for each in aliases.select(tx)] == ["other"]
        assert [each.function for each in function_policies.select(tx)] == ["other"]


def test_what_functions_and_layers_take_is_added_up_by_account_and_region(database: Database) -> None:
    with database.read() as tx:
        assert measure_functions(tx, **HERE) == Measures(functions=0, code_size=0, reserved=0)
        assert sum_layer_code(tx, **HERE) == 0
    with database.write() as tx:
        functions.insert(tx, a_function(name="a", code_size=2**31 - 1, reserved_concurrency=5))
        functions.insert(tx, a_function(name="a", code_size=2**31 - 1, version=1))
        functions.insert(tx, a_function(name="b", code_size=1, reserved_concurrency=0))
        functions.insert(tx, a_function(name="c", region="us-east-1", reserved_concurrency=9))
    with database.read() as tx:
        assert measure_functions(tx, **HERE) == Measures(functions=2, code_size=2**32 - 1, reserved=5)


def test_a_version_that_an_alias_points_to_cannot_vanish(database: Database) -> None:
    alias = Alias(**HERE, function="app", name="live", version=1, description="", routing={}, revision_id="r")
    with database.write() as tx:
        functions.insert(tx, a_function(version=1))
        aliases.insert(tx, alias)
    with pytest.raises(sqlalchemy.exc.IntegrityError), database.write() as tx:
        functions.delete(tx, **HERE, name="app", version=1)
