"""The tags of functions and code signing configs, both named by their ARN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sealgate.arn import parse_arn
from sealgate.aws.api.lambda_service import lambda_
from sealgate.aws.context import Call
from sealgate.errors import Unsupported
from sealgate.services.scope import Scope

_RESOURCE = "{resource}"


class Tagged(Protocol):
    """A service whose resources have tags."""

    def get_tags(self, scope: Scope, arn: str) -> Mapping[str, str]:
        """Answer the tags."""
        ...

    def tag(self, scope: Scope, arn: str, tags: Mapping[str, str]) -> None:
        """Add or change some."""
        ...

    def untag(self, scope: Scope, arn: str, keys: Sequence[str]) -> None:
        """Remove some."""
        ...


@lambda_.operation(resource=_RESOURCE, inline=True)
def list_tags(call: Call, *, resource: str) -> dict[str, Any]:
    """Answer a resource's tags."""
    return {"Tags": dict(_service_of(call, resource).get_tags(call.scope, resource))}


@lambda_.operation(resource=_RESOURCE, tags="tags")
def tag_resource(call: Call, *, resource: str, tags: Mapping[str, str]) -> None:
    """Add tags, or change their values."""
    _service_of(call, resource).tag(call.scope, resource, tags)


@lambda_.operation(resource=_RESOURCE, tags="tag_keys")
def untag_resource(call: Call, *, resource: str, tag_keys: Sequence[str]) -> None:
    """Remove tags."""
    _service_of(call, resource).untag(call.scope, resource, tag_keys)


def _service_of(call: Call, arn: str) -> Tagged:
    kind = parse_arn(arn).resource.partition(":")[0]
    if kind == "function":
        return call.services.functions
    if kind == "code-signing-config":
        return call.services.configs
    raise Unsupported(f"Tags of {kind} resources are not supported")
