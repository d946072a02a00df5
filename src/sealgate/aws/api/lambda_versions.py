"""The operations on versions of functions."""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.lambda_service import FUNCTION, lambda_
from sealgate.aws.api.lambda_shapes import describe_function, summarise_function
from sealgate.aws.context import Call
from sealgate.services.functions.versions import NewVersion


@lambda_.operation(resource=FUNCTION)
def publish_version(
    call: Call,
    *,
    function_name: str,
    code_sha256: str | None = None,
    description: str | None = None,
    revision_id: str | None = None,
) -> dict[str, Any]:
    """Freeze a function's code and settings under a number."""
    new = NewVersion(code_sha256=code_sha256, description=description, revision_id=revision_id)
    return describe_function(call.services.functions.versions.publish(call.scope, function_name, new))


@lambda_.operation(resource=FUNCTION)
def list_versions_by_function(
    call: Call, *, function_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List `$LATEST` and the versions of a function, the oldest first."""
    versions = call.services.functions.versions
    page = versions.list_versions(call.scope, function_name, marker=marker, limit=max_items)
    return {"Versions": list(map(summarise_function, page.items)), "NextMarker": page.next_token}
