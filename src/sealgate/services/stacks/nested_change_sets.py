"""Change sets of the stacks in a stack: what an operation would do inside, thought through with it.

A change set has one of them for each stack that it adds or changes, and each of these again. They are executed and
removed with the outermost one alone, and what is made then is what was reviewed, whatever the address of a template
names by now. A stack that is new is there to be reviewed, and consists of nothing yet.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sealgate.clock import Clock
from sealgate.services.stacks import statuses
from sealgate.services.stacks.acting import identity_of
from sealgate.services.stacks.definitions import Asker, Definitions
from sealgate.services.stacks.drafts import Wanted, draft, fail_unchanged
from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.ledger import STACK_TYPE, Ledger
from sealgate.services.stacks.nested import MAX_DEPTH, MAX_NAME, given_to
from sealgate.services.stacks.plan import Change
from sealgate.services.stacks.resource import generate_name
from sealgate.services.stacks.service import Options, Parents, StackService, check_updatable
from sealgate.services.stacks.templates.values import Value, find_unknown
from sealgate.store import stacks as store
from sealgate.store.database import Tx
from sealgate.store.stacks import ChangeSet, Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """A change set with those inside it.

    Attributes:
        change_set: The outer one, whose changes name those inside.
        inner: These, at any depth.
        stacks: The stacks that are new with them.
    """

    change_set: ChangeSet
    inner: tuple[ChangeSet, ...] = ()
    stacks: tuple[Stack, ...] = ()


class NestedChangeSets:
    """Thinks through what change sets do to the stacks in their stacks.

    Args:
        definitions: Makes what an inner stack is to be.
        stacks: Tells what that changes.
        ledger: Knows the inner stacks that there are.
        clock: The time.
    """

    def __init__(self, *, definitions: Definitions, stacks: StackService, ledger: Ledger, clock: Clock) -> None:
        self._definitions = definitions
        self._stacks = stacks
        self._ledger = ledger
        self._clock = clock

    def think(
        self, asker: Asker, outer: ChangeSet, stack: Stack, changes: Sequence[Change], *, depth: int = 1
    ) -> Thought:
        """Think all changes of inner stacks through of which enough is known: the address, and every parameter.

        Args:
            asker: With whose rights templates are read.
            outer: The change set, as it is without them.
            stack: Its stack.
            changes: What it changes.
            depth: How many stacks it is in, itself counted.

        Raises:
            TemplateInvalid, InsufficientCapabilities: An inner stack cannot be made.
            WrongStackStatus: One cannot be changed now.
        """
        found = {
            each.logical_id: self._think_one(asker, outer, stack, each, depth)
            for each in changes
            if each.type == STACK_TYPE and each.action != "Remove" and not find_unknown(each.properties)
        }
        named = {name: each.change_set.change_set_id for name, each in found.items()}
        inner = [one for each in found.values() for one in (each.change_set, *each.inner)]
        new = [one for each in found.values() for one in each.stacks]
        return Thought(change_set=_name_inner(outer, named), inner=tuple(inner), stacks=tuple(new))

    def write(self, tx: Tx, asker: Asker, thought: Thought) -> None:
        """Write down a change set with all inside it."""
        for stack in thought.stacks:
            self._stacks.review(tx, asker, stack)
        for each in (thought.change_set, *thought.inner):
            store.change_sets.insert(tx, each)

    def settle(self, tx: Tx, root: ChangeSet, status: str) -> None:
        """Give an outermost change set an execution status, and all inside it."""
        for each in (root, *store.list_inner_change_sets(tx, root_id=root.change_set_id)):
            store.change_sets.replace(tx, replace(each, execution_status=status))

    def remove(self, tx: Tx, root: ChangeSet) -> None:
        """Remove an outermost change set with all inside it."""
        self.discard(tx, root)
        for each in (root, *store.list_inner_change_sets(tx, root_id=root.change_set_id)):
            store.change_sets.delete(tx, change_set_id=each.change_set_id)

    def discard(self, tx: Tx, root: ChangeSet) -> None:
        """Remove the stacks that were new with a change set, and are nothing yet."""
        for each in store.list_inner_change_sets(tx, root_id=root.change_set_id):
            stack = store.stacks.find(tx, stack_id=each.stack_id)
            if stack is not None and stack.status == statuses.REVIEW:
                self._stacks.discard(tx, stack)

    def _think_one(self, asker: Asker, outer: ChangeSet, stack: Stack, change: Change, depth: int) -> Thought:
        if depth >= MAX_DEPTH:
            raise TemplateInvalid(f"Stacks are nested more than {MAX_DEPTH} deep in {stack.root_id}")
        present = None if change.physical_id is None else self._ledger.load(change.physical_id)
        if present is not None:
            check_updatable(present)
        given = given_to(outer.definition, change.properties)
        token = secrets.token_hex(16)
        name = generate_name(stack.name, change.logical_id, token, MAX_NAME)
        identity = self._stacks.name(asker, name) if present is None else identity_of(present)
        definition, sound = self._definitions.make(asker, given, identity, previous=present, is_reviewed=True)
        parents = Parents(parent_id=stack.stack_id, root_id=stack.root_id or stack.stack_id)
        inner = present or self._stacks.new(asker, identity, definition, Options(), parents=parents)
        wanted = Wanted(
            stack=inner.name,
            name=generate_name(outer.name, change.logical_id, token, MAX_NAME),
            kind="CREATE" if present is None else "UPDATE",
            given=given,
            options=Options(),
            includes_nested=True,
        )
        planned = self._stacks.plan(inner, sound)
        made = replace(
            draft(wanted, inner, definition, planned, self._clock()),
            parent_id=outer.change_set_id,
            root_id=outer.root_id or outer.change_set_id,
            logical_id=change.logical_id,
        )
        if present is not None and not self._stacks.is_change(present, definition, sound):
            made = fail_unchanged(made)
        thought = self.think(asker, made, inner, planned, depth=depth + 1)
        return thought if present is not None else replace(thought, stacks=(inner, *thought.stacks))


def _name_inner(outer: ChangeSet, inner: Mapping[str, str]) -> ChangeSet:
    """Answer a change set whose changes name the change sets inside it, given by logical id."""

    def name(change: Mapping[str, Value]) -> Value:
        told = change["ResourceChange"]
        found = inner.get(told["LogicalResourceId"])
        return change if found is None else {**change, "ResourceChange": {**told, "ChangeSetId": found}}

    return replace(outer, changes=[name(each) for each in outer.changes])
