"""The trust policies of roles: whom they name, and whether that is still who was meant."""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.policy.document import Policy, PolicyKind, parse_policy
from sealgate.policy.request import Caller
from sealgate.services.iam.documents import check_trust_size
from sealgate.services.iam.named import as_meant, find_named_ids
from sealgate.store.database import Tx
from sealgate.store.iam.entities import Role


def check_trust(tx: Tx, document: str) -> dict[str, str]:
    """Check a trust policy that shall be stored; answer the unique ids of the users and roles that it names, by ARN.

    Raises:
        MalformedPolicy: It is no trust policy, or names an account, user or role that does not exist.
        QuotaExceeded: It is too long.
    """
    policy = parse_policy(document, kind=PolicyKind.TRUST)
    check_trust_size(document)
    return find_named_ids(tx, policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A role, and who may become it.

    Attributes:
        policy: Its trust policy, parsed.
    """

    role: Role
    policy: Policy

    def as_meant(self, caller: Caller, entity_id: str) -> Caller:
        """Answer a caller as the policy may name it (`sealgate.services.iam.named`)."""
        return as_meant(caller, entity_id, self.role.trusted_ids)


def read_trust(role: Role) -> Trust:
    """Answer a role's trust policy.

    Raises:
        MalformedPolicy: What is stored is none; a defect, or another release's.
    """
    return Trust(role=role, policy=parse_policy(role.trust, kind=PolicyKind.TRUST, name=role.arn, source="resource"))
