from collections.abc import Callable
from dataclasses import replace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from sealgate.errors import Conflict
from sealgate.store import migrate
from sealgate.store.bucket_policies import BucketPolicy, bucket_policies
from sealgate.store.configs import configs
from sealgate.store.database import Database, Tx
from sealgate.store.decisions import decisions
from sealgate.store.functions import functions
from sealgate.store.objects import Bucket, buckets
from sealgate.store.schema import metadata
from tests.store.test_functions import CONFIG
from tests.support.decisions import a_decision
from tests.support.functions import a_function
from tests.support.signer import NOW


def test_the_migrations_make_exactly_the_schema_that_the_code_declares(database: Database) -> None:
    migrate.upgrade(database)
    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []


def test_upgrading_twice_is_fine(database: Database) -> None:
    migrate.upgrade(database)
    migrate.upgrade(database)


def test_functions_of_an_earlier_release_become_the_latest_of_themselves(database: Database) -> None:
    migrate.upgrade(database)
    with database.write() as tx:
        configs.insert(tx, CONFIG)
        functions.insert(tx, a_function(config_id=CONFIG.config_id, tags={"a": "b"}))
        functions.insert(tx, a_function(version=1))
        _run(tx, command.downgrade, "0006")
        assert tx.execute(text("SELECT name FROM functions")).scalars().all() == ["app"]
        _run(tx, command.upgrade, "head")
    with database.read() as tx:
        assert functions.select(tx) == [a_function(config_id=CONFIG.config_id, tags={"a": "b"})]


def test_each_decision_of_an_earlier_release_was_a_deployment_of_its_own(database: Database) -> None:
    migrate.upgrade(database)
    code = a_decision()
    with database.write() as tx:
        decisions.insert(tx, code)
        decisions.insert(tx, a_decision(layer_arn="arn"))
        _run(tx, command.downgrade, "0008")
        _run(tx, command.upgrade, "head")
    with database.read() as tx:
        assert decisions.select(tx) == [replace(code, deployment_id=code.decision_id)]


def test_buckets_of_an_earlier_release_keep_their_objects_and_have_no_settings(database: Database) -> None:
    migrate.upgrade(database)
    bucket = Bucket(name="b", account="1", region="us-east-1", versioning="Unset", created_at=NOW)
    with database.write() as tx:
        buckets.insert(tx, replace(bucket, tags={"a": "b"}, blocked_access=("BlockPublicPolicy",)))
        bucket_policies.insert(tx, BucketPolicy(bucket="b", document="{}", named_ids={}))
        _run(tx, command.downgrade, "0011")
        _run(tx, command.upgrade, "head")
    with database.read() as tx:
        assert buckets.select(tx) == [bucket]
        assert bucket_policies.find(tx, bucket="b") is not None


def _run(tx: Tx, step: Callable[[Config, str], None], revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    config.attributes["connection"] = tx
    step(config, revision)


def test_a_database_of_a_newer_release_is_refused(database: Database) -> None:
    migrate.upgrade(database)
    with database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="9999"):
        migrate.upgrade(database)


def test_the_head_named_in_the_code_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(migrate.FOLDER)).get_current_head() == migrate.HEAD
