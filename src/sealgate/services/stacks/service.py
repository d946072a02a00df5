"""Stacks, as calls make, change and remove them: everything that can be refused is, and the rest is left to the worker.

Source: CloudFormation API reference; the texts of errors as AWS words them, and as SAM and CDK look for them.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from sealgate.clock import Clock
from sealgate.errors import Invalid
from sealgate.services.stacks import statuses
from sealgate.services.stacks.acting import Acting, identity_of
from sealgate.services.stacks.definitions import Asker, Definitions, Given
from sealgate.services.stacks.errors import NothingToUpdate, StackExists, WrongStackStatus, wrong_status
from sealgate.services.stacks.exports import outputs_differ
from sealgate.services.stacks.ledger import Ledger
from sealgate.services.stacks.lookup import find_stack, get_stack, stack_arn
from sealgate.services.stacks.plan import Change, plan_changes
from sealgate.services.stacks.resource import StackIdentity
from sealgate.services.stacks.templates.validation import Sound
from sealgate.store import stacks as store
from sealgate.store.database import Database, Tx
from sealgate.store.stacks import Definition, Stack, Task

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How an operation is done.

    Attributes:
        client_token: Repeated in its events. A request with the token of what was done last, for the same, is that
            request again, whose answer was lost.
        disable_rollback: Leave what was made where it fails.
        delete_on_failure: Remove the whole stack where its creation fails.
    """

    client_token: str | None = None
    disable_rollback: bool = False
    delete_on_failure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parents:
    """The stacks that a nested stack belongs to."""

    parent_id: str
    root_id: str


