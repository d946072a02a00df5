"""The layers of a function: which it may get, and which it has.

Texts are those of AWS's recorded answers. Whether the caller may get a layer of another account is for the door to say,
before anything here is asked; whether a code signing config lets one in, for admission.
"""

from __future__ import annotations

from collections.abc import Sequence

from sealgate.package.rules import MAX_EXPANDED
from sealgate.services.functions.errors import UnzippedTooLarge
from sealgate.services.layers.errors import (
    LayersInOtherRegion,
    LayerToAttachNotFound,
    TooManyLayers,
    TwoVersionsOfOneLayer,
)
from sealgate.services.layers.names import LayerVersionName, find_version_name
from sealgate.services.scope import Scope
from sealgate.store.database import Tx
from sealgate.store.functions import Function
from sealgate.store.layers import LayerVersion, find_present, layer_versions

MAX_LAYERS = 5
"""Layers of one function (Lambda quotas)."""


def get_layers_to_attach(tx: Tx, scope: Scope, arns: Sequence[str]) -> tuple[LayerVersion, ...]:
    """Answer the layer versions that a function shall get, in order.

    Raises:
        TooManyLayers: There are more than a function may have.
        LayersInOtherRegion: One is of another region.
        TwoVersionsOfOneLayer: Two are of the same layer.
        LayerToAttachNotFound: One does not exist, or is deleted.
    """
    if len(arns) > MAX_LAYERS:
        raise TooManyLayers(MAX_LAYERS)
    wanted = [_parse(arn) for arn in arns]
    if any(each.layer.region != scope.region for each in wanted):
        raise LayersInOtherRegion(scope.region)
    found = tuple(_get_present(tx, each) for each in wanted)
    _check_distinct(wanted)
    return found


def list_attached(tx: Tx, function: Function) -> tuple[LayerVersion, ...]:
    """Answer the layer versions that a function has, in order; those too that were deleted since."""
    attached = []
    for arn in function.layers:
        version = find_version_name(arn)
        found = None if version is None else layer_versions.find(tx, **version.key)
        assert found is not None, "a function has layer versions that exist, and their rows stay"
        attached.append(found)
    return tuple(attached)


def check_unzipped(code: int, layers: Sequence[LayerVersion]) -> None:
    """Check that code and layers together are not larger, unpacked, than they may be.

    Args:
        code: Bytes of the function's own code, unpacked.
        layers: Its layers.

    Raises:
        UnzippedTooLarge: They are.
    """
    if code + sum(each.unzipped_size for each in layers) > MAX_EXPANDED:
        raise UnzippedTooLarge(MAX_EXPANDED)


def _parse(arn: str) -> LayerVersionName:
    version = find_version_name(arn)
    if version is None:
        raise LayerToAttachNotFound(arn)
    return version


def _get_present(tx: Tx, version: LayerVersionName) -> LayerVersion:
    found = find_present(tx, **version.key)
    if found is None:
        raise LayerToAttachNotFound(version.arn)
    return found


def _check_distinct(versions: Sequence[LayerVersionName]) -> None:
    seen: dict[str, LayerVersionName] = {}
    for each in versions:
        first = seen.setdefault(each.layer.arn, each)
        if first is not each:
            raise TwoVersionsOfOneLayer(first.arn, each.arn)
