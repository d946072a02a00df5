import dataclasses

import pytest
import sqlalchemy

from sealgate.store.configs import CodeSigningConfig, configs, select_configs
from sealgate.store.database import Database
from sealgate.store.decisions import DecisionRecord, decisions
from sealgate.store.functions import blob_references, functions, select_functions, select_functions_of_config
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
HERE = {"account": ACCOUNT, "region": REGION}


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx)
        configs.insert(tx, CONFIG)


def test_rows_come_back_as_they_went_in(database: Database) -> None:
    function = a_function(config_id=CONFIG.config_id, environment={"A": "ü"}, tags={"t": ""}, code_size=262_144_000)
    decision = DecisionRecord(
        decision_id="1",
        decided_at=NOW,
        account=ACCOUNT,
        region=REGION,
        caller_arn="arn",
        function="app",
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
        assert functions.find(tx, **HERE, name="app") == function
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
