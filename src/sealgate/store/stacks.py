"""Stacks: what each consists of, what is under way on it, what has happened to it, and what it gives to others.

A row of `stacks` whose status ends in `_IN_PROGRESS` has work to do; whoever has its lease does it. Everything that the
work needs to be taken up again stands in these tables.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    Table,
    Text,
    TypeDecorator,
    and_,
    false,
    func,
    or_,
    select,
    update,
)

from sealgate.store.database import Tx
from sealgate.store.rows import Rows
from sealgate.store.tables import UtcTime, metadata

Value = Any
"""A JSON value."""

MASK = "****"
"""What stands for the value of a NoEcho parameter wherever it would be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackParameter:
    """A parameter of a stack.

    Attributes:
        text: As it was given, or the template's default.
        resolved: What Systems Manager's store had under that name, where the type says to look there; else None.
        is_list: Whether functions see a list.
        no_echo: Its value is shown nowhere.
    """

    name: str
    text: str
    resolved: str | None = None
    is_list: bool = False
    no_echo: bool = False

    @property
    def value(self) -> Value:
        """What functions see."""
        text = self.text if self.resolved is None else self.resolved
        return split_list(text) if self.is_list else text

    @property
    def shown(self) -> str:
        """What a caller is shown of it."""
        return MASK if self.no_echo else self.text

    @property
    def masked(self) -> Value:
        """What functions see where what they make is shown."""
        return ([MASK] if self.is_list else MASK) if self.no_echo else self.value


