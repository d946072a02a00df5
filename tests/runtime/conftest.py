"""Functions that run for real: their code in a folder, and a host for their processes."""

from collections.abc import Iterator

import pytest

from tests.support.running import House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One without a sandbox."""
    made = House(tmp_path_factory.mktemp("open"), sandbox="none")
    yield made
    made.close()
