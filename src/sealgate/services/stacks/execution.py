"""Operations on stacks, phase by phase: each begins from what stands in the database, so that any can be taken up.

    CREATE_IN_PROGRESS          -> CREATE_COMPLETE
                                -> ROLLBACK_IN_PROGRESS -> ROLLBACK_COMPLETE, ROLLBACK_FAILED
                                -> DELETE_IN_PROGRESS where it was asked for, CREATE_FAILED where rollback is disabled
    UPDATE_IN_PROGRESS          -> UPDATE_COMPLETE_CLEANUP_IN_PROGRESS -> UPDATE_COMPLETE
                                -> UPDATE_ROLLBACK_IN_PROGRESS -> UPDATE_ROLLBACK_FAILED
                                   -> UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS -> UPDATE_ROLLBACK_COMPLETE
                                -> UPDATE_FAILED where rollback is disabled
    DELETE_IN_PROGRESS          -> DELETE_COMPLETE, DELETE_FAILED

What an operation makes is made in the order of its template, independent resources at the same time; what it removes,
in the opposite order. Nothing old is removed before all that is new is there, so that every failure can be undone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import replace

from sealgate.clock import Clock
from sealgate.errors import SealgateError
from sealgate.services.stacks import statuses
from sealgate.services.stacks.acting import Acting, identity_of
from sealgate.services.stacks.exports import evaluate_outputs, export_finder, put_exports, require_export
from sealgate.services.stacks.graph import Graph, reversed_graph
from sealgate.services.stacks.ledger import ROLLBACK_SAID, Ledger
from sealgate.services.stacks.parallel import run_in_order
from sealgate.services.stacks.steps import Interrupted, Steps, Work
from sealgate.services.stacks.templates.setting import settle_definition
from sealgate.services.stacks.templates.validation import Sound, Types, validate
from sealgate.store import stacks as store
from sealgate.store.database import Database, Tx
from sealgate.store.stacks import Stack, StackResource

log = logging.getLogger("sealgate.stacks")

_DEFECT = "Internal Failure"
_FAILED = {
    statuses.CLEANING: statuses.UPDATED,
    statuses.RESTORING: statuses.RESTORE_FAILED,
    statuses.CLEANING_RESTORED: statuses.RESTORED,
    statuses.ROLLING_BACK: statuses.ROLLBACK_FAILED,
    statuses.DELETING: statuses.DELETE_FAILED,
}
"""What a phase that cannot go on comes to; what creates or updates is undone."""

MayGoOn = Callable[[], bool]
"""Tells whether more may be begun; once it may not, the rest is left for the next time."""


class Execution:
    """Does what is under way on stacks.

    Args:
        db: Where they are.
        types: The resource types.
        acting: Lets stacks act.
        clock: The time.
        pool: Where independent resources are worked on at the same time; None: one after the other.
    """

    def __init__(
        self, *, db: Database, types: Types, acting: Acting, clock: Clock, pool: Executor | None = None
    ) -> None:
        self._db = db
        self._types = types
        self._acting = acting
        self._clock = clock
        self._pool = pool
        self._ledger = Ledger(db=db, clock=clock)
        self._steps = Steps(ledger=self._ledger, types=types, clock=clock)
        self._phases: Mapping[str, Callable[[Stack, MayGoOn], Stack]] = {
            statuses.CREATING: self._apply,
            statuses.UPDATING: self._apply,
            statuses.CLEANING: self._clean,
            statuses.RESTORING: self._restore,
            statuses.CLEANING_RESTORED: self._clean_restored,
            statuses.ROLLING_BACK: self._remove,
            statuses.DELETING: self._remove,
        }

    def run(self, stack_id: str, *, may_go_on: MayGoOn = lambda: True) -> Stack:
        """Do what is under way on a stack, to its end; answer the stack as it is then.

        Raises:
            Interrupted: No more might be begun; the rest is done when it is run again.
        """
        stack = self._ledger.load(stack_id)
        while statuses.is_under_way(stack.status):
            if not may_go_on():
                raise Interrupted
            stack = self._pass(stack, may_go_on)
        return stack

    def _pass(self, stack: Stack, may_go_on: MayGoOn) -> Stack:
        """Do one phase. One that a defect stops has failed, as it would the next time; nothing is tried for ever."""
        try:
            return self._phases[stack.status](stack, may_go_on)
        except Interrupted:
            raise
        except Exception:
            log.exception("%s of %s failed", stack.status, stack.stack_id)
        latest = self._ledger.load(stack.stack_id)
        if latest.status != stack.status:
            return latest
        failed = _FAILED.get(stack.status)
        return self._fail(latest, _DEFECT) if failed is None else self._ledger.move(latest, failed, _DEFECT)

    def _apply(self, stack: Stack, may_go_on: MayGoOn) -> Stack:
        """Make every resource what the template says."""
        try:
            work = self._begin(stack, "apply")
            sound = self._validate(stack, work)
            self._note_imports(stack, sound)
        except SealgateError as error:
            return self._fail(stack, error.message)
        graph = {name: needed for name, needed in sound.graph.items() if not _failed(work) or _is_begun(work, name)}
        is_done = self._run(graph, lambda name: self._steps.apply(work, sound, name), may_go_on)
        failed = _failed(work)
        return self._complete(stack, sound, work) if is_done and not failed else self._fail(stack, _say_failed(failed))

    def _complete(self, stack: Stack, sound: Sound, work: Work) -> Stack:
        """Say what the stack is now, with its outputs and exports; from here on nothing is undone."""
        is_new = stack.status == statuses.CREATING
        try:
            outputs = evaluate_outputs(sound.setting, work.states, find_export=work.find_export)
            with self._db.write() as tx:
                put_exports(tx, stack, outputs)
                store.put_imports(tx, stack=stack, names=sound.imports)
                made = replace(stack, outputs=outputs, description=sound.setting.template.description, former=None)
                return self._ledger.enter(tx, made, statuses.CREATED if is_new else statuses.CLEANING)
        except SealgateError as error:
            return self._fail(stack, error.message)

    def _fail(self, stack: Stack, reason: str) -> Stack:
        """Turn to the undoing of what was made, if that is wanted."""
        task, is_new = stack.task, stack.status == statuses.CREATING
        if task.disable_rollback:
            return self._ledger.move(stack, statuses.CREATE_FAILED if is_new else statuses.UPDATE_FAILED, reason)
        if not is_new:
            assert stack.former is not None, "an update knows what it began from"
            return self._ledger.move(replace(stack, definition=stack.former, former=None), statuses.RESTORING, reason)
        if task.delete_on_failure:
            return self._ledger.move(stack, statuses.DELETING, f"{reason} Delete requested by user.")
        return self._ledger.move(stack, statuses.ROLLING_BACK, f"{reason}{ROLLBACK_SAID}")

    def _restore(self, stack: Stack, may_go_on: MayGoOn) -> Stack:
        """Make every resource what it was before the update."""
        try:
            work = self._begin(stack, "restore")
        except SealgateError as error:
            return self._ledger.move(stack, statuses.RESTORE_FAILED, error.message)
        graph = {name: set(row.before.dependencies) for name, row in work.rows.items() if row.before is not None}

        def step(name: str) -> bool:
            return (self._steps.accept if name in stack.task.skipped else self._steps.restore)(work, name)

        if not self._run(graph, step, may_go_on):
            return self._ledger.move(stack, statuses.RESTORE_FAILED, _say_failed(_failed(work, "UPDATE")))
        self._forget_imports(stack, self._find_sound(stack, work))
        return self._ledger.move(stack, statuses.CLEANING_RESTORED)

    def _clean(self, stack: Stack, may_go_on: MayGoOn) -> Stack:
        """Remove what an update has replaced, and what the template has no more."""
        try:
            work = self._begin(stack, "clean")
        except SealgateError as error:
            return self._ledger.move(stack, statuses.UPDATED, error.message)
        applied = _phase(stack, "apply")

        def step(name: str) -> bool:
            row = work.rows[name]
            if row.settled_by != applied:
                return self._drop(work, row, keeps=row.current.deletion_policy != "Delete")
            return self._steps.clean(work, name, keeps=row.current.update_replace_policy == "Retain")

        self._run(_removal_graph(work.rows), step, may_go_on)
        return self._end_update(stack, work, statuses.UPDATED)

    def _clean_restored(self, stack: Stack, may_go_on: MayGoOn) -> Stack:
        """Remove what an update has made before it failed."""
        try:
            work = self._begin(stack, "clean")
        except SealgateError as error:
            return self._ledger.move(stack, statuses.RESTORED, error.message)

        def step(name: str) -> bool:
            row = work.rows[name]
            if row.before is None:
                return self._drop(work, row, keeps=row.current.deletion_policy == "Retain")
            return self._steps.clean(work, name, keeps=False)

        self._run(_removal_graph(work.rows), step, may_go_on)
        return self._end_update(stack, work, statuses.RESTORED)

    def _drop(self, work: Work, row: StackResource, *, keeps: bool) -> bool:
        """Remove a resource that the stack has no more; what cannot be removed is left, as on AWS."""
        if keeps and row.current.physical_id is not None:
            self._steps.spare(work, row.logical_id)
        else:
            self._steps.remove(work, row.logical_id)
        self._ledger.forget(work.rows.pop(row.logical_id))
        return True

    def _end_update(self, stack: Stack, work: Work, status: str) -> Stack:
        with self._db.write() as tx:
            for row in work.rows.values():
                store.stack_resources.replace(tx, replace(row, before=None))
            self._forget_reviewed(tx, stack)
            return self._ledger.enter(tx, stack, status)

    def _remove(self, stack: Stack, may_go_on: MayGoOn) -> Stack:
        """Remove every resource, for good or since it could not be made."""
        undoes = stack.status == statuses.ROLLING_BACK
        failed_status = statuses.ROLLBACK_FAILED if undoes else statuses.DELETE_FAILED
        try:
            self._withdraw_exports(stack)
            work = self._begin(stack, "remove")
        except SealgateError as error:
            return self._ledger.move(stack, failed_status, error.message)
        keeping = {"Retain"} if undoes else {"Retain", "RetainExceptOnCreate"}

        def step(name: str) -> bool:
            state = work.rows[name].current
            is_kept = name in stack.task.retained or state.deletion_policy in keeping
            return (self._steps.spare if is_kept and state.physical_id else self._steps.remove)(work, name)

        if not self._run(_removal_graph(work.rows), step, may_go_on):
            return self._ledger.move(stack, failed_status, _say_failed(_failed(work, "DELETE")))
        return self._end_removal(stack, statuses.ROLLED_BACK if undoes else statuses.DELETED)

    def _end_removal(self, stack: Stack, status: str) -> Stack:
        with self._db.write() as tx:
            store.put_imports(tx, stack=stack, names=())
            self._forget_reviewed(tx, stack)
            is_gone = status == statuses.DELETED
            ended = replace(stack, outputs=(), deleted_at=self._clock() if is_gone else None)
            return self._ledger.enter(tx, ended, status)

    def _forget_reviewed(self, tx: Tx, stack: Stack) -> None:
        """Remove the stacks in a stack that were there to be reviewed, and have never been made."""
        for inner in store.list_inner_stacks(tx, root_id=stack.stack_id, status=statuses.REVIEW):
            self._ledger.enter(tx, replace(inner, deleted_at=self._clock()), statuses.DELETED)

    def _begin(self, stack: Stack, phase: str) -> Work:
        """Put together what the steps of a phase share.

        Raises:
            Denied: The stack's role cannot be assumed.
        """
        return Work(
            stack=stack,
            phase=_phase(stack, phase),
            identity=identity_of(stack),
            perform=self._acting.begin(stack),
            rows=self._ledger.resources(stack),
            find_export=export_finder(self._db, account=stack.account, region=stack.region),
        )

    def _validate(self, stack: Stack, work: Work) -> Sound:
        setting = settle_definition(stack.definition, work.identity)
        return validate(setting, self._types, find_export=work.find_export)

    def _find_sound(self, stack: Stack, work: Work) -> Sound | None:
        try:
            return self._validate(stack, work)
        except SealgateError:  # what it imported is there no more; it imports it still
            return None

    def _note_imports(self, stack: Stack, sound: Sound) -> None:
        """Write down what a stack imports, from now on and while it is worked on; nobody takes that away any more.

        Raises:
            TemplateInvalid: Somebody just has.
        """
        with self._db.write() as tx:
            for name in sound.imports:
                require_export(tx, account=stack.account, region=stack.region, name=name)
            present = {each.name for each in store.list_imports_of(tx, stack_id=stack.stack_id)}
            store.put_imports(tx, stack=stack, names=sound.imports | present)

    def _forget_imports(self, stack: Stack, sound: Sound | None) -> None:
        """Write down that a stack imports no more than it did before."""
        if sound is not None:
            with self._db.write() as tx:
                store.put_imports(tx, stack=stack, names=sound.imports)

    def _withdraw_exports(self, stack: Stack) -> None:
        """Export nothing any more, before anything is removed that others would still take.

        Raises:
            TemplateInvalid: Others take it.
        """
        with self._db.write() as tx:
            put_exports(tx, stack, ())

    def _run(self, graph: Graph, step: Callable[[str], bool], may_go_on: MayGoOn) -> bool:
        """Run steps; tell whether all have succeeded.

        Raises:
            Interrupted: Not all could be begun, or one has failed when no more might be: it is tried again.
        """
        is_done = run_in_order(graph, step, may_go_on=may_go_on, pool=self._pool)
        if not is_done and not may_go_on():
            raise Interrupted
        return is_done


def _phase(stack: Stack, name: str) -> str:
    return f"{stack.task.task_id}:{name}"


def _removal_graph(rows: Mapping[str, StackResource]) -> dict[str, set[str]]:
    return reversed_graph({name: set((row.before or row.current).dependencies) for name, row in rows.items()})


def _failed(work: Work, *verbs: str) -> dict[str, list[str]]:
    """Answer the resources whose step has failed, by what was tried."""
    found: dict[str, list[str]] = {}
    for name, row in sorted(work.rows.items()):
        verb, _, outcome = row.status.partition("_")
        if outcome == "FAILED" and verb in (verbs or ("CREATE", "UPDATE")):
            found.setdefault(verb.lower(), []).append(name)
    return found


def _is_begun(work: Work, name: str) -> bool:
    row = work.rows.get(name)
    return row is not None and statuses.is_under_way(row.status)


def _say_failed(failed: Mapping[str, list[str]]) -> str:
    return " ".join(
        f"The following resource(s) failed to {verb}: [{', '.join(names)}]." for verb, names in failed.items()
    )
