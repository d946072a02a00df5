"""Change sets as they are written down: who is asked for which, and how each change is told."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sealgate.arn import partition_of
from sealgate.services.stacks.definitions import Given
from sealgate.services.stacks.plan import Change, Detail
from sealgate.services.stacks.service import Options
from sealgate.services.stacks.templates.values import Value
from sealgate.store.stacks import ChangeSet, Definition, Stack

NOTHING_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)
AVAILABLE = "AVAILABLE"
UNAVAILABLE = "UNAVAILABLE"
OBSOLETE = "OBSOLETE"
EXECUTED = "EXECUTE_COMPLETE"
COMPLETE = "CREATE_COMPLETE"
FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A change set as it is asked for.

    Attributes:
        kind: `CREATE` or `UPDATE`.
        given: What the stack is to be.
        options: How it is to be done.
        includes_nested: Whether the stacks in the stack are to have change sets too.
        imports_existing: Whether what is there already would be taken into the stack, if that could be done.
    """

    stack: str
    name: str
    kind: str
    given: Given
    options: Options
    description: str | None = None
    includes_nested: bool = False
    imports_existing: bool = False


def draft(wanted: Wanted, stack: Stack, definition: Definition, changes: Iterable[Change], now: datetime) -> ChangeSet:
    """Write a change set that can be executed."""
    unique = f"changeSet/{wanted.name}/{uuid.uuid4()}"
    partition = partition_of(stack.region)
    return ChangeSet(
        change_set_id=f"arn:{partition}:cloudformation:{stack.region}:{stack.account}:{unique}",
        stack_id=stack.stack_id,
        name=wanted.name,
        kind=wanted.kind,
        status=COMPLETE,
        status_reason=None,
        execution_status=AVAILABLE,
        description=wanted.description,
        created_at=now,
        definition=definition,
        changes=[describe_change(each) for each in changes],
        disable_rollback=wanted.options.disable_rollback,
        delete_on_failure=wanted.options.delete_on_failure,
        based_on=stack.task.task_id,
        includes_nested=wanted.includes_nested,
    )


def fail_unchanged(change_set: ChangeSet) -> ChangeSet:
    """Answer a change set as one that would change nothing, with the sentence that clients look for."""
    return replace(change_set, status=FAILED, status_reason=NOTHING_CHANGES, execution_status=UNAVAILABLE)


def describe_change(change: Change) -> Value:
    """Write a change as it is answered."""
    described = {
        "Action": change.action,
        "LogicalResourceId": change.logical_id,
        "PhysicalResourceId": change.physical_id,
        "ResourceType": change.type,
        "Replacement": change.replacement,
        "Scope": sorted({each.attribute for each in change.details}),
        "Details": [_describe_detail(each) for each in change.details],
    }
    kept = {name: each for name, each in described.items() if each is not None}
    return {"Type": "Resource", "ResourceChange": kept}


def _describe_detail(detail: Detail) -> Value:
    target = {
        "Attribute": detail.attribute,
        "Name": detail.name,
        "RequiresRecreation": "Always" if detail.recreates else "Never",
    }
    if detail.cause is None:
        how = {"Evaluation": "Static", "ChangeSource": "DirectModification"}
    else:
        source = "ResourceAttribute" if "." in detail.cause else "ResourceReference"
        how = {"Evaluation": "Dynamic", "ChangeSource": source, "CausingEntity": detail.cause}
    return {"Target": {name: each for name, each in target.items() if each is not None}, **how}
