"""Runs steps that depend on each other: each after those that it needs, independent ones at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from graphlib import TopologicalSorter

from sealgate.services.stacks.graph import Graph


def run_in_order(
    graph: Graph, step: Callable[[str], bool], *, may_go_on: Callable[[], bool], pool: Executor | None
) -> bool:
    """Run a step for each name; after one that fails none is begun, and those that run are waited for.

    Args:
        graph: Name -> what has to be done before it. A name that is only needed is no step.
        step: Does one; tells whether it succeeded.
        may_go_on: Tells whether another step may be begun.
        pool: Where steps run; None: here, one after the other.

    Returns:
        Whether every step has succeeded.
    """
    sorter = TopologicalSorter({name: needed & graph.keys() for name, needed in graph.items()})
    sorter.prepare()
    return _run_here(sorter, step, may_go_on) if pool is None else _run_in(pool, sorter, step, may_go_on)


def _run_here(sorter: TopologicalSorter[str], step: Callable[[str], bool], may_go_on: Callable[[], bool]) -> bool:
    while sorter.is_active():
        for name in sorter.get_ready():
            if not may_go_on() or not step(name):
                return False
            sorter.done(name)
    return True


def _run_in(
    pool: Executor, sorter: TopologicalSorter[str], step: Callable[[str], bool], may_go_on: Callable[[], bool]
) -> bool:
    running: dict[Future[bool], str] = {}
    has_failed = False
    while sorter.is_active():
        has_failed = has_failed or not may_go_on()
        if not has_failed:
            running |= {pool.submit(step, name): name for name in sorter.get_ready()}
        if not running:
            return False
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            name = running.pop(future)
            if future.result():
                sorter.done(name)
            else:
                has_failed = True
    return True
