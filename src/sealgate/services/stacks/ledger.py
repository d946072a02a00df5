"""Writes down where a stack and its resources are, with the event of each change, in one transaction."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

from sealgate.clock import Clock
from sealgate.services.stacks import statuses
from sealgate.services.stacks.templates.values import Value
from sealgate.store import stacks as store
from sealgate.store.database import Database, Tx
from sealgate.store.stacks import ChangeSet, ResourceState, Stack, StackEvent, StackResource

STACK_TYPE = "AWS::CloudFormation::Stack"
ROLLBACK_SAID = " Rollback requested by user."
"""What follows the reason of a rollback."""


class Ledger:
    """The one that writes to stacks while they are worked on.

    Args:
        db: Where they are.
        clock: Says when it happened.
    """

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def load(self, stack_id: str) -> Stack:
        """Answer a stack as it is."""
        with self._db.read() as tx:
            stack = store.stacks.find(tx, stack_id=stack_id)
        assert stack is not None, "rows of stacks are never deleted"
        return stack

    def resources(self, stack: Stack) -> dict[str, StackResource]:
        """Answer a stack's resources, by logical id; those that were removed are not among them."""
        with self._db.read() as tx:
            found = store.list_resources(tx, stack_id=stack.stack_id)
        return {each.logical_id: each for each in found if each.status != statuses.DELETED}

    def find_failure(self, stack: Stack) -> str | None:
        """Answer why what was done last on a stack has failed; None where it has not."""
        with self._db.read() as tx:
            found = store.find_reason(tx, stack_id=stack.stack_id, statuses=statuses.UNDOING)
        return stack.status_reason or (None if found is None else found.removesuffix(ROLLBACK_SAID))

    def find_reviewed(self, outer: Stack, logical_id: str) -> ChangeSet | None:
        """Answer what the change set that a stack is being made by says of a stack in it, if it says that."""
        if outer.change_set_id is None:
            return None
        with self._db.read() as tx:
            return store.find_inner_change_set(tx, parent_id=outer.change_set_id, logical_id=logical_id)

    def enter(self, tx: Tx, stack: Stack, status: str, reason: str | None = None) -> Stack:
        """Put a stack into a status, inside a transaction that does more."""
        present = store.stacks.find(tx, stack_id=stack.stack_id)
        assert present is not None, "rows of stacks are never deleted"
        moved = replace(
            stack,
            status=status,
            status_reason=reason,
            # what others change while it is worked on
            termination_protection=present.termination_protection,
            lease_owner=present.lease_owner,
            lease_until=present.lease_until,
        )
        store.stacks.replace(tx, moved)
        store.add_event(tx, self._stack_event(moved))
        return moved

    def move(self, stack: Stack, status: str, reason: str | None = None) -> Stack:
        """Put a stack into a status."""
        with self._db.write() as tx:
            return self.enter(tx, stack, status, reason)

    def put(
        self, row: StackResource, stack: Stack, *, reason: str | None = None, properties: Value = None
    ) -> StackResource:
        """Write a resource, and the event of its status.

        Args:
            row: The resource.
            stack: Whose it is.
            reason: Why it has this status.
            properties: What may be shown of its properties.
        """
        placed = replace(row, status_reason=reason, updated_at=self._clock())
        with self._db.write() as tx:
            self._keep(tx, placed)
            store.add_event(tx, self._resource_event(placed, stack, properties))
        return placed

    def keep(self, row: StackResource) -> StackResource:
        """Write a resource without an event."""
        with self._db.write() as tx:
            self._keep(tx, row)
        return row

    def forget(self, row: StackResource) -> None:
        """Remove a resource's row: the stack has it no more."""
        with self._db.write() as tx:
            store.stack_resources.delete(tx, stack_id=row.stack_id, logical_id=row.logical_id)

    def tell(self, row: StackResource, stack: Stack, status: str, *, reason: str | None = None) -> None:
        """Write an event about a resource whose row stays as it is."""
        with self._db.write() as tx:
            told = replace(row, status=status, status_reason=reason)
            store.add_event(tx, self._resource_event(told, stack, None))

    def _keep(self, tx: Tx, row: StackResource) -> None:
        known = store.stack_resources.find(tx, stack_id=row.stack_id, logical_id=row.logical_id)
        if known is None:
            store.stack_resources.insert(tx, row)
        else:
            store.stack_resources.replace(tx, row)

    def _stack_event(self, stack: Stack) -> StackEvent:
        return StackEvent(
            stack_id=stack.stack_id,
            number=0,
            event_id=str(uuid.uuid4()),
            at=self._clock(),
            logical_id=stack.name,
            physical_id=stack.stack_id,
            type=STACK_TYPE,
            status=stack.status,
            reason=stack.status_reason,
            properties=None,
            client_token=stack.task.client_token,
        )

    def _resource_event(self, row: StackResource, stack: Stack, properties: Value) -> StackEvent:
        now = self._clock()
        stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        return StackEvent(
            stack_id=row.stack_id,
            number=0,
            event_id=f"{row.logical_id}-{row.status}-{stamp}",
            at=now,
            logical_id=row.logical_id,
            physical_id=row.current.physical_id or "",
            type=row.current.type,
            status=row.status,
            reason=row.status_reason,
            properties=None if properties is None else json.dumps(properties, separators=(",", ":"), sort_keys=True),
            client_token=stack.task.client_token,
        )


def new_row(stack: Stack, logical_id: str, status: str, current: ResourceState, clock: Clock) -> StackResource:
    """Make the row of a resource that a stack has not had."""
    return StackResource(
        stack_id=stack.stack_id,
        logical_id=logical_id,
        status=status,
        status_reason=None,
        updated_at=clock(),
        current=current,
        before=None,
        settled_by=None,
    )
