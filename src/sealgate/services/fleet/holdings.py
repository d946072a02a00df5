"""Which packages functions consist of, and who points at which version: as the database says it at one moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sealgate.runtime.stored import StoredPackage
from sealgate.services.functions.parts import Part, make_parts, package_of
from sealgate.store.aliases import Alias, aliases
from sealgate.store.configs import CodeSigningConfig, configs
from sealgate.store.database import Tx
from sealgate.store.functions import LATEST_NUMBER, Function, functions
from sealgate.store.layers import LayerVersion, layer_versions

Key = tuple[str, str, str]
"""Account, region and bare name of a function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """An alias that points at a version.

    Attributes:
        weight: The share of the alias's invocations that the version gets, from 0 to 1.
    """

    alias: Alias
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One version of a function.

    Attributes:
        function: The version.
        latest: `$LATEST` of the function, whose config and tags count for every version.
        config: The function's code signing config; None where it has none.
        pointers: The aliases that point at the version, by name.
        parts: Its own code first, then its layers in order.
    """

    function: Function
    latest: Function
    config: CodeSigningConfig | None
    pointers: tuple[Pointer, ...]
    parts: tuple[Part, ...]

    def is_in(self, account: str | None, region: str | None) -> bool:
        """Tell whether it is of an account and in a region; None is any."""
        return account in (None, self.function.account) and region in (None, self.function.region)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """All versions and all layers.

    Attributes:
        versions: By account, region, name and number.
        layers: Those that can be had, and those that a function still has; by account, region, name and number.
    """

    versions: tuple[Holding, ...]
    layers: tuple[LayerVersion, ...]

    @property
    def packages(self) -> Iterator[StoredPackage]:
        """Every package, as often as something has it."""
        yield from (part.package for holding in self.versions for part in holding.parts)
        yield from map(package_of, self.layers)


def read_holdings(tx: Tx) -> Holdings:
    """Read what is deployed in every account and region."""
    versions = sorted(functions.select(tx), key=lambda each: (*_key(each), each.version))
    latest = {_key(each): each for each in versions if each.version == LATEST_NUMBER}
    layers = {each.arn: each for each in layer_versions.select(tx)}
    attached = {arn for each in versions for arn in each.layers}
    pointers = _read_pointers(tx)
    governing = {each.arn: each for each in configs.select(tx)}
    return Holdings(
        versions=tuple(
            Holding(
                function=each,
                latest=latest[_key(each)],
                config=governing.get(latest[_key(each)].config_arn or ""),
                pointers=tuple(pointers[(*_key(each), each.version)]),
                parts=make_parts(each, [layers[arn] for arn in each.layers]),
            )
            for each in versions
        ),
        layers=tuple(
            sorted(
                (each for each in layers.values() if each.deleted_at is None or each.arn in attached),
                key=lambda each: (each.account, each.region, each.name, each.version),
            )
        ),
    )


def _read_pointers(tx: Tx) -> Mapping[tuple[str, str, str, int], Sequence[Pointer]]:
    found: dict[tuple[str, str, str, int], list[Pointer]] = defaultdict(list)
    for alias in sorted(aliases.select(tx), key=lambda each: each.name):
        whose = (alias.account, alias.region, alias.function)
        rest = 1.0 - sum(alias.routing.values())
        for version, weight in {alias.version: rest, **alias.routing}.items():
            found[(*whose, version)].append(Pointer(alias=alias, weight=weight))
    return found


def _key(function: Function) -> Key:
    return function.account, function.region, function.name
