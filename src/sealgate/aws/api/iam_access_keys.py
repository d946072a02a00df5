"""IAM: access keys of users."""

from __future__ import annotations

from typing import Any, cast

from sealgate.aws.api.iam_service import USER, iam, user_name_of
from sealgate.aws.api.iam_shapes import describe_page, range_of, summarize_key
from sealgate.aws.context import Call
from sealgate.errors import Unsupported
from sealgate.store.identity import KeyStatus

_STATUSES = ("Active", "Inactive")


@iam.operation(resource=USER)
def create_access_key(call: Call, *, user_name: str | None = None) -> dict[str, Any]:
    """Make an access key; this is the only time that its secret is told."""
    name = user_name_of(call, user_name)
    key = call.services.iam.access_keys.create(call.scope, name)
    return {"AccessKey": summarize_key(key, name) | {"SecretAccessKey": key.secret}}


@iam.operation(resource=USER)
def list_access_keys(
    call: Call, *, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a user's access keys, without their secrets."""
    name = user_name_of(call, user_name)
    page = call.services.iam.access_keys.list(call.scope, name, range_of(marker, max_items))
    return {"AccessKeyMetadata": [summarize_key(key, name) for key in page.items], **describe_page(page)}


@iam.operation(resource=USER)
def update_access_key(call: Call, *, access_key_id: str, status: str, user_name: str | None = None) -> None:
    """Let an access key sign, or no more."""
    if status not in _STATUSES:
        raise Unsupported(f"The status {status} cannot be set here; {' and '.join(_STATUSES)} can")
    name = user_name_of(call, user_name)
    call.services.iam.access_keys.update(call.scope, name, access_key_id, cast("KeyStatus", status))


@iam.operation(resource=USER)
def delete_access_key(call: Call, *, access_key_id: str, user_name: str | None = None) -> None:
    """Delete an access key."""
    call.services.iam.access_keys.delete(call.scope, user_name_of(call, user_name), access_key_id)
