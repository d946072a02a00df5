"""Everything that stacks need, put together on one database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sealgate.clock import Clock
from sealgate.services.identity.sessions import SessionService
from sealgate.services.stacks.acting import Acting
from sealgate.services.stacks.change_sets import ChangeSetService
from sealgate.services.stacks.definitions import Definitions
from sealgate.services.stacks.execution import Execution
from sealgate.services.stacks.ledger import Ledger
from sealgate.services.stacks.lookup import StackLookup
from sealgate.services.stacks.nested import NestedStack
from sealgate.services.stacks.nested_change_sets import NestedChangeSets
from sealgate.services.stacks.operations import Operations
from sealgate.services.stacks.presence import Presence
from sealgate.services.stacks.resource import ResourceType
from sealgate.services.stacks.service import StackService
from sealgate.services.stacks.worker import StackWorker
from sealgate.store.database import Database

_RESOURCES_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacks:
    """The use cases of stacks, and who does the work."""

    service: StackService
    change_sets: ChangeSetService
    lookup: StackLookup
    definitions: Definitions
    worker: StackWorker


def open_stacks(
    *,
    db: Database,
    operations: Operations,
    sessions: SessionService,
    types: Mapping[str, ResourceType],
    managed_policies: Callable[[str], Mapping[str, str]],
    clock: Clock,
    server: str = "server",
) -> Stacks:
    """Put it together.

    Args:
        db: Where stacks are.
        operations: Performs the operations that make resources.
        sessions: Makes sessions of the roles that stacks act with.
        types: The resource types; that of inner stacks is added.
        managed_policies: The ARNs of AWS's managed policies in a partition, by name.
        clock: The time.
        server: What this server calls itself in leases.
    """
    acting = Acting(operations=operations, sessions=sessions)
    known = dict(types)
    pool = ThreadPoolExecutor(_RESOURCES_AT_ONCE, thread_name_prefix="resources")
    execution = Execution(db=db, types=known, acting=acting, clock=clock, pool=pool)
    worker = StackWorker(db=db, execution=execution, clock=clock, name=server)
    definitions = Definitions(db=db, operations=operations, types=known, managed_policies=managed_policies)
    service = StackService(db=db, definitions=definitions, acting=acting, clock=clock, wake=worker.wake)
    ledger = Ledger(db=db, clock=clock)
    nested = NestedStack(
        stacks=service,
        definitions=definitions,
        operations=operations,
        acting=acting,
        execution=Execution(db=db, types=known, acting=acting, clock=clock),
        ledger=ledger,
        may_go_on=worker.may_go_on,
    )
    known[nested.name] = nested
    return Stacks(
        service=service,
        change_sets=ChangeSetService(
            db=db,
            definitions=definitions,
            stacks=service,
            nested=NestedChangeSets(definitions=definitions, stacks=service, ledger=ledger, clock=clock),
            presence=Presence(operations=operations),
            clock=clock,
        ),
        lookup=StackLookup(db=db),
        definitions=definitions,
        worker=worker,
    )
