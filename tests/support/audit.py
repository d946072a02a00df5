"""Audit events with plain values, and a trail that they are in."""

import dataclasses
import json
import uuid
from pathlib import Path
from typing import Any

from sealgate.arn import function_arn, job_arn, profile_arn
from sealgate.services.audit.actors import actor_of
from sealgate.services.audit.events import AuditEvent
from sealgate.services.audit.filing import Filing
from sealgate.services.audit.live import read_trail
from sealgate.services.audit.notes import JudgedArtifact, Judgement
from sealgate.services.audit.recorder import Recorder
from sealgate.services.audit.sealer import Sealer
from sealgate.services.audit.sequencer import Sequencer
from sealgate.store.audit import EventRecord, EventResource
from sealgate.store.audit_chain import list_events_after
from sealgate.store.audit_journal import Journal
from sealgate.store.database import Database
from sealgate.trust.trail import Head
from sealgate.trust.trail_verify import VerifiedTrail, verify_trail
from sealgate.x509.certificates import fingerprint
from tests.support.database import make_database
from tests.support.sealed import new_authority, roots_of
from tests.support.signer import NOW, SCOPE, MovableClock

PROFILE = profile_arn(SCOPE.region, SCOPE.account, "app")
JOB = job_arn(SCOPE.region, SCOPE.account, "11111111-2222-4333-8444-555555555555")


def an_event(number: int = 0, **changes: Any) -> EventRecord:
    """Make the record of an event, told apart by a number, with some fields changed."""
    record = EventRecord(
        event_id=str(uuid.UUID(int=number)),
        account=SCOPE.account,
        region=SCOPE.region,
        recorded_at=NOW,
        event_time=NOW.replace(microsecond=0),
        text=json.dumps({"eventID": str(uuid.UUID(int=number)), "eventName": "GetSigningProfile"}),
        event_name="GetSigningProfile",
        event_source="signer.amazonaws.com",
        user_name="root",
        access_key_id="AKIAROOT",
        read_only=True,
        category="Management",
        resources=(EventResource(type="AWS::Signer::SigningProfile", name=f"arn:{number}"),),
    )
    return record._replace(**changes)


def a_call(**changes: Any) -> AuditEvent:
    """Make the event of a call of the root user, with some fields changed."""
    event = AuditEvent(
        event_time=NOW,
        event_source="signer.amazonaws.com",
        event_name="GetSigningProfile",
        region=SCOPE.region,
        account=SCOPE.account,
        actor=actor_of(SCOPE.caller_arn, user_id=SCOPE.account, access_key_id="AKIAROOT"),
        source_ip="192.0.2.7",
        user_agent="aws-cli/2",
        request_id="request",
        read_only=True,
        request_parameters={"profileName": "app"},
        resources=(PROFILE,),
    )
    return event._replace(**changes)


def an_artifact(**changes: Any) -> JudgedArtifact:
    """Make a judged package, the function's own code, with some fields changed."""
    artifact = JudgedArtifact(
        layer_version_arn=None,
        package_sha256="ab" * 32,
        outcome="DENY",
        failed="MISMATCH",
        findings=(("publisher", "failed", "another one"),),
        profile_version_arn=f"{PROFILE}/AbCdEf0123",
        job_arn=JOB,
    )
    return dataclasses.replace(artifact, **changes)


def a_judgement(*artifacts: JudgedArtifact, **changes: Any) -> Judgement:
    """Make a refused deployment, of one package unless others are given, with some fields changed."""
    judgement = Judgement(
        function_arn=function_arn(SCOPE.region, SCOPE.account, "app"),
        config_arn="arn:config",
        outcome="DENY",
        failed="MISMATCH",
        artifacts=artifacts or (an_artifact(),),
    )
    return dataclasses.replace(judgement, **changes)


def told_events(db: Database, name: str) -> list[dict[str, Any]]:
    """Answer the events of that name, calls or not, in the order of their commits."""
    with db.read() as tx:
        told = [json.loads(text) for _, text in list_events_after(tx, 0, limit=10_000)]
    return [each for each in told if name in (each.get("eventName"), each.get("detail-type"))]


class TrailHouse:
    """A trail on a database, its authority, and the time. Nothing runs by itself."""

    def __init__(self, folder: Path, *, database: Database | None = None) -> None:
        self.clock = MovableClock()
        self.db = database or make_database(folder)
        self.authority = new_authority(self.clock)
        self.root_sha256 = fingerprint(self.authority.root_certificate)
        self.journal = Journal(folder / "journal")
        self.recorder = Recorder(journal=self.journal, clock=self.clock)
        self.filing = Filing(db=self.db, journal=self.journal)
        self.sequencer = Sequencer(db=self.db, root_sha256=self.root_sha256)
        self.sealer = Sealer(db=self.db, authority=self.authority, clock=self.clock)

    def add(self, *events: AuditEvent) -> None:
        """Commit events, each in a transaction of its own."""
        for event in events:
            with self.db.write() as tx:
                self.recorder.write(tx, event)

    def settle(self) -> None:
        """Put what was committed in order, and seal it."""
        self.sequencer.place_all()
        self.sealer.seal()

    def verify(self, *, expected: Head | None = None) -> VerifiedTrail:
        return verify_trail(
            read_trail(self.db),
            root_sha256=self.root_sha256,
            roots=roots_of(self.authority),
            at=self.clock(),
            expected=expected,
        )

    def texts(self) -> list[dict[str, Any]]:
        """The events in the order of their commits."""
        self.filing.settle()
        with self.db.read() as tx:
            return [json.loads(text) for _, text in list_events_after(tx, 0, limit=10_000)]

    def close(self) -> None:
        self.filing.close()
        self.db.close()