class StackService:
    """Makes, changes and removes stacks.

    Args:
        db: Where they are.
        definitions: Makes what a stack is to be of what a request gives.
        acting: Knows whether a role can be assumed.
        clock: The time.
        wake: Tells the worker that there is something to do.
    """

    def __init__(
        self, *, db: Database, definitions: Definitions, acting: Acting, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self._db = db
        self._definitions = definitions
        self._acting = acting
        self._clock = clock
        self._wake = wake
        self._ledger = Ledger(db=db, clock=clock)

    def create(
        self,
        asker: Asker,
        name: str,
        given: Given,
        *,
        options: Options,
        is_protected: bool = False,
        parents: Parents | None = None,
    ) -> Stack:
        """Begin to make a stack.

        Raises:
            StackExists: The name is taken.
            TemplateInvalid, InsufficientCapabilities: The template cannot be made.
            Denied: The role cannot be assumed.
        """
        identity = self.name(asker, name)
        present = self.find_live(asker.account, asker.region, name)
        if present is not None and not _has_token(present, options):
            raise _taken(name)
        definition, sound = self._definitions.make(asker, given, identity, previous=None, is_reviewed=False)
        if present is not None:
            return _same(present, definition)
        stack = replace(
            self.new(asker, identity, definition, options, parents=parents),
            description=sound.setting.template.description,
            termination_protection=is_protected,
        )
        self._acting.check(stack)
        with self._db.write() as tx:
            self._refuse_taken(tx, asker, name)
            store.stacks.insert(tx, stack)
            self._ledger.enter(tx, stack, statuses.CREATING, None if parents else "User Initiated")
            self._db.after_commit(self._wake)
        return stack

    def review(self, tx: Tx, asker: Asker, stack: Stack) -> Stack:
        """Make a stack that consists of nothing yet, for a change set to fill.

        Raises:
            StackExists: The name is taken.
        """
        self._refuse_taken(tx, asker, stack.name)
        store.stacks.insert(tx, stack)
        return self._ledger.enter(tx, stack, statuses.REVIEW, "User Initiated")

    def discard(self, tx: Tx, reviewed: Stack) -> None:
        """Remove a stack that consists of nothing yet."""
        self._ledger.enter(tx, replace(reviewed, deleted_at=self._clock()), statuses.DELETED)

    def update(self, asker: Asker, name: str, given: Given, *, options: Options) -> Stack:
        """Begin to change a stack.

        Raises:
            StackNotFound: There is none.
            WrongStackStatus: It cannot be changed now.
            NothingToUpdate: Nothing would change.
            TemplateInvalid, InsufficientCapabilities: The template cannot be made.
            Denied: The role cannot be assumed.
        """
        with self._db.read() as tx:
            before = get_stack(tx, asker, name)
        if not _has_token(before, options):
            check_updatable(before)
        refuse_nested(before)
        definition, sound = self._definitions.make(
            asker, given, identity_of(before), previous=before, is_reviewed=False
        )
        if _has_token(before, options) and before.definition == definition and before.updated_at is not None:
            return before
        check_updatable(before)
        if not self.is_change(before, definition, sound):
            raise NothingToUpdate("No updates are to be performed.")
        return self.begin_update(asker, before, definition, options)

    def begin_update(
        self, asker: Asker, before: Stack, definition: Definition, options: Options, *, change_set_id: str | None = None
    ) -> Stack:
        """Begin to make a stack what a definition says.

        Raises:
            WrongStackStatus: It cannot be changed any more.
            Denied: The role cannot be assumed.
        """
        self._acting.check(replace(before, definition=definition))
        with self._db.write() as tx:
            stack = get_stack(tx, asker, before.stack_id)
            check_updatable(stack)
            if stack.task.task_id != before.task.task_id:
                raise wrong_status(stack.stack_id, stack.status, "can not be updated")
            begun = replace(
                stack,
                definition=definition,
                former=stack.definition,
                task=new_task(asker, options),
                disable_rollback=options.disable_rollback,
                updated_at=self._clock(),
                change_set_id=change_set_id,
            )
            for row in store.list_resources(tx, stack_id=stack.stack_id):
                store.stack_resources.replace(tx, replace(row, before=row.current, settled_by=None))
            moved = self._ledger.enter(tx, begun, statuses.UPDATING, "User Initiated")
            self._db.after_commit(self._wake)
        return moved

    def begin_creation(
        self, asker: Asker, reviewed: Stack, definition: Definition, options: Options, *, change_set_id: str
    ) -> Stack:
        """Begin to make a stack that was only reviewed.

        Raises:
            WrongStackStatus: It is more than that already.
            Denied: The role cannot be assumed.
        """
        self._acting.check(replace(reviewed, definition=definition))
        with self._db.write() as tx:
            stack = get_stack(tx, asker, reviewed.stack_id)
            if stack.status != statuses.REVIEW:
                raise wrong_status(stack.stack_id, stack.status, "can not be created")
            begun = replace(
                stack,
                definition=definition,
                task=new_task(asker, options),
                disable_rollback=options.disable_rollback,
                updated_at=self._clock(),
                change_set_id=change_set_id,
            )
            moved = self._ledger.enter(tx, begun, statuses.CREATING, "User Initiated")
            self._db.after_commit(self._wake)
        return moved

    def delete(
        self, asker: Asker, name: str, *, retained: tuple[str, ...], role_arn: str | None, client_token: str | None
    ) -> None:
        """Begin to remove a stack; one that is not there is removed, and one that is being removed will be.

        Raises:
            WrongStackStatus: Something else is under way, it is protected, or it is another stack's resource.
            Invalid: Resources are to be left as they are, and nothing has failed to be removed.
        """
        with self._db.write() as tx:
            stack = find_stack(tx, asker, name)
            if stack is None or stack.deleted_at is not None or stack.status == statuses.DELETING:
                return
            refuse_nested(stack)
            self._check_removable(stack, retained)
            begun = replace(
                stack,
                task=replace(new_task(asker, Options(client_token=client_token)), retained=retained),
                definition=replace(stack.definition, role_arn=role_arn or stack.definition.role_arn),
            )
            self._ledger.enter(tx, begun, statuses.DELETING, "User Initiated")
            self._db.after_commit(self._wake)

    def begin_deletion(self, asker: Asker, inner: Stack) -> None:
        """Begin to remove a stack that is another's resource."""
        self._ledger.move(replace(inner, task=new_task(asker, Options())), statuses.DELETING)

    def find_live(self, account: str, region: str, name: str) -> Stack | None:
        """Answer the stack of this name that is not deleted, or None."""
        with self._db.read() as tx:
            return store.find_live_stack(tx, account=account, region=region, name=name)

    def continue_rollback(
        self, asker: Asker, name: str, *, skipped: tuple[str, ...], role_arn: str | None, client_token: str | None
    ) -> None:
        """Try again to undo an update.

        Raises:
            StackNotFound: There is no such stack.
            WrongStackStatus: No undoing of it has failed.
            Invalid: A resource to be skipped is none of it that has failed.
        """
        with self._db.write() as tx:
            stack = get_stack(tx, asker, name)
            if stack.status != statuses.RESTORE_FAILED:
                raise wrong_status(stack.stack_id, stack.status, "can not be rolled back")
            failed = [
                row.logical_id
                for row in store.list_resources(tx, stack_id=stack.stack_id)
                if row.status == statuses.UPDATE_FAILED
            ]
            for each in skipped:
                if each not in failed:
                    raise Invalid(f"Resource {each} is not in the state UPDATE_FAILED: it cannot be skipped")
            task = new_task(asker, Options(client_token=client_token))
            begun = replace(
                stack,
                task=replace(task, task_id=stack.task.task_id, skipped=skipped),
                definition=replace(stack.definition, role_arn=role_arn or stack.definition.role_arn),
            )
            self._ledger.enter(tx, begun, statuses.RESTORING, "User Initiated")
            self._db.after_commit(self._wake)

    def roll_back(self, asker: Asker, name: str, *, client_token: str | None) -> Stack:
        """Begin to undo what was left as it was when it failed.

        Raises:
            StackNotFound: There is no such stack.
            WrongStackStatus: Nothing was left so.
        """
        with self._db.write() as tx:
            stack = get_stack(tx, asker, name)
            if stack.status not in (statuses.CREATE_FAILED, statuses.UPDATE_FAILED):
                raise wrong_status(stack.stack_id, stack.status, "can not be rolled back")
            task = new_task(asker, Options(client_token=client_token))
            begun = replace(stack, task=replace(task, task_id=stack.task.task_id), former=None)
            if stack.status == statuses.CREATE_FAILED:
                moved = self._ledger.enter(tx, begun, statuses.ROLLING_BACK, "User Initiated")
            else:
                assert stack.former is not None, "an update knows what it began from"
                restoring = replace(begun, definition=stack.former)
                moved = self._ledger.enter(tx, restoring, statuses.RESTORING, "User Initiated")
            self._db.after_commit(self._wake)
        return moved

    def protect(self, asker: Asker, name: str, *, is_protected: bool) -> Stack:
        """Say whether a stack may be removed.

        Raises:
            StackNotFound: There is no such stack.
            Invalid: It is another stack's resource: that one's protection counts.
        """
        with self._db.write() as tx:
            stack = get_stack(tx, asker, name)
            if stack.parent_id is not None:
                raise Invalid("TerminationProtection cannot be enabled on nested stacks: use the root stack")
            changed = replace(stack, termination_protection=is_protected)
            store.stacks.replace(tx, changed)
        return changed

    def is_change(self, stack: Stack, definition: Definition, sound: Sound) -> bool:
        """Tell whether a definition makes a stack another one: in its resources, outputs, tags or role."""
        old = stack.definition
        if (definition.tags, definition.role_arn) != (old.tags, old.role_arn):
            return True
        return bool(self.plan(stack, sound)) or self._outputs_differ(stack, sound)

    def plan(self, stack: Stack, sound: Sound) -> list[Change]:
        """Answer what a definition changes in the resources of a stack."""
        rows = self._ledger.resources(stack)
        existing = {name: row.current for name, row in rows.items()}
        finder = self._definitions.export_finder(stack.account, stack.region)
        return plan_changes(sound, existing, self._definitions.types, find_export=finder)

    def name(self, asker: Asker, name: str) -> StackIdentity:
        """Name a new stack.

        Raises:
            Invalid: It cannot be called so.
        """
        if _NAME.fullmatch(name) is None:
            raise Invalid(
                f"1 validation error detected: Value '{name[:200]}' at 'stackName' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            )
        arn = stack_arn(asker.region, asker.account, name, str(uuid.uuid4()))
        return StackIdentity(name=name, arn=arn, account=asker.account, region=asker.region)

    def new(
        self,
        asker: Asker,
        identity: StackIdentity,
        definition: Definition,
        options: Options,
        *,
        parents: Parents | None = None,
    ) -> Stack:
        """Answer a stack that is not written down yet."""
        return Stack(
            stack_id=identity.arn,
            account=identity.account,
            region=identity.region,
            name=identity.name,
            status=statuses.CREATING,
            status_reason=None,
            created_at=self._clock(),
            updated_at=None,
            deleted_at=None,
            description=None,
            definition=definition,
            former=None,
            outputs=(),
            task=new_task(asker, options),
            termination_protection=False,
            disable_rollback=options.disable_rollback,
            parent_id=None if parents is None else parents.parent_id,
            root_id=None if parents is None else parents.root_id,
            change_set_id=None,
            lease_owner=None,
            lease_until=None,
        )

    def _outputs_differ(self, stack: Stack, sound: Sound) -> bool:
        finder = self._definitions.export_finder(stack.account, stack.region)
        states = {name: row.current for name, row in self._ledger.resources(stack).items()}
        return outputs_differ(stack, sound, states, find_export=finder)

    def _refuse_taken(self, tx: Tx, asker: Asker, name: str) -> None:
        found = store.find_live_stack(tx, account=asker.account, region=asker.region, name=name)
        if found is not None:
            raise _taken(name)

    def _check_removable(self, stack: Stack, retained: tuple[str, ...]) -> None:
        if stack.termination_protection:
            raise WrongStackStatus(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        if statuses.is_under_way(stack.status):
            raise wrong_status(stack.stack_id, stack.status, "can not be deleted")
        if retained and stack.status != statuses.DELETE_FAILED:
            raise Invalid(
                f"Invalid operation on stack [{stack.stack_id}]. Resources can only be retained by a stack "
                "in the DELETE_FAILED state"
            )


def _has_token(stack: Stack, options: Options) -> bool:
    return options.client_token is not None and options.client_token == stack.task.client_token


def _same(present: Stack, definition: Definition) -> Stack:
    """Answer the stack that a repeated request has made.

    Raises:
        StackExists: The request is another one.
    """
    if present.definition != definition or present.updated_at is not None:
        raise _taken(present.name)
    return present


def _taken(name: str) -> StackExists:
    return StackExists(f"Stack [{name}] already exists")


def new_task(asker: Asker, options: Options) -> Task:
    """Begin a task."""
    principal = asker.principal
    return Task(
        task_id=secrets.token_hex(16),
        account=principal.account,
        principal_arn=principal.arn,
        user_id=principal.user_id,
        access_key_id=principal.access_key_id,
        client_token=options.client_token,
        disable_rollback=options.disable_rollback,
        delete_on_failure=options.delete_on_failure,
        host=asker.host,
    )


def refuse_nested(stack: Stack) -> None:
    """Refuse to do something with a stack that is another's resource.

    Raises:
        WrongStackStatus: It is one.
    """
    if stack.parent_id is not None:
        raise WrongStackStatus(f"{stack.stack_id} is a nested stack: it is changed with its root stack {stack.root_id}")


def check_updatable(stack: Stack) -> None:
    """Refuse to change a stack on which something is under way, or has failed.

    Raises:
        WrongStackStatus: It is such a one.
    """
    if stack.status not in statuses.UPDATABLE:
        raise wrong_status(stack.stack_id, stack.status, "can not be updated")
