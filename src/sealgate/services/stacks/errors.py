"""What can go wrong with stacks, each in AWS's own words where they are known."""

from __future__ import annotations

from collections.abc import Iterable

from sealgate.errors import Conflict, Denied, Invalid, NotFound


class TemplateInvalid(Invalid):
    """The template, or what is given for it, cannot make a stack."""


class StackNotFound(NotFound):
    """There is no such stack for this caller."""


class StackExists(Conflict):
    """The name is taken by a stack that is not deleted."""


class WrongStackStatus(Conflict):
    """The stack's status does not allow what is asked."""


class NothingToUpdate(Invalid):
    """The update would change nothing."""


class InsufficientCapabilities(Denied):
    """The caller has not said that it knows what the template does."""


class ChangeSetNotFound(NotFound):
    """The stack has no such change set."""


class ChangeSetExists(Conflict):
    """The stack has a change set of this name."""


class WrongChangeSetStatus(Conflict):
    """The change set is not one that can be executed, or deleted, now."""


def no_stack(name: str) -> StackNotFound:
    """Word the absence of a stack as clients look for it."""
    return StackNotFound(f"Stack with id {name} does not exist")


def no_resource(logical_id: str, stack: str) -> StackNotFound:
    """Word the absence of a resource."""
    return StackNotFound(f"Resource {logical_id} does not exist for stack {stack}")


def no_change_set(name: str) -> ChangeSetNotFound:
    """Word the absence of a change set."""
    return ChangeSetNotFound(f"ChangeSet [{name}] does not exist")


def wrong_status(arn: str, status: str, cannot: str) -> WrongStackStatus:
    """Word that a stack's status forbids something (`can not be updated`)."""
    return WrongStackStatus(f"Stack:{arn} is in {status} state and {cannot}.")


def missing_capabilities(missing: Iterable[str]) -> InsufficientCapabilities:
    """Word the capabilities that a template needs and its caller has not acknowledged."""
    return InsufficientCapabilities(f"Requires capabilities : [{', '.join(missing)}]")
