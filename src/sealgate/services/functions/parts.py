"""The packages that a function version consists of, as they were recorded: its own code first, then its layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sealgate.runtime.stored import StoredPackage
from sealgate.services.layers.attachment import list_attached
from sealgate.store.database import Tx
from sealgate.store.functions import Function
from sealgate.store.layers import LayerVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One package of a function version: its own code, or a layer.

    Attributes:
        package: What was recorded of it when it was deployed or published.
        layer: The layer version that it is; None for the function's own code.
    """

    package: StoredPackage
    layer: LayerVersion | None = None


def parts_of(tx: Tx, function: Function) -> tuple[Part, ...]:
    """Answer what a function version consists of."""
    return make_parts(function, list_attached(tx, function))


def make_parts(function: Function, layers: Iterable[LayerVersion]) -> tuple[Part, ...]:
    """Make the parts of a function version of its row and those of its layers, which are in the order of its list."""
    own = Part(package=package_of(function))
    return (own, *(Part(package=package_of(layer), layer=layer) for layer in layers))


def package_of(row: Function | LayerVersion) -> StoredPackage:
    """Answer what was recorded of a function version's own package, or of a layer version's."""
    return StoredPackage(sha256=row.code_sha256, job_arn=row.job_arn, profile_version_arn=row.profile_version_arn)
