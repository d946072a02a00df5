"""Resources of a stack, made, changed and removed one at a time, as the engine of stacks does it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sealgate.aws.actions import action_of
from sealgate.aws.apis import APIS
from sealgate.aws.internal import InternalOperations
from sealgate.aws.witness import Witness
from sealgate.server.house import House
from sealgate.services.access.entry import Principal
from sealgate.services.stacks.operations import Note, Operations, Perform
from sealgate.services.stacks.plan import find_differences, replaces
from sealgate.services.stacks.resource import Made, Properties, ResourceCall, ResourceType, StackIdentity
from sealgate.services.stacks.resources.registry import RESOURCE_TYPES
from sealgate.services.stacks.templates.validation import read_properties
from tests.support.cloud import Cloud
from tests.support.in_process import InProcess

REGION = "us-east-1"
_TOKENS = itertools.count(1)


def open_operations(house: House) -> Operations:
    """Answer what performs operations of a house inside."""
    return InternalOperations(
        apis=APIS,
        services=house.services,
        door=house.door,
        witness=Witness(db=house.db, recorder=house.trail.recorder, rights=house.services.iam.rights),
        clock=house.clock,
    )


class Stack:
    """A stack of one account.

    Attributes:
        cloud: The account, for tests that look at what is there.
        perform: Performs operations as the account's root user.
        actions: By type, what steps on resources of that type need to be allowed.
    """

    def __init__(self, cloud: Cloud, operations: Operations) -> None:
        self.cloud = cloud
        self._operations = operations
        self.actions: dict[str, set[str]] = {}
        self.perform = self.acting_as(cloud.root)
        self.identity = StackIdentity(
            name="app",
            arn=f"arn:aws:cloudformation:{REGION}:{cloud.account}:stack/app/0",
            account=cloud.account,
            region=REGION,
        )

    def acting_as(self, caller: InProcess) -> Perform:
        """Answer what performs operations as somebody else."""
        key = caller.key
        principal = Principal(key.account, key.principal_arn, key.user_id, key.access_key_id)
        return self._operations.acting_as(principal, REGION)

    def client(self, service: str) -> Any:
        """Answer a client of the account's root user."""
        return self.cloud.client(service)

    def call(self, logical_id: str = "Thing", kind: str = "", **more: Any) -> ResourceCall:
        """Make a step; each has a token of its own, unless one is given."""

        def perform(service: str, operation: str, note: Note | None = None, /, **members: Any) -> Mapping[str, Any]:
            self.actions.setdefault(kind, set()).add(action_of(service, operation))
            return self.perform(service, operation, note, **members)

        given: dict[str, Any] = {"token": f"{next(_TOKENS):032x}", **more}
        return ResourceCall(stack=self.identity, logical_id=logical_id, perform=perform, **given)

    def make(self, kind: str, logical_id: str = "Thing", **properties: Any) -> Resource:
        """Make a resource."""
        call = self.call(logical_id, kind)
        found = RESOURCE_TYPES[kind]
        read = read_properties(found, logical_id, properties)
        return Resource(stack=self, kind=found, call=call, properties=read, made=found.create(call, read))


@dataclass(slots=True, kw_only=True)
class Resource:
    """A resource that a test has made.

    Attributes:
        call: The step that made it.
        properties: As it is now.
        made: What `Ref` and `Fn::GetAtt` answer now.
    """

    stack: Stack
    kind: ResourceType
    call: ResourceCall
    properties: Properties
    made: Made = field(default_factory=lambda: Made(physical_id=""))

    @property
    def ref(self) -> str:
        """What `Ref` answers."""
        return self.made.physical_id

    def get(self, attribute: str) -> Any:
        """What `Fn::GetAtt` answers."""
        assert set(self.made.attributes) == self.kind.attributes
        return self.made.attributes[attribute]

    def make_again(self) -> Made:
        """Repeat the step that made it, as after a crash."""
        return self.kind.create(self.call, self.properties)

    def change(self, **properties: Any) -> None:
        """Change it in place; a property of None is taken out of the template."""
        given = {**self.properties, **properties}
        new = self._read({name: value for name, value in given.items() if value is not None})
        assert not self.replaced_by(**new)
        call = self.stack.call(self.call.logical_id, self.kind.name)
        changed = self.kind.update(call, self.ref, self.properties, new)
        self.made = replace(changed, attributes={**self.made.attributes, **changed.attributes})
        self.properties = new

    def undo(self, **properties: Any) -> None:
        """Go back from these properties, which it may have or not, to those that it had before."""
        call = self.stack.call(self.call.logical_id, self.kind.name)
        self.kind.update(call, self.ref, self._read({**self.properties, **properties}), self.properties)

    def replaced_by(self, **properties: Any) -> bool:
        """Whether these properties would make another resource in its place."""
        new = self._read({**self.properties, **properties})
        return replaces(self.kind, list(find_differences(self.properties, new)))

    def delete(self) -> None:
        """Remove it, twice: what is gone already is fine."""
        for _ in range(2):
            self.kind.delete(self.stack.call(self.call.logical_id, self.kind.name), self.ref, self.properties)

    def _read(self, properties: Properties) -> Properties:
        return read_properties(self.kind, self.call.logical_id, properties)
