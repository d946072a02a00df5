"""What deployment tools read of every function, and no function here has.

That is a URL, provisioned concurrency, and other updates of its runtime than by itself. Each read answers as AWS does
for a function that has none; the operations that would give one are not bound, and so are refused by name.
"""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.lambda_service import FUNCTION, QUALIFIED, lambda_
from sealgate.aws.context import Call
from sealgate.errors import NotFound
from sealgate.services.functions.errors import InvalidParameter, NoProvisionedConcurrency
from sealgate.services.paging import invalid_token
from sealgate.store.functions import LATEST

_NO_URL = "The resource you requested does not exist."


@lambda_.operation(resource=QUALIFIED, inline=True)
def get_function_url_config(call: Call, *, function_name: str, qualifier: str | None = None) -> dict[str, Any]:  # noqa: ARG001 - the answer is the same for all
    """Say that a function has no URL; whether there is such a function, AWS does not say either."""
    raise NotFound(_NO_URL)


@lambda_.operation(resource=FUNCTION, inline=True)
def list_function_url_configs(
    call: Call,
    *,
    function_name: str,
    marker: str | None = None,
    max_items: int | None = None,  # noqa: ARG001 - an empty list has one page
) -> dict[str, Any]:
    """List no URLs."""
    _check_list(call, function_name, marker)
    return {"FunctionUrlConfigs": []}


@lambda_.operation(resource=QUALIFIED, inline=True)
def get_runtime_management_config(call: Call, *, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Say that a function runs with whatever version of its runtime there is."""
    found = call.services.functions.get(call.scope, function_name, qualifier=qualifier)
    return {"UpdateRuntimeOn": "Auto", "FunctionArn": found.function.qualified_arn}


@lambda_.operation(resource=QUALIFIED, inline=True)
def get_provisioned_concurrency_config(call: Call, *, function_name: str, qualifier: str) -> dict[str, Any]:
    """Say that nothing keeps processes of a version ready."""
    if qualifier == LATEST:
        raise InvalidParameter("The function resource provided must be an alias or a published version.")
    call.services.functions.get(call.scope, function_name, qualifier=qualifier)
    raise NoProvisionedConcurrency


@lambda_.operation(resource=FUNCTION, inline=True)
def list_provisioned_concurrency_configs(
    call: Call,
    *,
    function_name: str,
    marker: str | None = None,
    max_items: int | None = None,  # noqa: ARG001 - an empty list has one page
) -> dict[str, Any]:
    """List no provisioned concurrency."""
    _check_list(call, function_name, marker)
    return {"ProvisionedConcurrencyConfigs": []}


def _check_list(call: Call, function_name: str, marker: str | None) -> None:
    if marker is not None:
        raise invalid_token()
    call.services.functions.get(call.scope, function_name)
