"""Stacks of things in memory."""

from collections.abc import Iterator

import pytest

from tests.support.toy_stacks import StackBench, stack_bench


@pytest.fixture
def bench() -> Iterator[StackBench]:
    with stack_bench() as bench:
        yield bench
