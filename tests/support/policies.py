"""Policies, callers and requests, said briefly."""

import json
from collections.abc import Mapping
from typing import Any

from sealgate.policy.document import Policy, PolicyKind, parse_policy
from sealgate.policy.request import Ask, Caller, CallerKind

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
BUCKET = "arn:aws:s3:::bucket"
OBJECT = "arn:aws:s3:::bucket/key"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/team/alice"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/service/signer"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/signer/build-7"
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"

USER = Caller(kind=CallerKind.USER, arn=USER_ARN, account=ACCOUNT)
SESSION = Caller(kind=CallerKind.ROLE_SESSION, arn=SESSION_ARN, account=ACCOUNT, issuer=ROLE_ARN)
ROOT = Caller(kind=CallerKind.ROOT, arn=ROOT_ARN, account=ACCOUNT)
SERVICE = Caller(kind=CallerKind.SERVICE, arn="lambda.amazonaws.com", account="")
ANONYMOUS = Caller(kind=CallerKind.ANONYMOUS, arn="", account="")


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """A statement about s3:GetObject on everything, but for what is given; an element that is None is left out."""
    default: dict[str, Any] = {"Effect": effect}
    if "NotAction" not in elements:
        default["Action"] = "s3:GetObject"
    if "NotResource" not in elements:
        default["Resource"] = "*"
    return {name: value for name, value in (default | elements).items() if value is not None}


def document(*statements: Any, version: str | None = "2012-10-17", **elements: Any) -> str:
    """The text of a policy of these statements; of one about s3:GetObject where none is given."""
    top = {"Version": version} if version else {}
    return json.dumps({**top, **elements, "Statement": list(statements) or [statement()]})


def policy(*statements: Any, kind: PolicyKind = PolicyKind.IDENTITY, name: str = "", **elements: Any) -> Policy:
    return parse_policy(document(*statements, **elements), kind=kind, name=name)


def resource_policy(*statements: Any) -> Policy:
    return policy(*statements, kind=PolicyKind.RESOURCE)


def ask(
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    *,
    principal: Caller = USER,
    context: Mapping[str, str | tuple[str, ...]] | None = None,
) -> Ask:
    """A request; context keys may be written in any case, and a value alone stands for a tuple of one."""
    values = {key.lower(): (value,) if isinstance(value, str) else value for key, value in (context or {}).items()}
    return Ask(principal=principal, action=action, resource=resource, context=values)
