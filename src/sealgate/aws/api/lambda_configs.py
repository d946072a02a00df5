"""The nine operations on code signing configs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sealgate.aws.api.lambda_service import ATTACH_CONFIG, FUNCTION, lambda_
from sealgate.aws.api.lambda_shapes import describe_config
from sealgate.aws.context import Call
from sealgate.aws.permissions import Permission
from sealgate.aws.resources import parse_template
from sealgate.store.functions import Function

_CONFIG = "{code_signing_config_arn}"
_TAG_ON_CREATE = Permission(
    action="lambda:TagResource",
    resource=parse_template("lambda", "code-signing-config:*"),
    when="tags",
    tags="tags",
)
"""On any config: the new one's id is not known yet."""


@lambda_.operation(tags="tags", also=(_TAG_ON_CREATE,))
def create_code_signing_config(
    call: Call,
    *,
    allowed_publishers: Mapping[str, Sequence[str]],
    code_signing_policies: Mapping[str, str] | None = None,
    description: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Create a config."""
    config = call.services.configs.create(
        call.scope,
        publishers=allowed_publishers["SigningProfileVersionArns"],
        policy=_policy(code_signing_policies),
        description=description,
        tags=tags or {},
    )
    return {"CodeSigningConfig": describe_config(config)}


@lambda_.operation(resource=_CONFIG, inline=True)
def get_code_signing_config(call: Call, *, code_signing_config_arn: str) -> dict[str, Any]:
    """Answer a config."""
    return {"CodeSigningConfig": describe_config(call.services.configs.get(call.scope, code_signing_config_arn))}


@lambda_.operation(resource=_CONFIG)
def update_code_signing_config(
    call: Call,
    *,
    code_signing_config_arn: str,
    allowed_publishers: Mapping[str, Sequence[str]] | None = None,
    code_signing_policies: Mapping[str, str] | None = None,
    description: str | None = None,
) -> dict[str, Any]:
    """Change what is given of a config."""
    config = call.services.configs.update(
        call.scope,
        code_signing_config_arn,
        publishers=None if allowed_publishers is None else allowed_publishers["SigningProfileVersionArns"],
        policy=_policy(code_signing_policies),
        description=description,
    )
    return {"CodeSigningConfig": describe_config(config)}


@lambda_.operation(resource=_CONFIG)
def delete_code_signing_config(call: Call, *, code_signing_config_arn: str) -> None:
    """Delete a config that no function has."""
    call.services.configs.delete(call.scope, code_signing_config_arn)


@lambda_.operation()
def list_code_signing_configs(call: Call, *, marker: str | None = None, max_items: int | None = None) -> dict[str, Any]:
    """List the configs."""
    page = call.services.configs.list_configs(call.scope, marker=marker, limit=max_items)
    return {"CodeSigningConfigs": [describe_config(config) for config in page.items], "NextMarker": page.next_token}


@lambda_.operation(resource=_CONFIG)
def list_functions_by_code_signing_config(
    call: Call, *, code_signing_config_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the functions that have a config."""
    page = call.services.configs.list_functions(call.scope, code_signing_config_arn, marker=marker, limit=max_items)
    return {"FunctionArns": list(page.items), "NextMarker": page.next_token}


@lambda_.operation(instead=ATTACH_CONFIG)
def put_function_code_signing_config(call: Call, *, code_signing_config_arn: str, function_name: str) -> dict[str, Any]:
    """Attach a config to a function."""
    return _describe_attachment(call.services.configs.attach(call.scope, function_name, code_signing_config_arn))


@lambda_.operation(resource=FUNCTION, inline=True)
def get_function_code_signing_config(call: Call, *, function_name: str) -> dict[str, Any]:
    """Answer which config a function has; nothing at all where it has none, as on AWS."""
    function = call.services.configs.get_function(call.scope, function_name)
    return {} if function.config_arn is None else _describe_attachment(function)


@lambda_.operation(resource=FUNCTION)
def delete_function_code_signing_config(call: Call, *, function_name: str) -> None:
    """Take a function's config away."""
    call.services.configs.detach(call.scope, function_name)


def _policy(policies: Mapping[str, str] | None) -> str | None:
    return (policies or {}).get("UntrustedArtifactOnDeployment")


def _describe_attachment(function: Function) -> dict[str, Any]:
    return {"CodeSigningConfigArn": function.config_arn, "FunctionName": function.name}