def split_list(text: str) -> list[str]:
    """Answer the items of a comma-delimited list."""
    return [each.strip() for each in text.split(",")] if text else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a stack is to be.

    Attributes:
        template: As it was given.
        processed: With its transforms applied; None where it has none.
        parameters: Every one that the template declares.
        tags: Of the stack.
        capabilities: What the caller has acknowledged.
        role_arn: The role that the stack acts with; None: its caller.
    """

    template: str
    processed: str | None = None
    parameters: tuple[StackParameter, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    role_arn: str | None = None

    @property
    def effective(self) -> str:
        """The template that counts."""
        return self.template if self.processed is None else self.processed


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is under way on a stack, and for whom.

    Attributes:
        task_id: 32 hexadecimal digits; of one operation, its rollback included.
        account: Of the caller, as the three below.
        client_token: Repeated in events; None where none was given.
        retained: Logical ids that a deletion leaves as they are.
        skipped: Logical ids that a rollback leaves as they are.
        disable_rollback: Leave what was made where it fails.
        delete_on_failure: Remove the whole stack where its creation fails.
        host: What the caller calls this server.
    """

    task_id: str
    account: str
    principal_arn: str
    user_id: str
    access_key_id: str
    client_token: str | None = None
    retained: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    disable_rollback: bool = False
    delete_on_failure: bool = False
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOutput:
    """An output of a stack, as it is."""

    key: str
    value: str
    description: str | None = None
    export_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack. Deleted ones stay: they are described by their id.

    Attributes:
        stack_id: Its ARN.
        definition: What it is to be.
        former: What it was before the update that is under way; None where none is.
        outputs: As the last operation that succeeded has left them.
        task: What is under way, or was last.
        parent_id: The stack that it is a resource of; None for one of its own.
        root_id: The outermost stack that it belongs to; None likewise.
        change_set_id: The change set that made it what it is; None: none did.
    """

    stack_id: str
    account: str
    region: str
    name: str
    status: str
    status_reason: str | None
    created_at: datetime
    updated_at: datetime | None
    deleted_at: datetime | None
    description: str | None
    definition: Definition
    former: Definition | None
    outputs: tuple[StackOutput, ...]
    task: Task
    termination_protection: bool
    disable_rollback: bool
    parent_id: str | None
    root_id: str | None
    change_set_id: str | None
    lease_owner: str | None
    lease_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceState:
    """A resource as it is, or as it is being made.

    Attributes:
        type: As templates name it.
        physical_id: None until something is there.
        properties: As they were last given to it, evaluated.
        attributes: What `Fn::GetAtt` answers.
        dependencies: The logical ids that have to be there as long as it is.
        deletion_policy: Of the template that it was made by, as the one below.
        metadata: Of the template.
    """

    type: str
    physical_id: str | None = None
    properties: Mapping[str, Value] = field(default_factory=dict)
    attributes: Mapping[str, Value] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    metadata: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StackResource:
    """A resource of a stack.

    Attributes:
        current: As it is.
        before: As it was before the operation that is under way, or what that has left to be removed; None: nothing.
        settled_by: The phase of an operation that is done with it.
    """

    stack_id: str
    logical_id: str
    status: str
    status_reason: str | None
    updated_at: datetime
    current: ResourceState
    before: ResourceState | None
    settled_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvent:
    """Something that has happened to a stack or to a resource of it.

    Attributes:
        number: Counted from 1 in each stack.
        properties: Of the resource, as JSON without what is not shown; None for the stack itself.
    """

    stack_id: str
    number: int
    event_id: str
    at: datetime
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    properties: str | None
    client_token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """A change of a stack, thought through and not made yet.

    Attributes:
        change_set_id: Its ARN.
        kind: `CREATE` or `UPDATE`.
        changes: As they are described, without what may not be shown.
        based_on: The task of the stack that it was made for; it is obsolete once another has changed the stack.
        includes_nested: Whether it was to have change sets of the stacks in its stack.
        parent_id: The change set of the stack that its stack is a resource of; None: it is for itself.
        root_id: The outermost of these; None likewise.
        logical_id: What its stack is called there; None likewise.
    """

    change_set_id: str
    stack_id: str
    name: str
    kind: str
    status: str
    status_reason: str | None
    execution_status: str
    description: str | None
    created_at: datetime
    definition: Definition
    changes: Value
    disable_rollback: bool
    delete_on_failure: bool
    based_on: str
    includes_nested: bool = False
    parent_id: str | None = None
    root_id: str | None = None
    logical_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StackExport:
    """A value that a stack gives to others of its account and region."""

    account: str
    region: str
    name: str
    value: str
    stack_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StackImport:
    """That a stack takes a value which another gives."""

    account: str
    region: str
    name: str
    stack_id: str


class AsJson(TypeDecorator[Any]):
    """A value that is kept as one JSON text.

    Args:
        decode: Makes it of what JSON gives; dataclasses are encoded by their fields.
    """

    impl = Text
    cache_ok = True

    def __init__(self, decode: Callable[[Any], Any]) -> None:
        super().__init__()
        self.decode = decode

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encode the value."""
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Decode the value."""
        return None if value is None else self.decode(orjson.loads(value))


def _as_it_is(given: Any) -> Any:
    return given


def _definition(given: dict[str, Any]) -> Definition:
    parameters = tuple(StackParameter(**each) for each in given["parameters"])
    return Definition(**{**given, "parameters": parameters, "capabilities": tuple(given["capabilities"])})


def _task(given: dict[str, Any]) -> Task:
    return Task(**{**given, "retained": tuple(given["retained"]), "skipped": tuple(given["skipped"])})


def _outputs(given: list[dict[str, Any]]) -> tuple[StackOutput, ...]:
    return tuple(StackOutput(**each) for each in given)


def _state(given: dict[str, Any]) -> ResourceState:
    return ResourceState(**{**given, "dependencies": tuple(given["dependencies"])})


stacks_table = Table(
    "stacks",
    metadata,
    Column("stack_id", Text, primary_key=True, comment="the ARN"),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_reason", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime),
    Column("deleted_at", UtcTime),
    Column("description", Text),
    Column("definition", AsJson(_definition), nullable=False, comment="JSON; may hold secret parameters"),
    Column("former", AsJson(_definition), comment="JSON; while an update is under way"),
    Column("outputs", AsJson(_outputs), nullable=False),
    Column("task", AsJson(_task), nullable=False, comment="JSON; what is under way, or was last"),
    Column("termination_protection", Boolean, nullable=False),
    Column("disable_rollback", Boolean, nullable=False),
    Column("parent_id", Text),
    Column("root_id", Text),
    Column("change_set_id", Text),
    Column("lease_owner", Text),
    Column("lease_until", UtcTime),
    Index("ix_stacks_name", "account", "region", "name"),
    Index("ix_stacks_status", "status"),
    comment="Rows are never deleted: a deleted stack is described by its id.",
)
stack_resources_table = Table(
    "stack_resources",
    metadata,
    Column("stack_id", Text, primary_key=True),
    Column("logical_id", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("status_reason", Text),
    Column("updated_at", UtcTime, nullable=False),
    Column("current", AsJson(_state), nullable=False),
    Column("before", AsJson(_state)),
    Column("settled_by", Text),
)
stack_events_table = Table(
    "stack_events",
    metadata,
    Column("stack_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("event_id", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("logical_id", Text, nullable=False),
    Column("physical_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("properties", Text),
    Column("client_token", Text),
    comment="Rows are never changed or deleted.",
)
change_sets_table = Table(
    "change_sets",
    metadata,
    Column("change_set_id", Text, primary_key=True, comment="the ARN"),
    Column("stack_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="CREATE or UPDATE"),
    Column("status", Text, nullable=False),
    Column("status_reason", Text),
    Column("execution_status", Text, nullable=False),
    Column("description", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("definition", AsJson(_definition), nullable=False),
    Column("changes", AsJson(_as_it_is), nullable=False),
    Column("disable_rollback", Boolean, nullable=False),
    Column("delete_on_failure", Boolean, nullable=False),
    Column("based_on", Text, nullable=False),
    Column("includes_nested", Boolean, nullable=False, server_default=false()),
    Column("parent_id", Text),
    Column("root_id", Text),
    Column("logical_id", Text),
    Index("ix_change_sets_stack", "stack_id", "name"),
    Index("ix_change_sets_parent", "parent_id", "logical_id"),
    Index("ix_change_sets_root", "root_id"),
)
stack_exports_table = Table(
    "stack_exports",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("stack_id", Text, nullable=False),
)
stack_imports_table = Table(
    "stack_imports",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("stack_id", Text, primary_key=True),
)
stacks = Rows(stacks_table, Stack)
stack_resources = Rows(stack_resources_table, StackResource)
stack_events = Rows(stack_events_table, StackEvent)
change_sets = Rows(change_sets_table, ChangeSet)
stack_exports = Rows(stack_exports_table, StackExport)
stack_imports = Rows(stack_imports_table, StackImport)
_s, _r, _e, _c = stacks_table.c, stack_resources_table.c, stack_events_table.c, change_sets_table.c
_x, _i = stack_exports_table.c, stack_imports_table.c


def find_live_stack(tx: Tx, *, account: str, region: str, name: str) -> Stack | None:
    """Answer the stack of this name that is not deleted, or None."""
    named = and_(_s.account == account, _s.region == region, _s.name == name, _s.deleted_at.is_(None))
    return next(iter(stacks.select(tx, named, limit=1)), None)


def list_stacks(
    tx: Tx, *, account: str, region: str, statuses: Collection[str] = (), with_deleted: bool = False
) -> list[Stack]:
    """Answer the stacks of an account and region, the newest first; all statuses where none is named."""
    conditions = [_s.account == account, _s.region == region]
    if statuses:
        conditions.append(_s.status.in_(statuses))
    if not with_deleted:
        conditions.append(_s.deleted_at.is_(None))
    return stacks.select(tx, *conditions, order_by=[_s.created_at.desc(), _s.stack_id])


def find_waiting_stack(tx: Tx, *, statuses: Collection[str], now: datetime) -> Stack | None:
    """Answer the oldest stack with work to do that nobody does any more, or None; nested ones are their parent's.

    Args:
        tx: A transaction.
        statuses: Those in which there is work to do.
        now: Leases until then are over.
    """
    free = or_(_s.lease_until.is_(None), _s.lease_until <= now)
    waiting = and_(_s.status.in_(statuses), _s.parent_id.is_(None), free)
    return next(iter(stacks.select(tx, waiting, order_by=[_s.created_at, _s.stack_id], limit=1)), None)


def renew_leases(tx: Tx, *, owner: str, stack_ids: Collection[str], until: datetime) -> None:
    """Lengthen the leases that an owner holds on these stacks."""
    held = and_(_s.lease_owner == owner, _s.stack_id.in_(stack_ids))
    tx.execute(update(stacks_table).where(held).values(lease_until=until))


def release_leases(tx: Tx, *, owner: str) -> None:
    """Give back every stack that an owner has taken up and not ended."""
    tx.execute(update(stacks_table).where(_s.lease_owner == owner).values(lease_owner=None, lease_until=None))


def release_lease(tx: Tx, *, owner: str, stack_id: str) -> None:
    """Give back one stack."""
    held = and_(_s.lease_owner == owner, _s.stack_id == stack_id)
    tx.execute(update(stacks_table).where(held).values(lease_owner=None, lease_until=None))


def list_resources(tx: Tx, *, stack_id: str) -> list[StackResource]:
    """Answer the resources of a stack, by logical id."""
    return stack_resources.select(tx, _r.stack_id == stack_id, order_by=[_r.logical_id])


def find_resource_stacks(tx: Tx, *, account: str, region: str, physical_id: str) -> list[StackResource]:
    """Answer the resources of live stacks with this physical id."""
    live = select(_s.stack_id).where(_s.account == account, _s.region == region, _s.deleted_at.is_(None))
    found = stack_resources.select(tx, _r.stack_id.in_(live))
    return [each for each in found if each.current.physical_id == physical_id]


def add_event(tx: Tx, event: StackEvent) -> None:
    """Add an event as the next of its stack; its own `number` counts for nothing."""
    newest = tx.execute(select(func.max(_e.number)).where(_e.stack_id == event.stack_id)).scalar()
    stack_events.insert(tx, dataclasses.replace(event, number=(newest or 0) + 1))


def list_events(tx: Tx, *, stack_id: str, before: int | None, limit: int) -> list[StackEvent]:
    """Answer events of a stack, the newest first; those below a number, if one is given."""
    conditions = [_e.stack_id == stack_id] + ([] if before is None else [_e.number < before])
    return stack_events.select(tx, *conditions, order_by=[_e.number.desc()], limit=limit)


def find_reason(tx: Tx, *, stack_id: str, statuses: Collection[str]) -> str | None:
    """Answer the reason for which a stack has come into one of these statuses the last time, or None."""
    own = and_(_e.stack_id == stack_id, _e.physical_id == stack_id, _e.status.in_(statuses))
    found = stack_events.select(tx, own, order_by=[_e.number.desc()], limit=1)
    return found[0].reason if found else None


def find_change_set(tx: Tx, *, stack_id: str, name: str) -> ChangeSet | None:
    """Answer a stack's change set of this name, or None."""
    return next(iter(change_sets.select(tx, _c.stack_id == stack_id, _c.name == name, limit=1)), None)


