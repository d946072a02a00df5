"""The operations on reserved concurrency, and the account's limits."""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.lambda_service import FUNCTION, lambda_
from sealgate.aws.context import Call


@lambda_.operation(resource=FUNCTION)
def put_function_concurrency(call: Call, *, function_name: str, reserved_concurrent_executions: int) -> dict[str, Any]:
    """Reserve so many invocations at once for a function, and allow it no more."""
    call.services.functions.concurrency.reserve(call.scope, function_name, reserved_concurrent_executions)
    return {"ReservedConcurrentExecutions": reserved_concurrent_executions}


@lambda_.operation(resource=FUNCTION, inline=True)
def get_function_concurrency(call: Call, *, function_name: str) -> dict[str, Any]:
    """Answer what a function reserves; nothing at all where it reserves nothing."""
    reserved = call.services.functions.concurrency.get_reserved(call.scope, function_name)
    return {"ReservedConcurrentExecutions": reserved}


@lambda_.operation(resource=FUNCTION)
def delete_function_concurrency(call: Call, *, function_name: str) -> None:
    """Let a function use what the account has left."""
    call.services.functions.concurrency.release(call.scope, function_name)


@lambda_.operation()
def get_account_settings(call: Call) -> dict[str, Any]:
    """Answer the account's limits in this region, and what is used of them."""
    settings = call.services.functions.concurrency.get_settings(call.scope)
    return {
        "AccountLimit": {
            "TotalCodeSize": settings.total_code_size,
            "CodeSizeUnzipped": settings.unzipped_size,
            "CodeSizeZipped": settings.zipped_size,
            "ConcurrentExecutions": settings.concurrency,
            "UnreservedConcurrentExecutions": settings.unreserved,
        },
        "AccountUsage": {"TotalCodeSize": settings.code_size, "FunctionCount": settings.functions},
    }
