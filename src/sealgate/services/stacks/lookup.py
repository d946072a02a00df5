"""Finds stacks and what belongs to them, as calls name them: by name, or by id (deleted ones by id only)."""

from __future__ import annotations

from sealgate.arn import partition_of
from sealgate.errors import Invalid
from sealgate.services.paging import ListTokens, Page
from sealgate.services.stacks.definitions import Asker
from sealgate.services.stacks.errors import no_change_set, no_stack
from sealgate.store import stacks as store
from sealgate.store.database import Database, Tx
from sealgate.store.stacks import ChangeSet, Stack, StackEvent, StackExport, StackResource

EVENTS_PAGE = 100
"""Events in one page, as AWS answers them."""
_ARN = "arn:"


def stack_arn(region: str, account: str, name: str, unique: str) -> str:
    """Name a stack (`arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID`)."""
    return f"arn:{partition_of(region)}:cloudformation:{region}:{account}:stack/{name}/{unique}"


def find_stack(tx: Tx, asker: Asker, name: str) -> Stack | None:
    """Answer the stack of a name or id, or None."""
    if name.startswith(_ARN):
        found = store.stacks.find(tx, stack_id=name)
        return found if found is not None and (found.account, found.region) == (asker.account, asker.region) else None
    return store.find_live_stack(tx, account=asker.account, region=asker.region, name=name)


def get_stack(tx: Tx, asker: Asker, name: str) -> Stack:
    """Answer the stack of a name or id.

    Raises:
        StackNotFound: There is none.
    """
    found = find_stack(tx, asker, name)
    if found is None:
        raise no_stack(name)
    return found


def get_change_set(tx: Tx, asker: Asker, name: str, stack_name: str | None) -> tuple[ChangeSet, Stack]:
    """Answer a change set and its stack; one that is named by its id needs no stack's name.

    Where both are named, it is one of that stack: it was the stack that the caller's rights were asked about.

    Raises:
        ChangeSetNotFound: There is none, or it is another stack's.
        StackNotFound: There is no such stack.
        Invalid: It is named without its stack.
    """
    if name.startswith(_ARN):
        found = store.change_sets.find(tx, change_set_id=name)
        if found is None:
            raise no_change_set(name)
        stack = store.stacks.find(tx, stack_id=found.stack_id)
        if stack is None or (stack.account, stack.region) != (asker.account, asker.region):
            raise no_change_set(name)
        if stack_name is not None and get_stack(tx, asker, stack_name).stack_id != stack.stack_id:
            raise no_change_set(name)
        return found, stack
    if stack_name is None:
        raise Invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
    stack = get_stack(tx, asker, stack_name)
    found = store.find_change_set(tx, stack_id=stack.stack_id, name=name)
    if found is None:
        raise no_change_set(name)
    return found, stack


class StackLookup:
    """Answers what stacks are.

    Args:
        db: Where they are.
    """

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def get(self, asker: Asker, name: str) -> Stack:
        """Answer one stack.

        Raises:
            StackNotFound: There is none.
        """
        with self._db.read() as tx:
            return get_stack(tx, asker, name)

    def list_live(self, asker: Asker) -> list[Stack]:
        """Answer all stacks that are not deleted, the newest first."""
        with self._db.read() as tx:
            return store.list_stacks(tx, account=asker.account, region=asker.region)

    def list_by_status(self, asker: Asker, statuses_wanted: tuple[str, ...]) -> list[Stack]:
        """Answer all stacks, deleted ones too, in some statuses; in all, where none is named."""
        with self._db.read() as tx:
            return store.list_stacks(
                tx, account=asker.account, region=asker.region, statuses=statuses_wanted, with_deleted=True
            )

    def list_resources(self, asker: Asker, name: str) -> tuple[Stack, list[StackResource]]:
        """Answer a stack and its resources, by logical id.

        Raises:
            StackNotFound: There is no such stack.
        """
        with self._db.read() as tx:
            stack = get_stack(tx, asker, name)
            return stack, store.list_resources(tx, stack_id=stack.stack_id)

    def find_stack_of(self, asker: Asker, physical_id: str) -> Stack:
        """Answer the stack that has a resource.

        Raises:
            StackNotFound: None has.
        """
        with self._db.read() as tx:
            found = store.find_resource_stacks(tx, account=asker.account, region=asker.region, physical_id=physical_id)
            if not found:
                raise no_stack(physical_id)
            return get_stack(tx, asker, found[0].stack_id)

    def list_events(self, asker: Asker, name: str, *, token: str | None) -> tuple[Stack, Page[StackEvent]]:
        """Answer a page of what has happened to a stack, the newest first.

        Raises:
            StackNotFound: There is no such stack.
            Invalid: The token is none.
        """
        with self._db.read() as tx:
            stack = get_stack(tx, asker, name)
            tokens = ListTokens("events", stack.stack_id)
            before = None if token is None else int(tokens.parse(token, parts=1)[0])
            found = store.list_events(tx, stack_id=stack.stack_id, before=before, limit=EVENTS_PAGE + 1)
        items = tuple(found[:EVENTS_PAGE])
        more = tokens.encode(str(items[-1].number)) if len(found) > EVENTS_PAGE else None
        return stack, Page(items=items, next_token=more)

    def list_exports(self, asker: Asker) -> list[StackExport]:
        """Answer all exports, by name."""
        with self._db.read() as tx:
            return store.list_exports(tx, account=asker.account, region=asker.region)

    def list_importers(self, asker: Asker, export: str) -> list[str]:
        """Answer the names of the stacks that import a value.

        Raises:
            Invalid: Nobody exports it, or nobody imports it, as AWS refuses both.
        """
        with self._db.read() as tx:
            found = store.list_importers(tx, account=asker.account, region=asker.region, name=export)
        if not found:
            raise Invalid(f"Export '{export}' is not imported by any stack.")
        return [each.stack_id.split("/")[1] for each in found]

    def get_change_set(self, asker: Asker, name: str, stack: str | None) -> tuple[ChangeSet, Stack]:
        """Answer a change set and its stack.

        Raises:
            ChangeSetNotFound, StackNotFound: There is none.
            Invalid: It is named without its stack.
        """
        with self._db.read() as tx:
            return get_change_set(tx, asker, name, stack)

    def list_change_sets(self, asker: Asker, name: str) -> tuple[Stack, list[ChangeSet]]:
        """Answer a stack and its change sets.

        Raises:
            StackNotFound: There is no such stack.
        """
        with self._db.read() as tx:
            stack = get_stack(tx, asker, name)
            return stack, store.list_change_sets(tx, stack_id=stack.stack_id)
