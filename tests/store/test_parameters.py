from dataclasses import replace
from typing import Any

import pytest

from sealgate.store.database import Database
from sealgate.store.parameters import Parameter, parameters, select_parameters
from sealgate.store.schema import metadata
from tests.support.signer import NOW, SCOPE

WHERE = {"account": SCOPE.account, "region": SCOPE.region}


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx)


def parameter(name: str, **changes: Any) -> Parameter:
    members: dict[str, Any] = {
        **WHERE,
        "name": name,
        "type": "String",
        "value": "ü",
        "version": 1,
        "description": None,
        "tags": {"a": "b"},
        "modified_at": NOW,
        "modified_by": SCOPE.caller_arn,
    }
    return Parameter(**(members | changes))


def test_a_parameter_is_kept_as_it_is(database: Database) -> None:
    with database.write() as tx:
        parameters.insert(tx, parameter("/a"))
        parameters.replace(tx, replace(parameter("/a"), version=2, value="b"))
    with database.read() as tx:
        assert parameters.find(tx, **WHERE, name="/a") == parameter("/a", version=2, value="b")


def test_parameters_are_listed_by_the_bytes_of_their_names_each_region_by_itself(database: Database) -> None:
    with database.write() as tx:
        for name in ("b", "/a/b", "B", "/a"):
            parameters.insert(tx, parameter(name))
        parameters.insert(tx, parameter("/a/a", region="us-west-2"))
    with database.read() as tx:
        assert [each.name for each in select_parameters(tx, **WHERE, after="")] == ["/a", "/a/b", "B", "b"]
        assert [each.name for each in select_parameters(tx, **WHERE, after="/a/b")] == ["B", "b"]
