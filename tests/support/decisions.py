"""Admission decisions and refused starts with plain values, for tests to change one thing of."""

import dataclasses
import uuid
from typing import Any

from sealgate.store.decisions import DecisionRecord
from sealgate.store.invocations import StartRefusal
from tests.support.signer import NOW, SCOPE

_DECISION = DecisionRecord(
    decision_id="",
    deployment_id="",
    decided_at=NOW,
    account=SCOPE.account,
    region=SCOPE.region,
    caller_arn=SCOPE.caller_arn,
    function="app",
    layer_arn=None,
    operation="UpdateFunctionCode",
    dry_run=False,
    config_arn=f"arn:aws:lambda:{SCOPE.region}:{SCOPE.account}:code-signing-config:csc-0f6c334abcdea4d8b",
    package_sha256="00" * 32,
    outcome="DENY",
    kind="MISMATCH",
    findings="",
)
_REFUSAL = StartRefusal(
    refusal_id="",
    refused_at=NOW,
    account=SCOPE.account,
    region=SCOPE.region,
    function="app",
    version="$LATEST",
    package_sha256="00" * 32,
    layer_version_arn=None,
    reason="ContentsAltered",
    detail="",
)


def a_decision(**changes: Any) -> DecisionRecord:
    """Make the row of a package that was refused, with some fields changed; each is a deployment of its own."""
    return dataclasses.replace(
        _DECISION, **{"decision_id": str(uuid.uuid4()), "deployment_id": str(uuid.uuid4())} | changes
    )


def a_refused_start(**changes: Any) -> StartRefusal:
    """Make the row of a start that was refused, with some fields changed."""
    return dataclasses.replace(_REFUSAL, **{"refusal_id": str(uuid.uuid4())} | changes)
