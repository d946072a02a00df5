"""Single steps on single resources: make, change, replace, restore, remove. Each can be repeated after a crash.

A row says in `current` how the resource is, or is being made, and in `before` how it was when the operation began. So
whatever a crash has interrupted can be gone through again, and whatever an operation has done can be undone.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sealgate.clock import Clock
from sealgate.errors import SealgateError
from sealgate.services.stacks import statuses
from sealgate.services.stacks.failures import describe_failure
from sealgate.services.stacks.ledger import Ledger, new_row
from sealgate.services.stacks.operations import Perform
from sealgate.services.stacks.plan import check_type, find_differences, replaces, updated_state, with_stack_tags
from sealgate.services.stacks.resource import SECRET_ATTRIBUTES, Made, ResourceCall, StackIdentity
from sealgate.services.stacks.templates.naming import FindExport, Known
from sealgate.services.stacks.templates.validation import Sound, Types, read_properties
from sealgate.services.stacks.templates.values import Value
from sealgate.store.stacks import MASK, ResourceState, Stack, StackResource

log = logging.getLogger("sealgate.stacks")

_ENDED = (statuses.CREATED, statuses.UPDATED)
_REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."


class Interrupted(Exception):
    """The server stops: a step was left where it is, and is taken up again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the steps of one phase share.

    Attributes:
        stack: As the phase has found it.
        phase: Names the phase of this operation; what it has settled is not done again.
        perform: Performs operations with the rights that the stack acts with.
        rows: The stack's resources as they are now; each step puts its own back.
        find_export: Answers exported values.
    """

    stack: Stack
    phase: str
    identity: StackIdentity
    perform: Perform
    rows: dict[str, StackResource]
    find_export: FindExport

    def token(self, logical_id: str) -> str:
        """Answer the token of this phase's step on a resource."""
        return hashlib.sha256(f"{self.phase}/{self.stack.stack_id}/{logical_id}".encode()).hexdigest()[:32]

    @property
    def states(self) -> dict[str, ResourceState]:
        """The resources as they are now, those whose making has ended."""
        return {name: row.current for name, row in list(self.rows.items()) if row.status in _ENDED}

    @property
    def masked_states(self) -> dict[str, ResourceState]:
        """The same, without what may not be shown."""
        return {name: replace(each, attributes=_mask(each.attributes)) for name, each in self.states.items()}


