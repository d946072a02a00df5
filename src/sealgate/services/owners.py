"""What belongs to another account: nothing may be done with it yet, since profile permissions do not exist here."""

from __future__ import annotations

from sealgate.errors import Denied
from sealgate.services.scope import Scope


def require_own(scope: Scope, owner: str | None, *, action: str, arn: str) -> None:
    """Refuse an owner that is not the caller's own account; None is the caller's.

    Args:
        scope: Whose call it is.
        owner: The account that the caller says owns the resource.
        action: What is being done, as policies name it (`signer:StartSigningJob`).
        arn: The resource, in the owner's account.

    Raises:
        Denied: The owner is another account; worded as AWS words it.
    """
    if owner is not None and owner != scope.account:
        raise Denied(f"User: {scope.caller_arn} is not authorized to perform: {action} on resource: {arn}")
