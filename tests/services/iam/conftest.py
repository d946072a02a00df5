from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.iam import Iam, opened_iam


@pytest.fixture
def iam(tmp_path: Path) -> Iterator[Iam]:
    with opened_iam(tmp_path) as opened:
        yield opened
