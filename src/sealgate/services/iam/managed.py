"""Finding a managed policy: an account's own, or one that AWS offers everybody."""

from __future__ import annotations

from sealgate.services.iam.aws_managed import find_aws_managed
from sealgate.services.iam.errors import NoSuchEntity, not_attachable
from sealgate.services.iam.names import parse_entity_name
from sealgate.store.database import Tx
from sealgate.store.iam.policies import ManagedPolicy, PolicyVersion, policies, versions


def find_managed(tx: Tx, account: str, arn: str) -> ManagedPolicy | None:
    """Answer the managed policy of this ARN that an account can use, or None.

    Raises:
        Invalid: It is no ARN of a policy.
    """
    parse_entity_name(arn, "policy")
    offered = find_aws_managed(arn)
    if offered is not None:
        return offered.policy
    found = policies.find(tx, arn=arn)
    return found if found is not None and found.account == account else None


def get_managed(tx: Tx, account: str, arn: str) -> ManagedPolicy:
    """Answer the managed policy of this ARN.

    Raises:
        Invalid: It is no ARN of a policy.
        NoSuchEntity: There is none that the account can use.
    """
    found = find_managed(tx, account, arn)
    if found is None:
        raise NoSuchEntity(f"Policy {arn} was not found.")
    return found


def get_attachable(tx: Tx, account: str, arn: str) -> ManagedPolicy:
    """Answer the managed policy that shall be attached, or bound something.

    Raises:
        Invalid: It is no ARN of a policy.
        NoSuchEntity: There is none that the account can use.
    """
    found = find_managed(tx, account, arn)
    if found is None:
        raise not_attachable(arn)
    return found


def find_version(tx: Tx, policy: ManagedPolicy, number: int) -> PolicyVersion | None:
    """Answer a version of a policy, or None."""
    offered = find_aws_managed(policy.arn)
    if offered is not None:
        return offered.version if offered.version.number == number else None
    return versions.find(tx, policy_arn=policy.arn, number=number)
