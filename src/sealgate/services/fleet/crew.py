"""The same work for many packages, on all cores: hashing lets go of the interpreter."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def on_all_cores(work: Callable[[T], R], items: Iterable[T]) -> dict[T, R]:
    """Do some work for each item; answer what came of it, in the order of the items.

    Raises:
        Exception: Whatever the work raises first.
    """
    every = list(items)
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as crew:
        return dict(zip(every, crew.map(work, every), strict=True))
