from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.audit import TrailHouse


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[TrailHouse]:
    trail = TrailHouse(tmp_path)
    yield trail
    trail.close()
