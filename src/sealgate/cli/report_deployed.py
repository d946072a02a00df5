"""How reports name what is deployed: for people in short, for programs in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from sealgate.cli.table import Row, draw

if TYPE_CHECKING:
    from sealgate.services.fleet.holdings import Holding
    from sealgate.services.functions.parts import Part
    from sealgate.store.functions import Function
    from sealgate.store.layers import LayerVersion

T = TypeVar("T")


def name_version(function: Function) -> str:
    """Name a version within its account and region."""
    return f"{function.name}:{function.version_name}"


def name_layer(layer: LayerVersion, beside: Function | None = None) -> str:
    """Name a layer version as a function of the same account and region would; else by its ARN."""
    is_near = beside is None or (layer.account, layer.region) == (beside.account, beside.region)
    return f"{layer.name}:{layer.version}" if is_near else layer.arn


def name_pointers(holding: Holding) -> str:
    """Name the aliases that point at a version, one a line, with the share that each gives it where that is not all."""
    return "\n".join(
        each.alias.name if each.weight == 1 else f"{each.alias.name} {each.weight * 100:.4g}%"
        for each in holding.pointers
    )


def describe_version(holding: Holding) -> dict[str, Any]:
    """Write which version it is, who points at it and what governs it, as JSON values."""
    function = holding.function
    return {
        "arn": function.qualified_arn,
        "account": function.account,
        "region": function.region,
        "function": function.name,
        "version": function.version_name,
        "aliases": [
            {"arn": each.alias.arn, "name": each.alias.name, "weight": round(each.weight, 6)}
            for each in holding.pointers
        ],
        "codeSigningConfigArn": holding.latest.config_arn,
        "codeSigningPolicy": None if holding.config is None else holding.config.policy,
    }


def describe_part(part: Part) -> dict[str, Any]:
    """Write which package it is, and what was recorded of its signature, as JSON values."""
    return {
        "layerVersionArn": None if part.layer is None else part.layer.arn,
        "packageSha256": part.package.sha256,
        "profileVersionArn": part.package.profile_version_arn,
        "jobArn": part.package.job_arn,
    }


def draw_by_place(
    head: Row, found: Sequence[tuple[tuple[str, str], Row]], *, colours: Mapping[str, str] | None
) -> Iterator[str]:
    """Write a table for each account and region, under a line that names them.

    Args:
        head: What each column is called.
        found: The rows, each with its account and region, in the order of these.
        colours: As `draw` takes them.
    """
    for (account, region), rows in groupby(found, key=lambda each: each[0]):
        yield f"account {account}, region {region}"
        yield ""
        yield from draw(head, [row for _, row in rows], colours=colours)
        yield ""
