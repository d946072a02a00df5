from typing import Any

import pytest
import sqlalchemy

from sealgate.store.database import Database
from sealgate.store.functions import functions
from sealgate.store.layers import (
    LayerPermission,
    LayerPolicy,
    blob_references,
    find_present,
    layer_policies,
    layer_versions,
    layers,
    list_layer_names,
    list_layer_versions,
    list_signed_layer_versions,
)
from sealgate.store.schema import metadata
from tests.support.functions import ACCOUNT, NOW, REGION, a_function
from tests.support.layers import a_layer, a_layer_version

HERE: dict[str, Any] = {"account": ACCOUNT, "region": REGION}


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx)
        for name in ("library", "other"):
            layers.insert(tx, a_layer(name=name, last_version=9))


def test_rows_come_back_as_they_went_in(database: Database) -> None:
    version = a_layer_version(
        compatible_runtimes=("python3.13",),
        compatible_architectures=(),
        license_info="MIT",
        job_arn="arn",
        deleted_at=NOW,
        unzipped_size=262_144_000,
    )
    permissions = (
        LayerPermission(statement_id="b", principal="*"),
        LayerPermission(statement_id="a", principal="444455556666"),
    )
    policy = LayerPolicy(**HERE, name="library", version=1, revision_id="1", permissions=permissions)
    with database.write() as tx:
        layer_versions.insert(tx, version)
        layer_policies.insert(tx, policy)
    with database.read() as tx:
        assert layers.find(tx, **HERE, name="library") == a_layer(last_version=9)
        assert layer_versions.find(tx, **HERE, name="library", version=1) == version
        assert layer_policies.find(tx, **HERE, name="library", version=1) == policy
        assert find_present(tx, **HERE, name="library", version=1) is None


def test_lists_leave_out_what_is_deleted_and_stay_in_their_account_and_region(database: Database) -> None:
    with database.write() as tx:
        layers.insert(tx, a_layer(region="us-east-1"))
        layer_versions.insert(tx, a_layer_version(region="us-east-1", job_arn="arn"))
        for number, deleted_at in ((1, None), (2, NOW), (3, None)):
            layer_versions.insert(tx, a_layer_version(version=number, deleted_at=deleted_at, job_arn="arn"))
        layer_versions.insert(tx, a_layer_version(name="other", deleted_at=NOW))
    with database.read() as tx:
        assert list_layer_names(tx, **HERE, after="") == ["library"]
        assert list_layer_names(tx, **HERE, after="library") == []
        versions = list_layer_versions(tx, **HERE, name="library")
        assert [each.version for each in versions] == [3, 1]
        assert [each.version for each in list_layer_versions(tx, **HERE, name="library", before=3)] == [1]
        assert [(each.region, each.version) for each in list_signed_layer_versions(tx)] == [
            (REGION, 1),
            (REGION, 2),
            (REGION, 3),
            ("us-east-1", 1),
        ]


def test_a_blob_is_needed_until_nobody_can_get_it_and_no_function_has_it(database: Database) -> None:
    with database.write() as tx:
        for number, deleted_at in ((1, None), (2, NOW), (3, NOW)):
            version = a_layer_version(version=number, code_sha256=str(number), deleted_at=deleted_at)
            layer_versions.insert(tx, version)
        functions.insert(tx, a_function(version=1, layers=(a_layer_version(version=2).arn,)))
    with database.read() as tx:
        assert blob_references(tx) == {"1", "2"}


def test_a_version_needs_its_layer(database: Database) -> None:
    with pytest.raises(sqlalchemy.exc.IntegrityError), database.write() as tx:
        layer_versions.insert(tx, a_layer_version(name="unknown"))
