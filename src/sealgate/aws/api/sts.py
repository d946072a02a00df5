"""STS: who am I."""

from __future__ import annotations

from sealgate.aws.context import Call
from sealgate.aws.operation import Api

sts = Api("sts")


@sts.operation(exempt="always allowed", inline=True)
def get_caller_identity(call: Call) -> dict[str, str]:
    """Say who the credentials belong to."""
    principal = call.principal
    return {"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn}
