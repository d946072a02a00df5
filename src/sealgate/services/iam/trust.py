"""The trust policies of roles: whom they name, and whether that is still who was meant.

AWS keeps the unique id of a user or role that a trust policy names, so that a new one of the same name is not trusted
(IAM User Guide, "AWS JSON policy elements: Principal"). Here the ids are kept beside the document.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from sealgate.policy.document import MalformedPolicy, Policy, PolicyKind, parse_policy
from sealgate.policy.request import Caller
from sealgate.services.iam.documents import check_trust_size
from sealgate.services.iam.entities import BY_KIND
from sealgate.services.iam.names import find_entity_name
from sealgate.store.database import Tx
from sealgate.store.iam.entities import Entity, Kind, Role
from sealgate.store.identity import accounts

_ROLE_SESSION = "assumed-role/"
_ARN_PARTS = 6


def check_trust(tx: Tx, document: str) -> dict[str, str]:
    """Check a trust policy that shall be stored; answer the unique ids of the users and roles that it names, by ARN.

    Raises:
        MalformedPolicy: It is no trust policy, or names an account, user or role that does not exist.
        QuotaExceeded: It is too long.
    """
    policy = parse_policy(document, kind=PolicyKind.TRUST)
    check_trust_size(document)
    named = [each.principals for each in policy.statements if each.principals is not None]
    for account in sorted({account for each in named for account in each.accounts}):
        if accounts.find(tx, account=account) is None:
            raise _unknown(account)
    return {arn: _get_named(tx, arn).entity_id for arn in sorted({arn for each in named for arn in each.arns})}


def _get_named(tx: Tx, arn: str) -> Entity:
    found = _find_session_role(tx, arn) if f":{_ROLE_SESSION}" in arn else _find_entity(tx, arn)
    if found is None:
        raise _unknown(arn)
    return found


def _find_entity(tx: Tx, arn: str) -> Entity | None:
    name = find_entity_name(arn)
    if name is None or name.kind not in ("user", "role"):
        return None
    found = BY_KIND[cast("Kind", name.kind)].find(tx, account=name.account, name=name.name)
    return found if found is not None and found.arn == arn else None


def _find_session_role(tx: Tx, arn: str) -> Entity | None:
    *_, account, resource = arn.split(":", _ARN_PARTS - 1)
    role = resource.removeprefix(_ROLE_SESSION).partition("/")[0]
    return BY_KIND["role"].find(tx, account=account, name=role)


def _unknown(principal: str) -> MalformedPolicy:
    return MalformedPolicy(f'Invalid principal in policy: "AWS":"{principal}"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A role, and who may become it.

    Attributes:
        policy: Its trust policy, parsed.
    """

    role: Role
    policy: Policy

    def as_meant(self, caller: Caller, entity_id: str) -> Caller:
        """Answer a caller as the policy may name it.

        A user or role that bears a name which another bore when the policy was given goes by its unique id instead,
        which no statement names.
        """
        meant = self.role.trusted_ids
        arn = caller.arn if meant.get(caller.arn, entity_id) == entity_id else entity_id
        issuer = caller.issuer if meant.get(caller.issuer, entity_id) == entity_id else entity_id
        return replace(caller, arn=arn, issuer=issuer)


def read_trust(role: Role) -> Trust:
    """Answer a role's trust policy.

    Raises:
        MalformedPolicy: What is stored is none; a defect, or another release's.
    """
    return Trust(role=role, policy=parse_policy(role.trust, kind=PolicyKind.TRUST, name=role.arn, source="resource"))
