"""Whose rights a stack acts with: its caller's, or those of the role that the caller has passed to it."""

from __future__ import annotations

from sealgate.errors import Denied, Invalid
from sealgate.policy.request import Context
from sealgate.services.access.entry import Principal
from sealgate.services.identity.sessions import SessionService
from sealgate.services.stacks.operations import Operations, Perform
from sealgate.services.stacks.resource import StackIdentity
from sealgate.store.stacks import Stack, Task

SERVICE = "cloudformation.amazonaws.com"
SESSION_SECONDS = 3600
"""How long a role's session is good; each phase of an operation begins one."""


class Acting:
    """Lets stacks act.

    Args:
        operations: Performs operations.
        sessions: Makes sessions of roles.
    """

    def __init__(self, *, operations: Operations, sessions: SessionService) -> None:
        self._operations = operations
        self._sessions = sessions

    def begin(self, stack: Stack) -> Perform:
        """Answer what performs operations for a stack.

        Raises:
            Denied: Its role is gone, or does not trust CloudFormation.
        """
        return self._operations.acting_as(self.principal(stack), stack.region)

    def principal(self, stack: Stack) -> Principal:
        """Answer who a stack acts as.

        Raises:
            Denied: Its role is gone, or does not trust CloudFormation.
        """
        role = stack.definition.role_arn
        return principal_of(stack.task) if role is None else self._become(stack, role)

    def check(self, stack: Stack) -> None:
        """Refuse a stack whose role cannot be assumed.

        Raises:
            Invalid: It cannot.
        """
        role = stack.definition.role_arn
        if role is not None and not self._sessions.may_assume_for_service(
            role, service=SERVICE, context=_context_of(stack)
        ):
            raise Invalid(f"Role {role} is invalid or cannot be assumed")

    def _become(self, stack: Stack, role: str) -> Principal:
        issued = self._sessions.assume_role_for_service(
            role,
            service=SERVICE,
            session_name="AWSCloudFormation",
            seconds=SESSION_SECONDS,
            context=_context_of(stack),
        )
        if issued is None or issued.session.account != stack.account:
            raise Denied(f"Role {role} is invalid or cannot be assumed")
        session = issued.session
        return Principal(
            account=session.account,
            arn=session.principal_arn,
            user_id=session.user_id,
            access_key_id=session.access_key_id,
        )


def _context_of(stack: Stack) -> Context:
    return {"aws:sourceaccount": (stack.account,), "aws:sourcearn": (stack.stack_id,)}


def principal_of(task: Task) -> Principal:
    """Answer who has asked for a task."""
    return Principal(
        account=task.account, arn=task.principal_arn, user_id=task.user_id, access_key_id=task.access_key_id
    )


def identity_of(stack: Stack) -> StackIdentity:
    """Answer a stack as its resources know it."""
    return StackIdentity(
        name=stack.name,
        arn=stack.stack_id,
        account=stack.account,
        region=stack.region,
        tags=stack.definition.tags,
    )
