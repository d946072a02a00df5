"""Toy handlers bound to the real models, on an application of real services."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sealgate.config import Config
from sealgate.server.house import House, open_house
from sealgate.store.identity import AccessKey
from tests.support.toys import Toys


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = open_house(Config(data=tmp_path_factory.mktemp("wire") / "data"))
    yield house
    house.trail.filing.close()
    house.db.close()


@pytest.fixture(scope="session")
def root_key(house: House) -> AccessKey:
    return house.services.identity.create_account("111122223333", region="us-east-1")


@pytest.fixture
def toys(house: House, root_key: AccessKey, tmp_path: Path) -> Iterator[Toys]:
    toys = Toys(house=house, key=root_key, folder=tmp_path)
    yield toys
    toys.close()
