"""The simulator rules as the door does."""

import itertools
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate.policy.evaluate import Decision
from sealgate.services.access.catalogue import Catalogue
from sealgate.services.access.door import Door, request_context
from sealgate.services.access.entry import AccessDenied, Entry, Wanted
from sealgate.services.iam.entities import ActorKind
from sealgate.services.iam.pages import Range
from sealgate.services.iam.policies import NewPolicy
from sealgate.services.iam.simulated_context import ContextEntry
from sealgate.services.iam.simulation import Question
from sealgate.services.objects.buckets import BucketService
from sealgate.services.objects.policies import BucketPolicyService
from tests.support.iam import ACCOUNT, OTHER, Iam, document, principal_of, trusting

USER, ROLE = f"arn:aws:iam::{ACCOUNT}:user/bob", f"arn:aws:iam::{ACCOUNT}:role/signer"
NAMES: dict[ActorKind, str] = {"user": "bob", "role": "signer"}
ACTIONS = ("s3:GetObject", "s3:PutObject")
ENDS = ("/*", "/*", "/*", "/bob", "/${aws:username}", "/${aws:PrincipalTag/team}", "")
CONDITIONS: tuple[dict[str, Any], ...] = (
    *({}, {}, {}, {}, {}, {}),  # most statements shall be about most requests
    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    {"StringNotLike": {"aws:PrincipalArn": "*:role/*"}},
    {"StringEquals": {"aws:PrincipalType": "AssumedRole"}},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"StringEquals": {"aws:ResourceAccount": ACCOUNT}},
    {"Null": {"aws:username": "true"}},
)
PRINCIPALS: tuple[Any, ...] = ("*", {"AWS": ACCOUNT}, {"AWS": USER}, {"AWS": ROLE}, {"AWS": OTHER})


def statements(bucket: str, principals: tuple[Any, ...] = ()) -> st.SearchStrategy[dict[str, Any]]:
    """Statements about a bucket and what is in it; with principals, of its own policy."""
    named = {"Principal": st.sampled_from(principals)} if principals else {}
    resource = [f"arn:aws:s3:::{bucket}{end}" for end in ENDS] + ([] if principals else ["*"])
    return st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(("Allow", "Allow", "Allow", "Allow", "Deny")),
            "Action": st.sampled_from((*ACTIONS, "s3:*", "s3:*")),
            "Resource": st.sampled_from(resource),
            "Condition": st.sampled_from(CONDITIONS),
        }
        | named
    )


def documents(bucket: str, principals: tuple[Any, ...] = ()) -> st.SearchStrategy[str]:
    return st.lists(statements(bucket, principals), min_size=1, max_size=3).map(lambda each: document(*each))


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A bucket of this account or of the other, and policies about it.

    Attributes:
        kind: Who asks: a user, or a role in a session. AWS simulates no policies of resources for roles.
        resource: The bucket's policy.
    """

    kind: ActorKind
    bucket: str
    identity: list[str]
    boundary: str | None
    resource: str | None
    action: str
    key: str
    is_secure: bool

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}/{self.key}"


@st.composite
def worlds(draw: st.DrawFn) -> World:
    kind: ActorKind = draw(st.sampled_from(("user", "user", "role")))
    bucket = draw(st.sampled_from(("here", "there")))
    return World(
        kind=kind,
        bucket=bucket,
        identity=draw(st.lists(documents(bucket), min_size=draw(st.sampled_from((0, 1, 1))), max_size=2)),
        boundary=draw(st.none() | documents(bucket)),
        resource=draw(st.none() | documents(bucket, PRINCIPALS)) if kind == "user" else None,
        action=draw(st.sampled_from(ACTIONS)),
        key=draw(st.sampled_from(("bob", "red", "key"))),
        is_secure=draw(st.booleans()),
    )


class Stage:
    """A user `bob`, a role `signer` in a session, and two buckets of two accounts, with policies that change."""

    def __init__(self, iam: Iam) -> None:
        self._iam = iam
        self._door = Door(rights=iam.iam.rights, catalogue=Catalogue(db=iam.db))
        self._policies = BucketPolicyService(db=iam.db)
        self._owners = {"here": iam.scope, "there": iam.other}
        self._limits = itertools.count()
        for bucket, scope in self._owners.items():
            BucketService(db=iam.db, clock=iam.clock).create(scope, bucket, location=None)
        user = iam.add_user("bob", tags=(("Team", "red"),))
        role = iam.add_role("signer", trusting(user.arn), tags=(("team", "red"),))
        self._callers = {"user": user, "role": principal_of(iam.assume(user, role).session)}

    def arrange(self, world: World) -> None:
        """Give the user or role, and the bucket, the policies of a world."""
        iam, scope, name = self._iam.iam, self._iam.scope, NAMES[world.kind]
        for inline in iam.inline.list(scope, world.kind, name, Range()).items:
            iam.inline.delete(scope, world.kind, name, inline.name)
        for number, policy in enumerate(world.identity):
            iam.inline.put(scope, world.kind, name, f"p{number}", policy)
        if world.boundary is not None:
            limit = iam.policies.create(scope, NewPolicy(name=f"limit{next(self._limits)}", document=world.boundary))
            iam.boundaries.put(scope, world.kind, name, limit.policy.arn)
        elif iam.rights.of(self._callers[world.kind]).boundary is not None:
            iam.boundaries.delete(scope, world.kind, name)
        owner = self._owners[world.bucket]
        self._policies.delete(owner, world.bucket)
        if world.resource is not None:
            self._policies.put(owner, world.bucket, world.resource)

    def is_let_in(self, world: World) -> bool:
        """Tell whether the door opens."""
        try:
            self._door.admit(self._entry(world))
        except AccessDenied:
            return False
        return True

    def simulate(self, world: World) -> Decision:
        """Answer what the simulator says, who is told nothing of the caller but its ARN."""
        known = request_context(self._entry(world))
        if world.kind == "role":
            known = {**known, "aws:multifactorauthpresent": ("false",)}
        question = Question(
            actions=(world.action,),
            resources=(world.arn,),
            resource_policy=world.resource,
            resource_owner=f"arn:aws:iam::{self._owners[world.bucket].account}:root",
            entries=tuple(ContextEntry(name=key, type="string", values=values) for key, values in known.items()),
        )
        arn = f"arn:aws:iam::{ACCOUNT}:{world.kind}/{NAMES[world.kind]}"
        outcomes = self._iam.iam.simulation.simulate_principal(self._iam.scope, arn, question, Range())
        return outcomes.items[0].decision

    def _entry(self, world: World) -> Entry:
        return Entry(
            request_id="1",
            source_ip="10.1.2.3",
            principal=self._callers[world.kind],
            wanted=(Wanted(action=world.action, resource=world.arn),),
            now=self._iam.clock.now,
            region="us-east-1",
            is_secure=world.is_secure,
        )


@pytest.fixture
def stage(iam: Iam) -> Stage:
    return Stage(iam)


@given(worlds())
@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_simulator_rules_as_the_door_does(stage: Stage, world: World) -> None:
    stage.arrange(world)
    assert (stage.simulate(world) is Decision.ALLOWED) is stage.is_let_in(world)