def list_change_sets(tx: Tx, *, stack_id: str) -> list[ChangeSet]:
    """Answer the change sets of a stack, the oldest first."""
    return change_sets.select(tx, _c.stack_id == stack_id, order_by=[_c.created_at, _c.name])


def find_inner_change_set(tx: Tx, *, parent_id: str, logical_id: str) -> ChangeSet | None:
    """Answer the change set, within another, of the stack that is called so there, or None."""
    return next(iter(change_sets.select(tx, _c.parent_id == parent_id, _c.logical_id == logical_id, limit=1)), None)


def list_inner_change_sets(tx: Tx, *, root_id: str) -> list[ChangeSet]:
    """Answer all change sets within an outermost one."""
    return change_sets.select(tx, _c.root_id == root_id, order_by=[_c.created_at, _c.name])


def list_inner_stacks(tx: Tx, *, root_id: str, status: str) -> list[Stack]:
    """Answer the stacks within an outermost one, at any depth, that are in a status."""
    return stacks.select(tx, _s.root_id == root_id, _s.status == status, order_by=[_s.created_at, _s.stack_id])


def list_exports(tx: Tx, *, account: str, region: str, after: str = "", limit: int | None = None) -> list[StackExport]:
    """Answer the exports of an account and region by name, those after a name."""
    return stack_exports.select(
        tx, _x.account == account, _x.region == region, _x.name > after, order_by=[_x.name], limit=limit
    )


def list_exports_of(tx: Tx, *, stack_id: str) -> list[StackExport]:
    """Answer what a stack exports, by name."""
    return stack_exports.select(tx, _x.stack_id == stack_id, order_by=[_x.name])


def list_importers(tx: Tx, *, account: str, region: str, name: str) -> list[StackImport]:
    """Answer the stacks that import a value."""
    return stack_imports.select(tx, _i.account == account, _i.region == region, _i.name == name, order_by=[_i.stack_id])


def list_imports_of(tx: Tx, *, stack_id: str) -> list[StackImport]:
    """Answer what a stack imports, by name."""
    return stack_imports.select(tx, _i.stack_id == stack_id, order_by=[_i.name])


def put_imports(tx: Tx, *, stack: Stack, names: Collection[str]) -> None:
    """Say what a stack imports from now on."""
    tx.execute(stack_imports_table.delete().where(_i.stack_id == stack.stack_id))
    for name in sorted(names):
        stack_imports.insert(
            tx, StackImport(account=stack.account, region=stack.region, name=name, stack_id=stack.stack_id)
        )
