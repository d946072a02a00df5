"""Functions and code signing configs in the words of the Lambda API, and back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sealgate.arn import partition_of
from sealgate.aws.api.lambda_settings import refuse_given
from sealgate.errors import Unsupported
from sealgate.services.functions.code_sources import CodeSource, StoredObject, ZipUpload
from sealgate.services.functions.errors import InvalidParameter
from sealgate.services.functions.states import FunctionState, Phase
from sealgate.store.configs import CodeSigningConfig
from sealgate.store.functions import Function
from sealgate.store.layers import LayerVersion

_BEING_CREATED = "The function is being created."
_STATES: Mapping[Phase, Mapping[str, str]] = {
    Phase.CREATING: {"State": "Pending", "StateReason": _BEING_CREATED, "StateReasonCode": "Creating"},
    # An update is told as a creation by AWS too, though the model's enumeration has no such reason.
    Phase.UPDATING: {
        "State": "Active",
        "LastUpdateStatus": "InProgress",
        "LastUpdateStatusReason": _BEING_CREATED,
        "LastUpdateStatusReasonCode": "Creating",
    },
    Phase.TRIED: {
        "State": "Pending",
        "StateReason": "The function is being restored.",
        "StateReasonCode": "Restoring",
    },
    Phase.SETTLED: {"State": "Active", "LastUpdateStatus": "Successful"},
}


def describe_config(config: CodeSigningConfig) -> dict[str, Any]:
    """Write a CodeSigningConfig; a description that was never given is absent."""
    return {
        "CodeSigningConfigId": config.config_id,
        "CodeSigningConfigArn": config.arn,
        "AllowedPublishers": {"SigningProfileVersionArns": list(config.publishers)},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": config.policy},
        "LastModified": _nanoseconds(config.last_modified),
    } | ({} if config.description is None else {"Description": config.description})


def describe_function(state: FunctionState) -> dict[str, Any]:
    """Write a FunctionConfiguration as the operations on one function answer it."""
    return {
        **summarise_function(state),
        **_STATES[state.phase],
        "RuntimeVersionConfig": {"RuntimeVersionArn": _runtime_arn(state.function)},
    }


def summarise_function(state: FunctionState) -> dict[str, Any]:
    """Write a FunctionConfiguration as ListFunctions answers it: without states and runtime version.

    What the caller asked for by name, the ARN repeats.
    """
    function, qualifier = state.function, state.qualifier
    return {
        "FunctionName": function.name,
        "FunctionArn": function.arn if qualifier is None else f"{function.arn}:{qualifier}",
        "Runtime": function.runtime,
        "Role": function.role,
        "Handler": function.handler,
        "CodeSize": function.code_size,
        "Description": function.description,
        "Timeout": function.timeout,
        "MemorySize": function.memory_size,
        "LastModified": _milliseconds(function.last_modified),
        "CodeSha256": _base64(function.code_sha256),
        "Version": function.version_name,
        "TracingConfig": {"Mode": function.tracing_mode},
        "RevisionId": function.revision_id,
        "PackageType": "Zip",
        "Architectures": [function.architecture],
        "EphemeralStorage": {"Size": function.ephemeral_storage},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": _logging(function),
        **_present(
            Environment={"Variables": dict(function.environment)} if function.environment else None,
            SigningProfileVersionArn=function.profile_version_arn,
            SigningJobArn=function.job_arn,
            Layers=[_describe_layer(each) for each in state.layers] or None,
            CodeSigningConfigArn=function.config_arn,
        ),
    }


def describe_layer_version(version: LayerVersion, *, location: str) -> dict[str, Any]:
    """Write a layer version as the operations on one answer it.

    Args:
        version: The layer version.
        location: A link to its package.
    """
    return {
        **summarise_layer_version(version),
        "LayerArn": version.layer_arn,
        "Content": {
            "Location": location,
            "CodeSha256": _base64(version.code_sha256),
            "CodeSize": version.code_size,
            **_present(SigningProfileVersionArn=version.profile_version_arn, SigningJobArn=version.job_arn),
        },
    }


def summarise_layer_version(version: LayerVersion) -> dict[str, Any]:
    """Write a layer version as lists answer it: who signed it is not told there."""
    runtimes, architectures = version.compatible_runtimes, version.compatible_architectures
    return {
        "LayerVersionArn": version.arn,
        "Version": version.version,
        "Description": version.description,
        "CreatedDate": _milliseconds(version.created_at),
        **_present(
            CompatibleRuntimes=None if runtimes is None else list(runtimes),
            CompatibleArchitectures=None if architectures is None else list(architectures),
            LicenseInfo=version.license_info,
        ),
    }


def _describe_layer(version: LayerVersion) -> dict[str, Any]:
    return {
        "Arn": version.arn,
        "CodeSize": version.code_size,
        **_present(SigningProfileVersionArn=version.profile_version_arn, SigningJobArn=version.job_arn),
    }


def parse_code(operation: str, members: Mapping[str, Any], *, what: str = "function code") -> CodeSource:
    """Read where code comes from: FunctionCode, LayerVersionContentInput, or the same members of UpdateFunctionCode.

    Raises:
        Unsupported: A source that does not exist here.
        InvalidParameter: No source, or more than one.
    """
    refuse_given(operation, SourceKMSKeyArn=members.get("SourceKMSKeyArn"))
    if members.get("S3ObjectStorageMode") == "REFERENCE":
        raise Unsupported("S3ObjectStorageMode REFERENCE is not supported: code is always copied")
    stored = [members.get(name) for name in ("S3Bucket", "S3Key", "S3ObjectVersion")]
    data = members.get("ZipFile")
    if data is not None:
        if any(stored):
            raise InvalidParameter("Please do not provide other FunctionCode parameters when providing a ZipFile.")
        return ZipUpload(data=data)
    bucket, key, version = stored
    if not (bucket and key):
        raise InvalidParameter(f"Please provide a source for {what}.")
    return StoredObject(bucket=bucket, key=key, version=version)


def _base64(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _logging(function: Function) -> dict[str, str]:
    return {
        "LogFormat": function.log_format,
        "LogGroup": function.log_group,
        **_present(ApplicationLogLevel=function.application_log_level, SystemLogLevel=function.system_log_level),
    }


def _runtime_arn(function: Function) -> str:
    """Name the runtime's version; there is one for each runtime here, so its name is drawn from the runtime's."""
    version = hashlib.sha256(f"sealgate runtime {function.runtime}".encode()).hexdigest()
    return f"arn:{partition_of(function.region)}:lambda:{function.region}::runtime:{version}"


def _milliseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}+0000"


def _nanoseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
