"""The operations on aliases of functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sealgate.aws.api.lambda_service import FUNCTION, lambda_
from sealgate.aws.context import Call
from sealgate.services.functions.aliases import AliasChange, NewAlias
from sealgate.store.aliases import Alias

_Routing = Mapping[str, Mapping[str, float]]


@lambda_.operation(resource=FUNCTION)
def create_alias(
    call: Call,
    *,
    function_name: str,
    name: str,
    function_version: str,
    description: str | None = None,
    routing_config: _Routing | None = None,
) -> dict[str, Any]:
    """Give a version a name."""
    new = NewAlias(
        name=name,
        version=function_version,
        description=description or "",
        routing=_parse_routing(routing_config or {}),
    )
    return _describe(call.services.functions.aliases.create(call.scope, function_name, new))


@lambda_.operation(resource=FUNCTION, inline=True)
def get_alias(call: Call, *, function_name: str, name: str) -> dict[str, Any]:
    """Answer an alias."""
    return _describe(call.services.functions.aliases.get(call.scope, function_name, name))


@lambda_.operation(resource=FUNCTION)
def update_alias(
    call: Call,
    *,
    function_name: str,
    name: str,
    function_version: str | None = None,
    description: str | None = None,
    routing_config: _Routing | None = None,
    revision_id: str | None = None,
) -> dict[str, Any]:
    """Point an alias elsewhere, or describe it anew."""
    change = AliasChange(
        version=function_version,
        description=description,
        routing=None if routing_config is None else _parse_routing(routing_config),
        revision_id=revision_id,
    )
    return _describe(call.services.functions.aliases.update(call.scope, function_name, name, change))


@lambda_.operation(resource=FUNCTION)
def delete_alias(call: Call, *, function_name: str, name: str) -> None:
    """Delete an alias."""
    call.services.functions.aliases.delete(call.scope, function_name, name)


@lambda_.operation(resource=FUNCTION)
def list_aliases(
    call: Call,
    *,
    function_name: str,
    function_version: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the aliases of a function, or of one version of it."""
    page = call.services.functions.aliases.list_aliases(
        call.scope, function_name, version=function_version, marker=marker, limit=max_items
    )
    return {"Aliases": list(map(_describe, page.items)), "NextMarker": page.next_token}


def _parse_routing(config: _Routing) -> Mapping[str, float]:
    return config.get("AdditionalVersionWeights") or {}


def _describe(alias: Alias) -> dict[str, Any]:
    weights = {str(version): weight for version, weight in alias.routing.items()}
    return {
        "AliasArn": alias.arn,
        "Name": alias.name,
        "FunctionVersion": alias.version_name,
        "Description": alias.description,
        "RoutingConfig": {"AdditionalVersionWeights": weights} if weights else None,
        "RevisionId": alias.revision_id,
    }
