"""Whom a resource's policy names, and whether those are still who was meant.

AWS keeps the unique id of a user or role that such a policy names, so that a new one of the same name is given nothing
(IAM User Guide, "AWS JSON policy elements: Principal"). Here the ids are kept beside the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from sealgate.policy.document import MalformedPolicy, Policy
from sealgate.policy.request import Caller
from sealgate.services.iam.entities import BY_KIND
from sealgate.services.iam.names import find_entity_name
from sealgate.store.database import Tx
from sealgate.store.iam.entities import Entity, Kind
from sealgate.store.identity import accounts

_ROLE_SESSION = "assumed-role/"
_ARN_PARTS = 6


def find_named_ids(tx: Tx, policy: Policy) -> dict[str, str]:
    """Answer the unique ids of the users and roles that a policy names, by ARN.

    Raises:
        MalformedPolicy: It names an account, user or role that does not exist.
    """
    named = [each.principals for each in policy.statements if each.principals is not None]
    for account in sorted({account for each in named for account in each.accounts}):
        if accounts.find(tx, account=account) is None:
            raise _unknown(account)
    return {arn: _get_named(tx, arn).entity_id for arn in sorted({arn for each in named for arn in each.arns})}


def find_named(tx: Tx, arn: str) -> Entity | None:
    """Answer the user or role with exactly this ARN, of whatever account, or None."""
    name = find_entity_name(arn)
    if name is None or name.kind not in ("user", "role"):
        return None
    found = BY_KIND[cast("Kind", name.kind)].find(tx, account=name.account, name=name.name)
    return found if found is not None and found.arn == arn else None


def as_meant(caller: Caller, entity_id: str, meant: Mapping[str, str]) -> Caller:
    """Answer a caller as a policy may name it.

    A user or role that bears a name which another bore when the policy was given goes by its unique id instead, which
    no statement names.

    Args:
        caller: Who calls.
        entity_id: The unique id of the user or role that it is.
        meant: The ids that were meant, by ARN.
    """
    if not meant:
        return caller
    arn = caller.arn if meant.get(caller.arn, entity_id) == entity_id else entity_id
    issuer = caller.issuer if meant.get(caller.issuer, entity_id) == entity_id else entity_id
    return replace(caller, arn=arn, issuer=issuer)


def _get_named(tx: Tx, arn: str) -> Entity:
    found = _find_session_role(tx, arn) if f":{_ROLE_SESSION}" in arn else find_named(tx, arn)
    if found is None:
        raise _unknown(arn)
    return found


def _find_session_role(tx: Tx, arn: str) -> Entity | None:
    *_, account, resource = arn.split(":", _ARN_PARTS - 1)
    role = resource.removeprefix(_ROLE_SESSION).partition("/")[0]
    return BY_KIND["role"].find(tx, account=account, name=role)


def _unknown(principal: str) -> MalformedPolicy:
    return MalformedPolicy(f'Invalid principal in policy: "AWS":"{principal}"')
