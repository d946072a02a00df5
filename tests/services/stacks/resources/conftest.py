"""One house for the tests of all resource types; each test has an account of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealgate.aws.apis import APIS
from sealgate.config import Config
from sealgate.server.house import House, open_house
from sealgate.services.stacks.operations import Operations
from tests.support.cloud import Cloud, open_cloud
from tests.support.resources import Stack, open_operations

REGISTRY = json.loads(Path(__file__).with_name("registry.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = open_house(Config(data=tmp_path_factory.mktemp("resources") / "data"))
    yield house
    house.running.hosting.close()
    house.trail.filing.close()
    house.db.close()


@pytest.fixture(scope="session")
def operations(house: House) -> Operations:
    return open_operations(house)


@pytest.fixture(scope="session")
def cloud(house: House) -> Iterator[Cloud]:
    cloud = open_cloud(house, APIS)
    yield cloud
    cloud.root.close()


@pytest.fixture
def stack(cloud: Cloud, operations: Operations) -> Iterator[Stack]:
    """A stack of an account without anything else; whatever is done in it, AWS's own handlers would be allowed too."""
    stack = Stack(cloud.other(), operations)
    yield stack
    for kind, actions in stack.actions.items():
        known = REGISTRY.get(kind, {}).get("actions")
        assert not known or actions <= set(known), kind
