"""Layers with plain values, for tests to change one thing of."""

import dataclasses
from typing import Any

from sealgate.store.layers import Layer, LayerVersion
from tests.support.functions import ACCOUNT, NOW, REGION

_LAYER = Layer(account=ACCOUNT, region=REGION, name="library", last_version=1)
_VERSION = LayerVersion(
    account=ACCOUNT,
    region=REGION,
    name="library",
    version=1,
    code_sha256="11" * 32,
    code_size=22,
    unzipped_size=44,
    description="",
    compatible_runtimes=None,
    compatible_architectures=None,
    license_info=None,
    profile_version_arn=None,
    job_arn=None,
    created_at=NOW,
    deleted_at=None,
)


def a_layer(**changes: Any) -> Layer:
    """Make a layer with some fields changed."""
    return dataclasses.replace(_LAYER, **changes)


def a_layer_version(**changes: Any) -> LayerVersion:
    """Make a layer version with some fields changed."""
    return dataclasses.replace(_VERSION, **changes)
