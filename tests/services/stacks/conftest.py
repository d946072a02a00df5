"""Stacks of things in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.database import make_database
from tests.support.toy_stacks import StackBench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[StackBench]:
    db = make_database(tmp_path)
    yield StackBench(db)
    db.close()
