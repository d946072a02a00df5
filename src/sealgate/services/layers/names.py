"""The ways to name a layer, bare or by its ARN, and a layer version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sealgate.arn import layer_arn, layer_version_arn, parse_arn, partition_of
from sealgate.errors import Invalid
from sealgate.services.layers.errors import LayerInOtherRegion, LayerVersionNotFound, VersionBelowOne
from sealgate.services.scope import Scope

_LAYER = re.compile(r"layer:(?P<name>[a-zA-Z0-9_-]+)(?::(?P<version>[0-9]{1,10}))?")
MAX_VERSION = 2**31 - 1
"""The largest number that a column holds; no layer comes near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerName:
    """A layer, of whatever account; who may do what with it is for the door to say."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """Its ARN."""
        return layer_arn(self.region, self.account, self.name)

    def version_arn(self, version: int) -> str:
        """Answer the ARN of one of its versions."""
        return layer_version_arn(self.region, self.account, self.name, version)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerVersionName:
    """One version of a layer."""

    layer: LayerName
    version: int

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.layer.version_arn(self.version)

    @property
    def key(self) -> dict[str, Any]:
        """The primary key of its row."""
        layer = self.layer
        return {"account": layer.account, "region": layer.region, "name": layer.name, "version": self.version}


def parse_layer_name(text: str, scope: Scope) -> LayerName:
    """Read a layer's name, bare or as an ARN.

    Raises:
        LayerInOtherRegion: The ARN is of another region than the call.
        LayerVersionNotFound: The ARN is none of a layer, or of a partition that the region is not in.
    """
    if not text.startswith("arn:"):
        return LayerName(account=scope.account, region=scope.region, name=text)
    found = find_layer(text)
    if found is None:
        raise LayerVersionNotFound
    layer, _ = found
    if layer.region != scope.region:
        raise LayerInOtherRegion(named=layer.region, called=scope.region)
    return layer


def parse_layer_version(text: str, version: int, scope: Scope) -> LayerVersionName:
    """Read a layer's name and the number that a call gives beside it.

    Raises:
        VersionBelowOne: The number is no version's.
        LayerVersionNotFound, LayerInOtherRegion: As `parse_layer_name`.
    """
    if version < 1:
        raise VersionBelowOne
    if version > MAX_VERSION:
        raise LayerVersionNotFound
    return LayerVersionName(layer=parse_layer_name(text, scope), version=version)


def find_version_name(arn: str) -> LayerVersionName | None:
    """Read the ARN of a layer version; None where it is none, of whatever account and region."""
    layer, version = find_layer(arn) or (None, None)
    if layer is None or version is None or not 1 <= version <= MAX_VERSION:
        return None
    return LayerVersionName(layer=layer, version=version)


def find_layer(arn: str) -> tuple[LayerName, int | None] | None:
    """Read the ARN of a layer, with or without a version; None where it is neither."""
    try:
        parsed = parse_arn(arn)
    except Invalid:
        return None
    match = _LAYER.fullmatch(parsed.resource)
    if match is None or (parsed.service, parsed.partition) != ("lambda", partition_of(parsed.region)):
        return None
    layer = LayerName(account=parsed.account, region=parsed.region, name=match["name"])
    return layer, None if match["version"] is None else int(match["version"])
