"""What can go wrong with users, groups, roles and policies, each in AWS's own words where they are known."""

from __future__ import annotations

from sealgate.errors import Conflict, Invalid, NotFound, SealgateError


class NoSuchEntity(NotFound):
    """There is no such user, group, role, policy, version or key for this caller."""


class EntityExists(Conflict):
    """The name is taken, whatever its case."""


class DeleteConflict(Conflict):
    """Something is still attached to, or inside, what shall be deleted."""


class QuotaExceeded(Conflict):
    """One more, or one so large, is more than an account or an entity may have."""


class InvalidInput(Invalid):
    """A value that IAM itself refuses, and not its front."""


class PolicyEvaluation(SealgateError):
    """A policy that is stored cannot be read; a defect, or another release's."""


def no_such(kind: str, name: str) -> NoSuchEntity:
    """Word the absence of something named (`The user with name app cannot be found.`)."""
    return NoSuchEntity(f"The {kind} with name {name} cannot be found.")


def not_attachable(policy_arn: str) -> NoSuchEntity:
    """Word the absence of a managed policy that shall be used."""
    return NoSuchEntity(f"Policy {policy_arn} does not exist or is not attachable.")


def check_quota(name: str, limit: int, *, used: int) -> None:
    """Refuse one more.

    Raises:
        QuotaExceeded: As many are used as there may be.
    """
    if used >= limit:
        raise QuotaExceeded(f"Cannot exceed quota for {name}: {limit}")
