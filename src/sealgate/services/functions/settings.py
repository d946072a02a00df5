"""A function's settings: their defaults, and how a call changes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from sealgate.services.functions.errors import InvalidParameter
from sealgate.services.scope import Scope
from sealgate.store.functions import LATEST_NUMBER, Function

DEFAULT_TIMEOUT = 3
DEFAULT_MEMORY = 128
DEFAULT_STORAGE = 512
DEFAULT_ARCHITECTURE = "x86_64"
MAX_ENVIRONMENT = 4096
"""Bytes of all environment variables together, as compact JSON (Lambda quotas)."""
RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
"""Variables that the runtime sets itself (Lambda developer guide, "Defined runtime environment variables")."""
_NOT_CONFIGURED = (
    "Lambda was unable to configure your environment variables because the environment variables you have provided"
)
_DEFAULT_LEVEL = "INFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingChange:
    """What a call says about logging; None keeps what is there."""

    log_format: str | None = None
    log_group: str | None = None
    application_log_level: str | None = None
    system_log_level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange:
    """What a call says about a function's settings; None keeps what is there, or the default for a new function.

    Units and meanings are those of `sealgate.store.functions.Function`.
    """

    role: str | None = None
    runtime: str | None = None
    handler: str | None = None
    description: str | None = None
    timeout: int | None = None
    memory_size: int | None = None
    environment: Mapping[str, str] | None = None
    architecture: str | None = None
    layers: tuple[str, ...] | None = None
    ephemeral_storage: int | None = None
    tracing_mode: str | None = None
    logging: LoggingChange = LoggingChange()

    def apply(self, function: Function) -> Function:
        """Answer the function with these settings.

        Raises:
            InvalidParameter: The environment is too large or sets what is the runtime's; or a level for text logs.
        """
        _check_environment(self.environment or {})
        plain = {
            field.name: value
            for field in dataclasses.fields(self)
            if field.name != "logging" and (value := getattr(self, field.name)) is not None
        }
        return _with_logging(dataclasses.replace(function, **plain), self.logging)


def make_function(scope: Scope, name: str, settings: SettingsChange) -> Function:
    """Make a function of settings and defaults, without code, revision and time; all three are for the caller to set.

    Raises:
        InvalidParameter: Runtime or handler is missing, or a setting does not fit.
    """
    if not (settings.runtime and settings.handler):
        raise InvalidParameter(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    defaults = Function(
        account=scope.account,
        region=scope.region,
        name=name,
        version=LATEST_NUMBER,
        last_version=LATEST_NUMBER,
        role="",
        runtime=settings.runtime,
        handler=settings.handler,
        description="",
        timeout=DEFAULT_TIMEOUT,
        memory_size=DEFAULT_MEMORY,
        environment={},
        architecture=DEFAULT_ARCHITECTURE,
        ephemeral_storage=DEFAULT_STORAGE,
        tracing_mode="PassThrough",
        log_format="Text",
        log_group=f"/aws/lambda/{name}",
        application_log_level=None,
        system_log_level=None,
        code_sha256="",
        code_size=0,
        unzipped_size=0,
        profile_version_arn=None,
        job_arn=None,
        layers=(),
        config_id=None,
        reserved_concurrency=None,
        tags={},
        revision_id="",
        last_modified=datetime.fromtimestamp(0, UTC),
    )
    return settings.apply(defaults)


def _with_logging(function: Function, change: LoggingChange) -> Function:
    log_format = change.log_format or function.log_format
    function = dataclasses.replace(function, log_format=log_format, log_group=change.log_group or function.log_group)
    if log_format == "JSON":
        return dataclasses.replace(
            function,
            application_log_level=change.application_log_level or function.application_log_level or _DEFAULT_LEVEL,
            system_log_level=change.system_log_level or function.system_log_level or _DEFAULT_LEVEL,
        )
    if change.application_log_level or change.system_log_level:
        raise InvalidParameter("ApplicationLogLevel and SystemLogLevel can be set only if LogFormat is JSON.")
    return dataclasses.replace(function, application_log_level=None, system_log_level=None)


def _check_environment(environment: Mapping[str, str]) -> None:
    reserved = sorted(RESERVED_VARIABLES.intersection(environment))
    if reserved:
        raise InvalidParameter(
            f"{_NOT_CONFIGURED} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    if len(orjson.dumps(dict(environment))) > MAX_ENVIRONMENT:
        raise InvalidParameter(f"{_NOT_CONFIGURED} exceeded the 4KB limit.")
