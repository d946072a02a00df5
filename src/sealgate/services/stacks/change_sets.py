"""Change sets: what an operation would do, shown before it is done.

One that would change nothing has failed, with the sentence that clients look for. Whatever changes the stack by another
way makes the change sets that were made before obsolete.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sealgate.arn import partition_of
from sealgate.clock import Clock
from sealgate.errors import Invalid
from sealgate.services.stacks import statuses
from sealgate.services.stacks.acting import identity_of
from sealgate.services.stacks.definitions import Asker, Definitions, Given
from sealgate.services.stacks.errors import (
    ChangeSetExists,
    ChangeSetNotFound,
    StackExists,
    WrongChangeSetStatus,
    no_stack,
)
from sealgate.services.stacks.lookup import get_change_set, get_stack
from sealgate.services.stacks.plan import Change, Detail, plan_changes
from sealgate.services.stacks.service import Options, StackService, check_updatable, refuse_nested
from sealgate.services.stacks.validation import Sound
from sealgate.services.stacks.values import Value
from sealgate.store import stacks as store
from sealgate.store.database import Database
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

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A change set as it is asked for.

    Attributes:
        kind: `CREATE` or `UPDATE`.
        given: What the stack is to be.
        options: How it is to be done.
    """

    stack: str
    name: str
    kind: str
    given: Given
    options: Options
    description: str | None = None