class Steps:
    """Does steps.

    Args:
        ledger: Writes down what is done.
        types: The resource types.
        clock: The time.
    """

    def __init__(self, *, ledger: Ledger, types: Types, clock: Clock) -> None:
        self._ledger = ledger
        self._types = types
        self._clock = clock

    def apply(self, work: Work, sound: Sound, name: str) -> bool:
        """Make a resource what its template says; tell whether that succeeded."""
        row = work.rows.get(name)
        if row is not None and row.settled_by == work.phase:
            return True
        declared = sound.setting.resources[name]
        state = updated_state(ResourceState(type=declared.type), declared, frozenset(sound.graph[name]))
        row = row or new_row(work.stack, name, statuses.CREATING, state, self._clock)

        def attempt() -> None:
            properties, shown = self._evaluate(work, sound, name)
            self._apply(work, row, replace(state, properties=properties), shown)

        return self._attempt(work, row, "CREATE" if row.before is None else "UPDATE", attempt)

    def restore(self, work: Work, name: str) -> bool:
        """Make a resource what it was before the operation; tell whether that succeeded."""
        row = work.rows[name]
        before = row.before
        if before is None or row.settled_by == work.phase:  # what is new is removed afterwards
            return True
        if row.current.physical_id != before.physical_id:
            leftover = row.current if row.current.physical_id is not None else before
            self._settle(work, replace(row, status=statuses.UPDATED, current=before, before=leftover))
            return True
        if not find_differences(row.current.properties, before.properties):
            status = row.status if row.status in _ENDED else statuses.UPDATED
            self._keep(work, replace(row, status=status, current=before, settled_by=work.phase))
            return True
        return self._attempt(work, row, "UPDATE", lambda: self._restore(work, row, before))

    def accept(self, work: Work, name: str) -> bool:
        """Take a resource for what it was before the operation, without looking."""
        row = work.rows[name]
        if row.before is not None:
            self._settle(work, replace(row, status=statuses.UPDATED, current=row.before))
        return True

    def remove(self, work: Work, name: str) -> bool:
        """Remove a resource, and what an update has left of it; tell whether that succeeded."""
        row = work.rows[name]
        if row.status in (statuses.DELETED, statuses.DELETE_SKIPPED):
            return True

        def attempt() -> None:
            begun = self._put(work, replace(row, status=statuses.DELETING))
            for state in _states_of(row):
                self._delete(work, name, state)
            self._put(work, replace(begun, status=statuses.DELETED))

        return self._attempt(work, row, "DELETE", attempt)

    def spare(self, work: Work, name: str) -> bool:
        """Leave a resource as it is, and have no more to do with it."""
        row = work.rows[name]
        if row.status != statuses.DELETE_SKIPPED:
            self._put(work, replace(row, status=statuses.DELETE_SKIPPED))
        return True

    def clean(self, work: Work, name: str, *, keeps: bool) -> bool:
        """Remove what a replacement has left; one that cannot be removed is left, with an event that says so."""
        row = work.rows[name]
        left = row.before
        if left is None or left.physical_id is None or left.physical_id == row.current.physical_id:
            return True
        if keeps:
            self._ledger.tell(replace(row, current=left), work.stack, statuses.DELETE_SKIPPED)
        else:
            self._clean(work, replace(row, current=left), left)
        self._keep(work, replace(row, before=row.current))
        return True

    def _clean(self, work: Work, row: StackResource, left: ResourceState) -> None:
        self._ledger.tell(row, work.stack, statuses.DELETING)
        try:
            self._delete(work, row.logical_id, left)
        except SealgateError as error:
            reason = describe_failure(error, work.token(row.logical_id))
            self._ledger.tell(row, work.stack, statuses.DELETE_FAILED, reason=reason)
        else:
            self._ledger.tell(row, work.stack, statuses.DELETED)

    def _evaluate(self, work: Work, sound: Sound, name: str) -> tuple[dict[str, Value], Value]:
        """Answer a resource's properties, and what may be shown of them."""
        setting = sound.setting
        declared, kind = setting.resources[name], self._types[setting.resources[name].type]
        names = Known(resources=setting.resources, states=work.states, find_value=work.find_export)
        shown = setting.evaluator(replace(names, states=work.masked_states), masked=True).evaluate(declared.properties)
        properties = read_properties(kind, name, setting.evaluator(names).evaluate(declared.properties))
        return with_stack_tags(kind, properties, work.identity.tags), shown

    def _apply(self, work: Work, row: StackResource, state: ResourceState, shown: Value) -> None:
        before, kind = row.before, self._types[state.type]
        if before is None:
            self._make(work, replace(row, status=statuses.CREATING), state, shown)
            return
        check_type(state.type, before, row.logical_id)
        changed = find_differences(before.properties, state.properties)
        if not changed:
            kept = replace(state, physical_id=before.physical_id, attributes=before.attributes)
            self._keep(work, replace(row, current=kept, settled_by=work.phase))
        elif replaces(kind, tuple(changed)):
            self._make(work, replace(row, status=statuses.UPDATING), state, shown, reason=_REPLACING)
        else:
            self._change(work, row, before, state, shown)

    def _make(
        self, work: Work, row: StackResource, state: ResourceState, shown: Value, *, reason: str | None = None
    ) -> None:
        former = None if row.before is None else row.before.physical_id
        recorded = row.current.physical_id if row.current.physical_id != former else None
        begun = self._put(work, replace(row, current=replace(state, physical_id=recorded)), reason, shown)

        def record(physical_id: str) -> None:
            self._keep(work, replace(begun, current=replace(state, physical_id=physical_id)))

        call = self._call(work, row.logical_id, recorded=recorded, record=record)
        made = self._types[state.type].create(call, state.properties)
        self._finish(work, begun, state, made, shown)

    def _change(
        self, work: Work, row: StackResource, before: ResourceState, state: ResourceState, shown: Value
    ) -> None:
        physical_id = before.physical_id or ""
        target = replace(state, physical_id=physical_id, attributes=before.attributes)
        begun = self._put(work, replace(row, status=statuses.UPDATING, current=target), None, shown)
        call = self._call(work, row.logical_id)
        made = self._types[state.type].update(call, physical_id, before.properties, state.properties)
        attributes = {**before.attributes, **made.attributes}
        self._finish(work, begun, state, replace(made, attributes=attributes), shown)

    def _restore(self, work: Work, row: StackResource, before: ResourceState) -> None:
        physical_id = before.physical_id or ""
        begun = self._put(work, replace(row, status=statuses.UPDATING))
        call = replace(self._call(work, row.logical_id), former=before.attributes)
        made = self._types[before.type].update(call, physical_id, row.current.properties, before.properties)
        attributes = {**before.attributes, **made.attributes}
        restored = replace(before, physical_id=made.physical_id, attributes=attributes)
        self._settle(work, replace(begun, status=statuses.UPDATED, current=restored, before=restored))

    def _delete(self, work: Work, name: str, state: ResourceState) -> None:
        if state.physical_id is not None:
            self._types[state.type].delete(self._call(work, name), state.physical_id, state.properties)

    def _finish(self, work: Work, row: StackResource, state: ResourceState, made: Made, shown: Value) -> None:
        status = statuses.CREATED if row.status == statuses.CREATING else statuses.UPDATED
        done = replace(state, physical_id=made.physical_id, attributes=dict(made.attributes))
        self._put(work, replace(row, status=status, current=done, settled_by=work.phase), None, shown)

    def _attempt(self, work: Work, row: StackResource, verb: str, attempt: Callable[[], None]) -> bool:
        """Do something; where it fails, write why."""
        try:
            attempt()
        except Interrupted:
            raise
        except SealgateError as error:
            reason = describe_failure(error, work.token(row.logical_id))
        except Exception:
            log.exception("%s of %s in %s failed", verb, row.logical_id, work.stack.stack_id)
            reason = "Internal Failure"
        else:
            return True
        latest = work.rows.get(row.logical_id, row)
        self._put(work, replace(latest, status=f"{verb}_FAILED"), reason)
        return False

    def _call(
        self, work: Work, name: str, *, recorded: str | None = None, record: Callable[[str], None] | None = None
    ) -> ResourceCall:
        return ResourceCall(
            perform=work.perform,
            stack=work.identity,
            logical_id=name,
            token=work.token(name),
            recorded=recorded,
            record=record or _record_nothing,
        )

    def _settle(self, work: Work, row: StackResource) -> None:
        self._put(work, replace(row, settled_by=work.phase))

    def _put(
        self, work: Work, row: StackResource, reason: str | None = None, properties: Value = None
    ) -> StackResource:
        placed = self._ledger.put(row, work.stack, reason=reason, properties=properties)
        work.rows[row.logical_id] = placed
        return placed

    def _keep(self, work: Work, row: StackResource) -> None:
        work.rows[row.logical_id] = self._ledger.keep(row)


def _states_of(row: StackResource) -> list[ResourceState]:
    """Answer everything that there is of a resource."""
    if row.before is None or row.before.physical_id == row.current.physical_id:
        return [row.current]
    return [row.current, row.before]


def _mask(attributes: Mapping[str, Value]) -> dict[str, Value]:
    return {name: MASK if name in SECRET_ATTRIBUTES else each for name, each in attributes.items()}


def _record_nothing(_: str) -> None:
    """Record nothing."""
