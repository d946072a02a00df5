"""A house with an operator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fleet import FleetHouse


@pytest.fixture
def house(tmp_path: Path) -> Iterator[FleetHouse]:
    house = FleetHouse(tmp_path)
    yield house
    house.close()
