"""Invoking functions, and how asynchronous invocations of them are retried."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, cast

from sealgate.aws.api.lambda_service import FUNCTION, QUALIFIED, lambda_
from sealgate.aws.api.lambda_settings import refuse_given
from sealgate.aws.context import Call
from sealgate.services.invocations.retries import RetryChange
from sealgate.services.invocations.service import Kind, Outcome, Request
from sealgate.store.functions import LATEST
from sealgate.store.invocations import InvokeConfig

_ACCEPTED, _NOTHING = 202, 204
_TAIL = "Tail"


@lambda_.operation(resource=QUALIFIED, waits=True)
def invoke(
    call: Call,
    *,
    function_name: str,
    invocation_type: str | None = None,
    log_type: str | None = None,
    client_context: str | None = None,
    payload: bytes | None = None,
    qualifier: str | None = None,
) -> dict[str, Any]:
    """Run a function, now or later."""
    kind = cast("Kind", invocation_type or "RequestResponse")
    outcome = call.services.invocations.invoke(
        call.scope,
        Request(
            request_id=call.request_id,
            function=function_name,
            qualifier=qualifier,
            kind=kind,
            payload=payload or b"",
            client_context=client_context,
        ),
    )
    if kind == "Event":
        return {"StatusCode": _ACCEPTED, "Payload": b""}
    if outcome.result is None:
        return {"StatusCode": _NOTHING, "ExecutedVersion": outcome.executed_version, "Payload": b""}
    return _describe(outcome, with_log=log_type == _TAIL)


@lambda_.operation(resource=FUNCTION)
def put_function_event_invoke_config(
    call: Call,
    *,
    function_name: str,
    qualifier: str | None = None,
    maximum_retry_attempts: int | None = None,
    maximum_event_age_in_seconds: int | None = None,
    destination_config: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Set how asynchronous invocations are retried."""
    change = _parse_change(call, maximum_retry_attempts, maximum_event_age_in_seconds, destination_config)
    return _describe_config(call.services.retries.put(call.scope, function_name, qualifier, change))


@lambda_.operation(resource=FUNCTION)
def update_function_event_invoke_config(
    call: Call,
    *,
    function_name: str,
    qualifier: str | None = None,
    maximum_retry_attempts: int | None = None,
    maximum_event_age_in_seconds: int | None = None,
    destination_config: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Change how asynchronous invocations are retried."""
    change = _parse_change(call, maximum_retry_attempts, maximum_event_age_in_seconds, destination_config)
    return _describe_config(call.services.retries.update(call.scope, function_name, qualifier, change))


@lambda_.operation(resource=FUNCTION)
def get_function_event_invoke_config(call: Call, *, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Answer how asynchronous invocations are retried."""
    return _describe_config(call.services.retries.get(call.scope, function_name, qualifier))


@lambda_.operation(resource=FUNCTION)
def list_function_event_invoke_configs(
    call: Call, *, function_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List how asynchronous invocations of a function, its versions and aliases are retried."""
    page = call.services.retries.list_configs(call.scope, function_name, marker=marker, limit=max_items)
    return {
        "FunctionEventInvokeConfigs": [_describe_config(config) for config in page.items],
        "NextMarker": page.next_token,
    }


@lambda_.operation(resource=FUNCTION)
def delete_function_event_invoke_config(call: Call, *, function_name: str, qualifier: str | None = None) -> None:
    """Go back to the defaults."""
    call.services.retries.delete(call.scope, function_name, qualifier)


def _describe(outcome: Outcome, *, with_log: bool) -> dict[str, Any]:
    result = outcome.result
    assert result is not None
    return {
        "StatusCode": 200,
        "ExecutedVersion": outcome.executed_version,
        "Payload": result.payload,
        **({} if result.error is None else {"FunctionError": result.error}),
        **({"LogResult": base64.b64encode(result.tail).decode()} if with_log else {}),
    }


def _parse_change(
    call: Call, retries: int | None, age: int | None, destinations: Mapping[str, Any] | None
) -> RetryChange:
    named = {name: place for name, place in (destinations or {}).items() if place}
    refuse_given(call.operation, DestinationConfig=named or None)
    return RetryChange(max_retries=retries, max_age=age)


def _describe_config(config: InvokeConfig) -> dict[str, Any]:
    return {
        "LastModified": config.last_modified,
        "FunctionArn": f"{config.function_arn}:{config.qualifier or LATEST}",
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
        **({} if config.max_retries is None else {"MaximumRetryAttempts": config.max_retries}),
        **({} if config.max_age is None else {"MaximumEventAgeInSeconds": config.max_age}),
    }