class ChangeSetService:
    """Makes, executes and removes change sets.

    Args:
        db: Where they are.
        definitions: Makes what a stack is to be of what a request gives.
        stacks: Does what they say.
        clock: The time.
    """

    def __init__(self, *, db: Database, definitions: Definitions, stacks: StackService, clock: Clock) -> None:
        self._db = db
        self._definitions = definitions
        self._stacks = stacks
        self._clock = clock

    def create(self, asker: Asker, wanted: Wanted) -> ChangeSet:
        """Think an operation through.

        Raises:
            StackNotFound, StackExists: There is no stack to change, or one in the place of a new one.
            ChangeSetExists: The name is taken.
            WrongStackStatus: The stack cannot be changed now.
            TemplateInvalid, InsufficientCapabilities: The template cannot be made.
        """
        if _NAME.fullmatch(wanted.name) is None:
            raise Invalid(f"Value {wanted.name[:200]!r} at 'changeSetName' must satisfy [a-zA-Z][-a-zA-Z0-9]*")
        present = self._find(asker, wanted)
        if present is None or present.status == statuses.REVIEW:
            return self._create_new(asker, wanted, present)
        check_updatable(present)
        definition, sound = self._definitions.make(
            asker, wanted.given, identity_of(present), previous=present, is_reviewed=True
        )
        changes = self._stacks.plan(present, sound)
        has_changes = self._stacks.is_change(present, definition, sound)
        made = self._make(asker, wanted, present, definition, changes)
        if not has_changes:
            made = replace(made, status=FAILED, status_reason=NOTHING_CHANGES, execution_status=UNAVAILABLE)
        with self._db.write() as tx:
            self._refuse_taken(store.find_change_set(tx, stack_id=present.stack_id, name=wanted.name))
            store.change_sets.insert(tx, made)
        return made

    def execute(self, asker: Asker, name: str, stack_name: str | None, *, options: Options) -> None:
        """Begin to do what a change set says.

        Raises:
            ChangeSetNotFound, StackNotFound: There is none.
            WrongChangeSetStatus: It is not one that can be executed.
            WrongStackStatus: The stack cannot be changed now.
        """
        with self._db.read() as tx:
            found, stack = get_change_set(tx, asker, name, stack_name)
        if _is_repeated(found, stack, options):
            return
        if found.execution_status != AVAILABLE or found.based_on != stack.task.task_id:
            status = OBSOLETE if found.execution_status == AVAILABLE else found.execution_status
            raise WrongChangeSetStatus(
                f"ChangeSet [{found.change_set_id}] cannot be executed in its current execution status of [{status}]"
            )
        chosen = replace(
            options,
            disable_rollback=options.disable_rollback or found.disable_rollback,
            delete_on_failure=found.delete_on_failure,
        )
        if stack.status == statuses.REVIEW:
            self._stacks.begin_creation(asker, stack, found.definition, chosen, change_set_id=found.change_set_id)
        else:
            self._stacks.begin_update(asker, stack, found.definition, chosen, change_set_id=found.change_set_id)
        self._retire(found)

    def delete(self, asker: Asker, name: str, stack_name: str | None) -> None:
        """Remove a change set; one that is not there is removed.

        Raises:
            StackNotFound: There is no such stack.
        """
        with self._db.write() as tx:
            try:
                found, _ = get_change_set(tx, asker, name, stack_name)
            except ChangeSetNotFound:
                return
            store.change_sets.delete(tx, change_set_id=found.change_set_id)

    def _find(self, asker: Asker, wanted: Wanted) -> Stack | None:
        """Answer the stack that a change set is for; None for a new one."""
        with self._db.read() as tx:
            if wanted.kind == "UPDATE":
                stack = get_stack(tx, asker, wanted.stack)
                refuse_nested(stack)
                if stack.status == statuses.REVIEW or stack.deleted_at is not None:
                    raise no_stack(wanted.stack)
                return stack
            found = store.find_live_stack(tx, account=asker.account, region=asker.region, name=wanted.stack)
        if found is not None and found.status != statuses.REVIEW:
            raise StackExists(
                f"Stack [{wanted.stack}] already exists and cannot be created again with the changeSet [{wanted.name}]."
            )
        return found

    def _create_new(self, asker: Asker, wanted: Wanted, reviewed: Stack | None) -> ChangeSet:
        identity = self._stacks.name(asker, wanted.stack) if reviewed is None else identity_of(reviewed)
        definition, sound = self._definitions.make(asker, wanted.given, identity, previous=None, is_reviewed=True)
        with self._db.write() as tx:
            stack = reviewed or self._stacks.review(tx, asker, identity, definition)
            self._refuse_taken(store.find_change_set(tx, stack_id=stack.stack_id, name=wanted.name))
            made = self._make(asker, wanted, stack, definition, self._plan_new(asker, sound))
            store.change_sets.insert(tx, made)
        return made

    def _plan_new(self, asker: Asker, sound: Sound) -> list[Change]:
        finder = self._definitions.export_finder(asker.account, asker.region)
        return plan_changes(sound, {}, self._definitions.types, find_export=finder)

    def _make(
        self, asker: Asker, wanted: Wanted, stack: Stack, definition: Definition, changes: Sequence[Change]
    ) -> ChangeSet:
        unique = f"changeSet/{wanted.name}/{uuid.uuid4()}"
        return ChangeSet(
            change_set_id=f"arn:{partition_of(asker.region)}:cloudformation:{asker.region}:{asker.account}:{unique}",
            stack_id=stack.stack_id,
            name=wanted.name,
            kind=wanted.kind,
            status=COMPLETE,
            status_reason=None,
            execution_status=AVAILABLE,
            description=wanted.description,
            created_at=self._clock(),
            definition=definition,
            changes=[describe_change(each) for each in changes],
            disable_rollback=wanted.options.disable_rollback,
            delete_on_failure=wanted.options.delete_on_failure,
            based_on=stack.task.task_id,
        )

    def _refuse_taken(self, found: ChangeSet | None) -> None:
        if found is not None:
            raise ChangeSetExists(f"ChangeSet {found.name} already exists")

    def _retire(self, executed: ChangeSet) -> None:
        with self._db.write() as tx:
            for each in store.list_change_sets(tx, stack_id=executed.stack_id):
                if each.change_set_id == executed.change_set_id:
                    store.change_sets.replace(tx, replace(each, execution_status=EXECUTED))
                elif each.execution_status == AVAILABLE:
                    store.change_sets.replace(tx, replace(each, execution_status=OBSOLETE))


def _is_repeated(found: ChangeSet, stack: Stack, options: Options) -> bool:
    """Tell whether it was this request that has executed a change set, and its answer was lost."""
    is_last = found.execution_status == EXECUTED and stack.change_set_id == found.change_set_id
    return is_last and options.client_token is not None and options.client_token == stack.task.client_token


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
