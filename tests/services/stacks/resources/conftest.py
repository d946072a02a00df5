"""One house for the tests of all resource types; each test has an account of its own."""

from collections.abc import Iterator

import pytest

from sealgate.aws.apis import APIS
from sealgate.config import Config
from sealgate.house import House, open_house
from sealgate.services.stacks.operations import Operations
from tests.support.cloud import Cloud, open_cloud
from tests.support.resources import Stack, open_operations


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = open_house(Config(data=tmp_path_factory.mktemp("resources") / "data"))
    house.trail.recorder.start()
    yield house
    house.running.hosting.close()
    house.trail.recorder.stop()
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
def stack(cloud: Cloud, operations: Operations) -> Stack:
    """A stack of an account without anything else."""
    return Stack(cloud.other(), operations)
