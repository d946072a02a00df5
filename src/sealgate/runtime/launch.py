"""What a process of a function is started with, and what it finds in its environment.

The names and values of the environment are Lambda's (Developer Guide, "Defined runtime environment variables").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a function signs its own calls with.

    Attributes:
        access_key_id: The temporary access key.
        secret_access_key: Its secret.
        session_token: Goes with each call.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """All that one process of a function version is started with.

    Attributes:
        function_arn: The function's ARN, qualified as it was invoked.
        name: The function's name.
        version_name: `$LATEST`, or a number.
        runtime: As Lambda names it: `python3.13`, `nodejs20.x`, `provided.al2023`.
        handler: What is called: `module.function`.
        memory_size: MiB that it may use.
        timeout: Seconds that one invocation may take.
        ephemeral_storage: MiB that `/tmp` holds.
        environment: The function's own variables.
        region: Where the function is.
        account: Whose it is.
        log_group: Where what it prints goes.
        log_stream: And there, which part is this process's.
        log_format: `Text` or `JSON`: how the runtime, and what stands around its lines, write.
        application_log_level: Of `JSON`, the least level that the runtime writes; None: all.
        system_log_level: Of `JSON`, the least level of the platform's own lines; None: all.
        credentials: Answers those of the function's role, or None if it has none that could be taken; asked when the
            code is verified, since they may still be on their way.
        endpoint: This server's address, where the network is allowed; else None.
        task: The folder with the function's files, on this host.
        layers: The layers' folders, in the order of the function's list: a later one covers an earlier one.
        network: Whether it has the host's network.
    """

    function_arn: str
    name: str
    version_name: str
    runtime: str
    handler: str
    memory_size: int
    timeout: int
    ephemeral_storage: int
    environment: Mapping[str, str] = field(repr=False)
    region: str
    account: str
    log_group: str
    log_stream: str
    credentials: Callable[[], Credentials | None] = field(repr=False)
    endpoint: str | None
    task: Path
    layers: tuple[Path, ...] = ()
    network: bool = False
    log_format: str = "Text"
    application_log_level: str | None = None
    system_log_level: str | None = None

    @property
    def logs_json(self) -> bool:
        """Whether log lines are JSON objects."""
        return self.log_format == "JSON"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a process finds its files, as it sees them.

    Attributes:
        task: The function's own files.
        opt: Where its layers are, the one that is looked at first first.
        runtime: What the runtime itself consists of.
        language: The interpreter's prefix; empty where there is none.
        python: `python3.13`, for a function in Python.
        node: `node20`, for a function in JavaScript.
    """

    task: str
    opt: tuple[str, ...]
    runtime: str
    language: str = ""
    python: str = ""
    node: str = ""


_PROGRAMS = ("/usr/local/bin", "/usr/bin", "/bin")
_LIBRARIES = ("/lib64", "/usr/lib64", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib")
"""Looked at before the function's own, so that none of those takes the place of the interpreter's."""


def function_environment(launch: Launch, places: Places, *, runtime_api: str) -> dict[str, str]:
    """Answer the whole environment: the function's own variables, below those that Lambda reserves."""
    defaults = {
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "PATH": ":".join([*_under(places.language, "bin"), *_PROGRAMS, *(f"{opt}/bin" for opt in places.opt)]),
        "LD_LIBRARY_PATH": ":".join([*_under(places.language, "lib"), *_LIBRARIES, *library_folders(places)]),
    } | _language_defaults(places)
    if launch.endpoint is not None:
        defaults["AWS_ENDPOINT_URL"] = launch.endpoint
    return defaults | dict(launch.environment) | _reserved(launch, places, runtime_api)


def library_folders(places: Places) -> list[str]:
    """Answer where shared libraries of a function may be, in the order of the search."""
    return [places.task, f"{places.task}/lib", *(f"{opt}/lib" for opt in places.opt)]


def python_folders(places: Places) -> list[str]:
    """Answer where modules of a function may be, in the order of the search."""
    layers = [f"{opt}/python/lib/{places.python}/site-packages" for opt in places.opt]
    return [places.task, *layers, *(f"{opt}/python" for opt in places.opt)]


def _under(prefix: str, folder: str) -> list[str]:
    return [f"{prefix}/{folder}"] if prefix else []


def _language_defaults(places: Places) -> dict[str, str]:
    if places.python:
        return {"PYTHONPATH": places.runtime}
    if places.node:
        layers = [f"{opt}/nodejs{inner}/node_modules" for inner in (f"/{places.node}", "") for opt in places.opt]
        return {"NODE_PATH": ":".join([*layers, f"{places.runtime}/node_modules", places.task])}
    return {}


def _reserved(launch: Launch, places: Places, runtime_api: str) -> dict[str, str]:
    reserved = {
        "_HANDLER": launch.handler,
        "AWS_DEFAULT_REGION": launch.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{launch.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(launch.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": launch.name,
        "AWS_LAMBDA_FUNCTION_VERSION": launch.version_name,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": launch.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": launch.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": launch.log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": launch.region,
        "LAMBDA_RUNTIME_DIR": places.runtime,
        "LAMBDA_TASK_ROOT": places.task,
    }
    if launch.application_log_level is not None:
        reserved["AWS_LAMBDA_LOG_LEVEL"] = launch.application_log_level
    credentials = launch.credentials()
    if credentials is not None:
        reserved["AWS_ACCESS_KEY_ID"] = credentials.access_key_id
        reserved["AWS_SECRET_ACCESS_KEY"] = credentials.secret_access_key
        reserved["AWS_SESSION_TOKEN"] = credentials.session_token
    return reserved
