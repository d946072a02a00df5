"""Functions and scopes with plain values, for tests to change one thing of."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

from sealgate.services.scope import Scope
from sealgate.store.functions import LATEST_NUMBER, Function

NOW = datetime(2026, 11, 24, 9, 25, 49, 569123, tzinfo=UTC)
ACCOUNT = "111122223333"
REGION = "eu-west-1"
SCOPE = Scope(account=ACCOUNT, region=REGION, caller_arn=f"arn:aws:iam::{ACCOUNT}:root")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runner"

_FUNCTION = Function(
    account=ACCOUNT,
    region=REGION,
    name="app",
    version=LATEST_NUMBER,
    last_version=LATEST_NUMBER,
    role=ROLE,
    runtime="python3.13",
    handler="app.handler",
    description="",
    timeout=3,
    memory_size=128,
    environment={},
    architecture="x86_64",
    ephemeral_storage=512,
    tracing_mode="PassThrough",
    log_format="Text",
    log_group="/aws/lambda/app",
    application_log_level=None,
    system_log_level=None,
    code_sha256="00" * 32,
    code_size=22,
    unzipped_size=0,
    profile_version_arn=None,
    job_arn=None,
    layers=(),
    config_id=None,
    reserved_concurrency=None,
    tags={},
    revision_id="first",
    last_modified=NOW,
)


def a_function(**changes: Any) -> Function:
    """Make a function with some fields changed."""
    return dataclasses.replace(_FUNCTION, **changes)


def a_scope(**changes: Any) -> Scope:
    """Make a scope with some fields changed."""
    return dataclasses.replace(SCOPE, **changes)
