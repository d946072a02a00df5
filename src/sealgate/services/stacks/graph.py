"""What depends on what, and an order that heeds it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from graphlib import CycleError, TopologicalSorter

from sealgate.services.stacks.errors import TemplateInvalid

Graph = Mapping[str, AbstractSet[str]]
"""Logical id -> the logical ids that have to be there before it."""


def in_order(graph: Graph) -> list[str]:
    """Answer all logical ids, each after what it depends on.

    Raises:
        TemplateInvalid: Some depend on each other.
    """
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = sorted(set(error.args[1]))
        raise TemplateInvalid(f"Circular dependency between resources: [{', '.join(circle)}]") from None


def reversed_graph(graph: Graph) -> dict[str, set[str]]:
    """Answer the graph for removal: each logical id, and those that depend on it."""
    turned: dict[str, set[str]] = {name: set() for name in graph}
    for name, needed in graph.items():
        for each in needed & turned.keys():
            turned[each].add(name)
    return turned
