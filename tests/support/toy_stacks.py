"""Stacks of things that are in memory, which fail, or whose maker dies, where a test says so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from sealgate.services.access.entry import Principal
from sealgate.services.iam.rights import Rights
from sealgate.services.identity.sessions import SessionService
from sealgate.services.stacks.crew import Stacks, open_stacks
from sealgate.services.stacks.definitions import Asker, Given, Source
from sealgate.services.stacks.operations import Note, OperationRefused, Perform, Work
from sealgate.services.stacks.resource import HandlerFailed, Made, Properties, ResourceCall
from sealgate.services.stacks.service import Options
from sealgate.services.stacks.templates.parameters import GivenParameter
from sealgate.services.stacks.templates.shapes import Flag, Json, ListOf, MapOf, Number, Property, Structure, Text
from sealgate.store.database import Database
from sealgate.store.stacks import Stack, release_leases
from tests.support.database import make_database

ACCOUNT, REGION = "111122223333", "us-east-1"
ROOT = Principal(
    account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root", user_id=ACCOUNT, access_key_id="AKIAIOSFODNN7EXAMPLE"
)
ASKER = Asker(principal=ROOT, region=REGION, host="127.0.0.1:4566")
THING = "Toy::Box::Thing"
_MEMORY = Path("/dev/shm")  # noqa: S108 - whatever is made there is in a folder of its own
_INNER = Structure({"A": Property(shape=Text(), required=True), "B": Property(shape=Number())})


class Killed(BaseException):
    """The process dies here: nothing after this happens."""


@dataclass(slots=True)
class World:
    """Everything that there is, by physical id, and what goes wrong with it.

    Attributes:
        failing: Steps that fail, as `create Name`, `update Name` or `delete Name`.
        deadly: Steps in which the process dies: `before create Name`, or `after create Name`.
        done: The steps that were done, in order.
        denied: The operations that nobody may perform.
        operations: What was performed on stacks in stacks, in order.
    """

    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    deadly: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    operations: list[str] = field(default_factory=list)
    templates: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)

    def step(self, moment: str, step: str) -> None:
        """Do what shall go wrong here."""
        if f"{moment} {step}" in self.deadly:
            self.deadly.remove(f"{moment} {step}")
            raise Killed
        if moment == "before" and step in self.failing:
            raise HandlerFailed(f"{step} fails")

    def snapshot(self) -> dict[str, Any]:
        """Answer what there is, by physical id."""
        return {physical_id: each["properties"] for physical_id, each in self.things.items()}

    def contents(self) -> dict[str, Any]:
        """Answer what there is, by what a test knows of it: the makers of the things and their properties."""
        return {f"{each['logical']}": each["properties"] for each in self.things.values()}


class Thing:
    """A resource type: something with a name, which replaces it, and a size and a note, which do not."""

    name = THING
    attributes = frozenset({"Arn", "Size"})
    properties = {  # noqa: RUF012 - never changed
        "Name": Property(shape=Text(), replaces=True),
        "Size": Property(shape=Number()),
        "Note": Property(shape=Text()),
        "On": Property(shape=Flag()),
        "Needs": Property(shape=ListOf(Text())),
        "Inner": Property(shape=_INNER),
        "Policy": Property(shape=Json()),
        "Labels": Property(shape=MapOf(Text())),
        "Tags": Property(shape=ListOf(Structure({"Key": Property(shape=Text()), "Value": Property(shape=Text())}))),
    }

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        step = f"create {call.logical_id}"
        self._world.step("before", step)
        physical_id = properties.get("Name") or call.generated_name(64)
        present = self._world.things.get(physical_id)
        if present is not None and present["token"] != call.token:
            raise HandlerFailed(f"{physical_id} already exists", code="AlreadyExists")
        self._world.things[physical_id] = {
            "token": call.token,
            "logical": call.logical_id,
            "properties": dict(properties),
        }
        self._world.step("after", step)
        self._world.done.append(step)
        return self._made(physical_id)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:  # noqa: ARG002
        step = f"update {call.logical_id}"
        self._world.step("before", step)
        self._world.things[physical_id]["properties"] = dict(new)
        self._world.step("after", step)
        self._world.done.append(step)
        return self._made(physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002
        step = f"delete {call.logical_id}"
        self._world.step("before", step)
        used = [each["logical"] for each in self._world.things.values() if physical_id in _needs(each)]
        if used:
            raise HandlerFailed(f"{physical_id} is in use by {used}", code="ResourceConflict")
        self._world.things.pop(physical_id, None)
        self._world.step("after", step)
        self._world.done.append(step)

    def _made(self, physical_id: str) -> Made:
        size = self._world.things[physical_id]["properties"].get("Size", 0)
        return Made(physical_id=physical_id, attributes={"Arn": f"arn:toy:{physical_id}", "Size": str(size)})


def _needs(thing: Mapping[str, Any]) -> list[str]:
    return list(thing["properties"].get("Needs", []))


@dataclass(frozen=True, slots=True)
class WorldOperations:
    """What stacks perform in this world: they read templates and parameters, and work on stacks in stacks."""

    world: World

    def acting_as(self, principal: Principal, region: str, *, work: Work | None = None) -> Perform:  # noqa: ARG002
        return self._perform if work is None else partial(self._begin, work)

    def _begin(
        self, work: Work, service: str, operation: str, _: Note | None = None, /, **members: Any
    ) -> Mapping[str, Any]:
        self.world.operations.append(f"{service}:{operation}")
        if self.world.operations[-1] in self.world.denied:
            said = f"User: {ROOT.arn} is not authorized to perform: {service}:{operation} on: {members['StackName']}"
            _refuse("CloudFormation", "AccessDenied", said)
        return work()

    def _perform(self, service: str, operation: str, _: Note | None = None, /, **members: Any) -> Mapping[str, Any]:
        match service, operation:
            case "s3", ("HeadObject" | "GetObject"):
                body = self.world.templates.get(f"{members['Bucket']}/{members['Key']}")
                if body is None:
                    _refuse("S3", "NoSuchKey", "The specified key does not exist.")
                return {"ContentLength": len(body), "Body": body.encode()}
            case "ssm", "GetParameter":
                value = self.world.parameters.get(members["Name"])
                if value is None:
                    _refuse("SSM", "ParameterNotFound", "")
                return {"Parameter": {"Value": value}}
        raise AssertionError((service, operation))


def _refuse(service: str, code: str, message: str) -> NoReturn:
    raise OperationRefused(message, service=service, code=code, status=404, request_id="r")


class Clockwork:
    """A clock that goes on by a millisecond whenever it is looked at."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 26, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


