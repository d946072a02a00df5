"""The operations on functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sealgate.aws.api.lambda_service import (
    ATTACH_CONFIG,
    FUNCTION,
    GET_LAYERS,
    NAMED,
    PASS_ROLE,
    QUALIFIED,
    TAG_ON_CREATE,
    demand_layers,
    lambda_,
    read_code,
    told_to_listers,
)
from sealgate.aws.api.lambda_settings import add_structures, parse_architecture, refuse_given
from sealgate.aws.api.lambda_shapes import describe_function, parse_code, summarise_function
from sealgate.aws.context import Call
from sealgate.aws.reply import FileBody
from sealgate.errors import Unsupported
from sealgate.services.functions.errors import InvalidParameter
from sealgate.services.functions.service import CodeChange, NewFunction
from sealgate.services.functions.settings import SettingsChange
from sealgate.services.functions.states import FunctionState

_LOCATION_LIFETIME = timedelta(minutes=10)
"""How long GetFunction's link to the code works (Lambda API reference, FunctionCodeLocation)."""


@lambda_.operation(
    resource=FUNCTION,
    keys={"lambda:codesigningconfigarn": "code_signing_config_arn", "lambda:layer": "layers"},
    tags="tags",
    also=(PASS_ROLE, TAG_ON_CREATE, GET_LAYERS, *read_code("code.S3Bucket", "code.S3Key", "code.S3ObjectVersion")),
)
def create_function(
    call: Call,
    *,
    function_name: str,
    role: str,
    code: Mapping[str, Any],
    runtime: str | None = None,
    handler: str | None = None,
    description: str | None = None,
    timeout: int | None = None,
    memory_size: int | None = None,
    environment: Mapping[str, Mapping[str, str]] | None = None,
    architectures: Sequence[str] | None = None,
    package_type: str | None = None,
    ephemeral_storage: Mapping[str, int] | None = None,
    tracing_config: Mapping[str, str] | None = None,
    logging_config: Mapping[str, str] | None = None,
    code_signing_config_arn: str | None = None,
    tags: Mapping[str, str] | None = None,
    publish: bool | None = None,
    vpc_config: Mapping[str, Any] | None = None,
    dead_letter_config: Mapping[str, str] | None = None,
    kms_key_arn: str | None = None,
    layers: Sequence[str] | None = None,
    file_system_configs: Sequence[Mapping[str, str]] | None = None,
    image_config: Mapping[str, Any] | None = None,
    snap_start: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Create a function."""
    if package_type == "Image" or code.get("ImageUri"):
        raise Unsupported("PackageType Image is not supported: a container image carries no package signature")
    refuse_given(
        call.operation, VpcConfig=vpc_config, DeadLetterConfig=dead_letter_config, FileSystemConfigs=file_system_configs
    )
    refuse_given(call.operation, KMSKeyArn=kms_key_arn, ImageConfig=image_config, SnapStart=snap_start)
    settings = SettingsChange(
        role=role, runtime=runtime, handler=handler, description=description, timeout=timeout, memory_size=memory_size
    )
    settings = replace(settings, architecture=parse_architecture(architectures), layers=tuple(layers or ()))
    settings = add_structures(
        settings, environment=environment, storage=ephemeral_storage, tracing=tracing_config, logging=logging_config
    )
    new = NewFunction(
        name=function_name,
        settings=settings,
        source=parse_code(call.operation, code),
        config_arn=code_signing_config_arn,
        tags=tags or {},
        publish=bool(publish),
    )
    demand_layers(call, layers or ())
    with told_to_listers(call, new.source):
        return describe_function(call.services.functions.create(call.scope, new))


@lambda_.operation(resource=FUNCTION, also=read_code("s3_bucket", "s3_key", "s3_object_version"))
def update_function_code(
    call: Call,
    *,
    function_name: str,
    zip_file: bytes | None = None,
    s3_bucket: str | None = None,
    s3_key: str | None = None,
    s3_object_version: str | None = None,
    s3_object_storage_mode: str | None = None,
    image_uri: str | None = None,
    architectures: Sequence[str] | None = None,
    publish: bool | None = None,
    dry_run: bool | None = None,
    revision_id: str | None = None,
    source_kms_key_arn: str | None = None,
) -> dict[str, Any]:
    """Replace a function's code, or only try whether it would be let in."""
    if image_uri:
        raise InvalidParameter("Please don't provide ImageUri when updating a function with packageType Zip.")
    if publish and dry_run:
        raise InvalidParameter(
            "Publish and DryRun are mutually exclusive parameters. "
            "Please provide only one of the two parameters and try again."
        )
    code = {
        "ZipFile": zip_file,
        "S3Bucket": s3_bucket,
        "S3Key": s3_key,
        "S3ObjectVersion": s3_object_version,
        "S3ObjectStorageMode": s3_object_storage_mode,
        "SourceKMSKeyArn": source_kms_key_arn,
    }
    change = CodeChange(
        source=parse_code(call.operation, code),
        architecture=parse_architecture(architectures),
        dry_run=bool(dry_run),
        publish=bool(publish),
        revision_id=revision_id,
    )
    with told_to_listers(call, change.source):
        return describe_function(call.services.functions.update_code(call.scope, function_name, change))


@lambda_.operation(resource=FUNCTION, keys={"lambda:layer": "layers"}, also=(PASS_ROLE, GET_LAYERS, *ATTACH_CONFIG))
def update_function_configuration(
    call: Call,
    *,
    function_name: str,
    role: str | None = None,
    runtime: str | None = None,
    handler: str | None = None,
    description: str | None = None,
    timeout: int | None = None,
    memory_size: int | None = None,
    environment: Mapping[str, Mapping[str, str]] | None = None,
    ephemeral_storage: Mapping[str, int] | None = None,
    tracing_config: Mapping[str, str] | None = None,
    logging_config: Mapping[str, str] | None = None,
    revision_id: str | None = None,
    code_signing_config_arn: str | None = None,
    vpc_config: Mapping[str, Any] | None = None,
    dead_letter_config: Mapping[str, str] | None = None,
    kms_key_arn: str | None = None,
    layers: Sequence[str] | None = None,
    file_system_configs: Sequence[Mapping[str, str]] | None = None,
    image_config: Mapping[str, Any] | None = None,
    snap_start: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Change a function's settings; CodeSigningConfigArn is the tutorial's member, and attaches that config."""
    refuse_given(
        call.operation, VpcConfig=vpc_config, DeadLetterConfig=dead_letter_config, FileSystemConfigs=file_system_configs
    )
    refuse_given(call.operation, KMSKeyArn=kms_key_arn, ImageConfig=image_config, SnapStart=snap_start)
    change = SettingsChange(
        role=role, runtime=runtime, handler=handler, description=description, timeout=timeout, memory_size=memory_size
    )
    change = replace(change, layers=None if layers is None else tuple(layers))
    change = add_structures(
        change, environment=environment, storage=ephemeral_storage, tracing=tracing_config, logging=logging_config
    )
    demand_layers(call, layers or ())
    state = call.services.functions.update_settings(
        call.scope, function_name, change, revision_id=revision_id, config_arn=code_signing_config_arn
    )
    return describe_function(state)


@lambda_.operation(resource=QUALIFIED, inline=True)
def get_function(call: Call, *, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Answer a function, its tags, and a link to its code."""
    found = call.services.functions.get(call.scope, function_name, qualifier=qualifier)
    assert found.latest is not None
    reserved = found.latest.reserved_concurrency
    return {
        "Configuration": describe_function(found),
        "Code": {"RepositoryType": "S3", "Location": _link_code(call, found)},
        "Tags": dict(found.latest.tags) or None,
        "Concurrency": None if reserved is None else {"ReservedConcurrentExecutions": reserved},
    }


def _link_code(call: Call, found: FunctionState) -> str:
    """Write a link that says what the caller asked for: it needs the same permission as the call."""
    function = found.function
    named = function.name if function.account == call.account else function.arn
    named = named if found.qualifier is None else f"{named}:{found.qualifier}"
    path = f"/_sealgate/code/{quote(named, safe='')}/{function.code_sha256}"
    return call.presigned_url(path, lifetime=_LOCATION_LIFETIME)


@lambda_.operation(resource=NAMED)
def download_function_code(call: Call, *, function_name: str, code_sha256: str) -> dict[str, Any]:
    """Send a function's package; GetFunction gives the link."""
    path = call.services.functions.get_code(call.scope, function_name, code_sha256)
    return {"Body": FileBody(path=path, length=path.stat().st_size), "ContentType": "application/zip"}


@lambda_.operation(resource=QUALIFIED, inline=True)
def get_function_configuration(call: Call, *, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Answer a function's settings."""
    return describe_function(call.services.functions.get(call.scope, function_name, qualifier=qualifier))


@lambda_.operation()
def list_functions(
    call: Call,
    *,
    function_version: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the functions, or all their versions."""
    service = call.services.functions
    list_page = service.list_functions if function_version is None else service.versions.list_all
    page = list_page(call.scope, marker=marker, limit=max_items)
    return {"Functions": list(map(summarise_function, page.items)), "NextMarker": page.next_token}


@lambda_.operation(resource=QUALIFIED)
def delete_function(call: Call, *, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Delete a function, or one version of it. AWS answers 204, whatever status the model has."""
    call.services.functions.delete(call.scope, function_name, qualifier=qualifier)
    return {"StatusCode": 204}
