"""Change sets: what an operation would do, shown before it is done.

One that would change nothing has failed, with the sentence that clients look for. Whatever changes the stack by another
way makes the change sets that were made before obsolete.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sealgate.clock import Clock
from sealgate.errors import Invalid
from sealgate.services.stacks import statuses
from sealgate.services.stacks.acting import identity_of
from sealgate.services.stacks.definitions import Asker, Definitions
from sealgate.services.stacks.drafts import AVAILABLE, EXECUTED, OBSOLETE, Wanted, draft, fail_unchanged
from sealgate.services.stacks.errors import (
    ChangeSetExists,
    ChangeSetNotFound,
    StackExists,
    WrongChangeSetStatus,
    no_stack,
)
from sealgate.services.stacks.lookup import get_change_set, get_stack
from sealgate.services.stacks.nested_change_sets import NestedChangeSets, Thought
from sealgate.services.stacks.presence import Presence
from sealgate.services.stacks.service import Options, StackService, check_updatable, refuse_nested
from sealgate.store import stacks as store
from sealgate.store.database import Database
from sealgate.store.stacks import ChangeSet, Stack

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


class ChangeSetService:
    """Makes, executes and removes change sets.

    Args:
        db: Where they are.
        definitions: Makes what a stack is to be of what a request gives.
        stacks: Does what they say.
        nested: Thinks through what happens to stacks in stacks.
        presence: Knows what is there already.
        clock: The time.
    """

    def __init__(
        self,
        *,
        db: Database,
        definitions: Definitions,
        stacks: StackService,
        nested: NestedChangeSets,
        presence: Presence,
        clock: Clock,
    ) -> None:
        self._db = db
        self._definitions = definitions
        self._stacks = stacks
        self._nested = nested
        self._presence = presence
        self._clock = clock

    def create(self, asker: Asker, wanted: Wanted) -> ChangeSet:
        """Think an operation through.

        Raises:
            StackNotFound, StackExists: There is no stack to change, or one in the place of a new one.
            ChangeSetExists: The name is taken.
            WrongStackStatus: The stack cannot be changed now.
            TemplateInvalid, InsufficientCapabilities: The template cannot be made, or that of a stack inside.
            Unsupported: What is there already would have to be imported.
        """
        if _NAME.fullmatch(wanted.name) is None:
            raise Invalid(f"Value {wanted.name[:200]!r} at 'changeSetName' must satisfy [a-zA-Z][-a-zA-Z0-9]*")
        found = self._find(asker, wanted)
        present = None if found is None or found.status == statuses.REVIEW else found
        if present is not None:
            check_updatable(present)
        identity = self._stacks.name(asker, wanted.stack) if found is None else identity_of(found)
        definition, sound = self._definitions.make(asker, wanted.given, identity, previous=present, is_reviewed=True)
        stack = found or self._stacks.new(asker, identity, definition, Options())
        changes = self._stacks.plan(stack, sound)
        if wanted.imports_existing:
            self._presence.check(asker, changes)
        made = draft(wanted, stack, definition, changes, self._clock())
        if present is not None and not self._stacks.is_change(present, definition, sound):
            made = fail_unchanged(made)
        thought = Thought(change_set=made)
        if wanted.includes_nested:
            thought = self._nested.think(asker, made, stack, changes)
        return self._write(asker, stack, thought, is_new=found is None)

    def execute(self, asker: Asker, name: str, stack_name: str | None, *, options: Options) -> None:
        """Begin to do what a change set says.

        Raises:
            ChangeSetNotFound, StackNotFound: There is none.
            WrongChangeSetStatus: It is not one that can be executed.
            WrongStackStatus: The stack cannot be changed now.
        """
        with self._db.read() as tx:
            found, stack = get_change_set(tx, asker, name, stack_name)
        _refuse_inner(found)
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
            WrongChangeSetStatus: It is inside of another.
        """
        with self._db.write() as tx:
            try:
                found, _ = get_change_set(tx, asker, name, stack_name)
            except ChangeSetNotFound:
                return
            _refuse_inner(found)
            self._nested.remove(tx, found)

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
        if found is not None:
            refuse_nested(found)
        return found

    def _write(self, asker: Asker, stack: Stack, thought: Thought, *, is_new: bool) -> ChangeSet:
        made = thought.change_set
        with self._db.write() as tx:
            if is_new:
                self._stacks.review(tx, asker, stack)
            if store.find_change_set(tx, stack_id=stack.stack_id, name=made.name) is not None:
                raise ChangeSetExists(f"ChangeSet {made.name} already exists")
            self._nested.write(tx, asker, thought)
        return made

    def _retire(self, executed: ChangeSet) -> None:
        with self._db.write() as tx:
            for each in store.list_change_sets(tx, stack_id=executed.stack_id):
                if each.change_set_id == executed.change_set_id:
                    self._nested.settle(tx, each, EXECUTED)
                elif each.execution_status == AVAILABLE:
                    self._nested.settle(tx, each, OBSOLETE)
                    self._nested.discard(tx, each)


def _is_repeated(found: ChangeSet, stack: Stack, options: Options) -> bool:
    """Tell whether it was this request that has executed a change set, and its answer was lost."""
    is_last = found.execution_status == EXECUTED and stack.change_set_id == found.change_set_id
    return is_last and options.client_token is not None and options.client_token == stack.task.client_token


def _refuse_inner(found: ChangeSet) -> None:
    """Refuse to do something with a change set that is inside of another.

    Raises:
        WrongChangeSetStatus: It is.
    """
    if found.root_id is not None:
        raise WrongChangeSetStatus(
            f"ChangeSet [{found.change_set_id}] is of a nested stack: it is executed and removed with its root change "
            f"set [{found.root_id}]"
        )