class StackBench:
    """Stacks on a database.

    Attributes:
        world: What they are made of.
        crew: The services.
    """

    def __init__(self, db: Database) -> None:
        self.db = db
        self.world = World()
        self.clock = Clockwork()
        self.crew = self.open()

    def restart(self) -> None:
        """Go on as another process would, after this one has died."""
        with self.db.write() as tx:
            release_leases(tx, owner="server")
        self.crew = self.open()

    def open(self) -> Stacks:
        """Put everything together, as each process does."""
        thing = Thing(self.world)
        sessions = SessionService(db=self.db, clock=self.clock, rights=Rights(db=self.db))
        return open_stacks(
            db=self.db,
            operations=WorldOperations(self.world),
            sessions=sessions,
            types={thing.name: thing},
            managed_policies=lambda _: {},
            clock=self.clock,
        )

    def create(self, name: str, template: Any, *, options: Options = Options(), **parameters: str) -> Stack:  # noqa: B008 - never changed
        """Make a stack, to the end."""
        made = self.crew.service.create(ASKER, name, given(template, None, **parameters), options=options)
        self.work()
        return self.get(made.stack_id)

    def update(self, name: str, template: Any, *, options: Options = Options(), **parameters: str) -> Stack:  # noqa: B008 - never changed
        """Change a stack, to the end."""
        self.crew.service.update(ASKER, name, given(template, None, **parameters), options=options)
        self.work()
        return self.get(name)

    def delete(self, name: str, *, retained: tuple[str, ...] = ()) -> Stack:
        """Remove a stack, to the end."""
        stack = self.get(name)
        self.crew.service.delete(ASKER, name, retained=retained, role_arn=None, client_token=None)
        self.work()
        return self.get(stack.stack_id)

    def work(self) -> None:
        """Do everything that is under way."""
        while self.crew.worker.run_one():
            pass

    def get(self, name: str) -> Stack:
        """Answer a stack."""
        return self.crew.lookup.get(ASKER, name)

    def told(self, name: str) -> list[str]:
        """Answer what has happened to a stack, as `NAME STATUS`, from the first on."""
        _, page = self.crew.lookup.list_events(ASKER, name, token=None)
        return [f"{each.logical_id} {each.status}" for each in reversed(page.items)]

    def reasons(self, name: str) -> list[str]:
        """Answer the reasons of everything that has failed or was undone, from the first on."""
        _, page = self.crew.lookup.list_events(ASKER, name, token=None)
        return [each.reason for each in reversed(page.items) if each.reason not in (None, "User Initiated")]

    def rows(self, name: str) -> dict[str, str]:
        """Answer the status of each resource."""
        return {row.logical_id: row.status for row in self.crew.lookup.list_resources(ASKER, name)[1]}


@contextmanager
def stack_bench() -> Iterator[StackBench]:
    """Open stacks on a database of their own, in memory where the machine has a folder for that."""
    with TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        db = make_database(Path(folder))
        yield StackBench(db)
        db.close()


def given(template: Any, tags: Mapping[str, str] | None = None, /, **parameters: str) -> Given:
    """Say what a stack shall be."""
    body = template if isinstance(template, str) else json.dumps(template)
    return Given(
        source=Source(body=body),
        parameters=tuple(GivenParameter(name=name, value=value) for name, value in parameters.items()),
        tags=tags,
    )


def things(**named: Mapping[str, Any]) -> dict[str, Any]:
    """Make a template of things; a member that is no property is one of the resource (`DependsOn`)."""
    resources = {}
    for name, members in named.items():
        properties = {key: value for key, value in members.items() if key in Thing.properties}
        others = {key: value for key, value in members.items() if key not in Thing.properties}
        resources[name] = {"Type": THING, "Properties": properties, **others}
    return {"Resources": resources}
