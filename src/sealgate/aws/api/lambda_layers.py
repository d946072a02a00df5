"""The operations on layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sealgate.aws.api.lambda_service import LAYER, LAYER_VERSION, lambda_, read_code, told_to_listers
from sealgate.aws.api.lambda_shapes import describe_layer_version, parse_code, summarise_layer_version
from sealgate.aws.context import Call
from sealgate.aws.reply import FileBody
from sealgate.services.layers.names import parse_layer_name
from sealgate.services.layers.permissions import NewLayerPermission, encode_policy
from sealgate.services.layers.service import LayerFilter, NewLayerVersion
from sealgate.store.layers import LayerVersion

_LOCATION_LIFETIME = timedelta(minutes=10)
"""How long a link to a layer's package works (Lambda API reference, LayerVersionContentOutput)."""


@lambda_.operation(resource=LAYER, also=read_code("content.S3Bucket", "content.S3Key", "content.S3ObjectVersion"))
def publish_layer_version(
    call: Call,
    *,
    layer_name: str,
    content: Mapping[str, Any],
    description: str | None = None,
    compatible_runtimes: Sequence[str] | None = None,
    compatible_architectures: Sequence[str] | None = None,
    license_info: str | None = None,
) -> dict[str, Any]:
    """Publish a package as a layer's next version, whoever signed it."""
    new = NewLayerVersion(
        name=layer_name,
        source=parse_code(call.operation, content, what="layer content"),
        description=description or "",
        compatible_runtimes=None if compatible_runtimes is None else tuple(compatible_runtimes),
        compatible_architectures=None if compatible_architectures is None else tuple(compatible_architectures),
        license_info=license_info,
    )
    with told_to_listers(call, new.source):
        return _describe(call, call.services.layers.publish(call.scope, new))


@lambda_.operation(resource=LAYER_VERSION, inline=True)
def get_layer_version(call: Call, *, layer_name: str, version_number: int) -> dict[str, Any]:
    """Answer a layer version, and a link to its package."""
    return _describe(call, call.services.layers.get(call.scope, layer_name, version_number))


@lambda_.operation(resource="{arn}", inline=True)
def get_layer_version_by_arn(call: Call, *, arn: str) -> dict[str, Any]:
    """Answer a layer version, and a link to its package."""
    return _describe(call, call.services.layers.get_by_arn(call.scope, arn))


@lambda_.operation(resource="{arn}")
def download_layer_version(call: Call, *, arn: str, code_sha256: str) -> dict[str, Any]:
    """Send a layer version's package; GetLayerVersion gives the link."""
    path = call.services.layers.get_code(call.scope, arn, code_sha256)
    return {"Body": FileBody(path=path, length=path.stat().st_size), "ContentType": "application/zip"}


@lambda_.operation()
def list_layers(
    call: Call,
    *,
    compatible_runtime: str | None = None,
    compatible_architecture: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the account's layers, each with its newest version of those that are asked for."""
    shown = LayerFilter(runtime=compatible_runtime, architecture=compatible_architecture)
    page = call.services.layers.list_layers(call.scope, shown, marker=marker, limit=max_items)
    found = [
        {"LayerName": each.name, "LayerArn": each.layer_arn, "LatestMatchingVersion": summarise_layer_version(each)}
        for each in page.items
    ]
    return {"Layers": found, "NextMarker": page.next_token}


@lambda_.operation()
def list_layer_versions(
    call: Call,
    *,
    layer_name: str,
    compatible_runtime: str | None = None,
    compatible_architecture: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the versions of a layer, the newest first."""
    layer = parse_layer_name(layer_name, call.scope)
    if layer.account != call.account:
        # Policies name no resource for this action, but that one account lists the layers of another none allows.
        call.demand("lambda:ListLayerVersions", layer.arn)
    shown = LayerFilter(runtime=compatible_runtime, architecture=compatible_architecture)
    page = call.services.layers.list_versions(call.scope, layer_name, shown, marker=marker, limit=max_items)
    return {"LayerVersions": list(map(summarise_layer_version, page.items)), "NextMarker": page.next_token}


@lambda_.operation(resource=LAYER_VERSION)
def delete_layer_version(call: Call, *, layer_name: str, version_number: int) -> None:
    """Delete a layer version; functions that have it keep it."""
    call.services.layers.delete(call.scope, layer_name, version_number)


@lambda_.operation(resource=LAYER_VERSION)
def add_layer_version_permission(
    call: Call,
    *,
    layer_name: str,
    version_number: int,
    statement_id: str,
    action: str,  # noqa: ARG001 - the model allows one
    principal: str,
    revision_id: str | None = None,
) -> dict[str, Any]:
    """Let an account, or every account, get a layer version; there are no organizations to name."""
    new = NewLayerPermission(statement_id=statement_id, principal=principal, revision_id=revision_id)
    statement, revision = call.services.layer_permissions.add(call.scope, layer_name, version_number, new)
    return {"Statement": statement, "RevisionId": revision}


@lambda_.operation(resource=LAYER_VERSION, inline=True)
def get_layer_version_policy(call: Call, *, layer_name: str, version_number: int) -> dict[str, Any]:
    """Answer who else may get a layer version."""
    policy = call.services.layer_permissions.get(call.scope, layer_name, version_number)
    return {"Policy": encode_policy(policy), "RevisionId": policy.revision_id}


@lambda_.operation(resource=LAYER_VERSION)
def remove_layer_version_permission(
    call: Call, *, layer_name: str, version_number: int, statement_id: str, revision_id: str | None = None
) -> None:
    """Take a permission on a layer version back."""
    call.services.layer_permissions.remove(
        call.scope, layer_name, version_number, statement_id, revision_id=revision_id
    )


def _describe(call: Call, version: LayerVersion) -> dict[str, Any]:
    path = f"/_sealgate/layers/{quote(version.arn, safe='')}/{version.code_sha256}"
    return describe_layer_version(version, location=call.presigned_url(path, lifetime=_LOCATION_LIFETIME))
