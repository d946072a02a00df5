"""The composition root below the wire: `Config` -> stores -> services. The one place that wires them."""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.aws.context import Services
from sealgate.clock import Clock, system_clock
from sealgate.config import Config
from sealgate.server.ground import Ground, open_ground
from sealgate.server.running import Running, open_running
from sealgate.services.access.catalogue import Catalogue
from sealgate.services.access.door import Door
from sealgate.services.audit.lookup import LookupService
from sealgate.services.audit.trail import AuditTrail
from sealgate.services.functions.configs import ConfigService
from sealgate.services.functions.runs import Runs
from sealgate.services.functions.service import FunctionService
from sealgate.services.iam.aws_managed import list_aws_managed
from sealgate.services.iam.service import IamService
from sealgate.services.identity.accounts import IdentityService
from sealgate.services.identity.sessions import SessionService
from sealgate.services.invocations.retries import RetryService
from sealgate.services.invocations.service import InvocationService
from sealgate.services.layers.permissions import LayerPermissionService
from sealgate.services.layers.service import LayerService
from sealgate.services.logs.service import LogService
from sealgate.services.logs.sink import LogSink
from sealgate.services.metrics.meter import Meter
from sealgate.services.metrics.service import MetricService
from sealgate.services.objects.service import ObjectService
from sealgate.services.parameters.service import ParameterService
from sealgate.services.signing.profiles import ProfileService
from sealgate.services.signing.revocation import RevocationService
from sealgate.services.signing.service import SigningService
from sealgate.services.signing.worker import SigningWorker
from sealgate.services.stacks.crew import Stacks, open_stacks
from sealgate.services.stacks.operations import DeferredOperations
from sealgate.services.stacks.resources.registry import RESOURCE_TYPES
from sealgate.store.audit_journal import Journal
from sealgate.store.blobs_file import FileBlobs
from sealgate.store.database import Database
from sealgate.store.folder import DataFolder
from sealgate.trust.authority import Authority
from sealgate.trust.roots import TrustRoots


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything below the wire, opened on one data folder.

    Attributes:
        operations: What stacks perform; the wire binds it.
    """

    ground: Ground
    services: Services
    door: Door
    worker: SigningWorker
    trail: AuditTrail
    log_sink: LogSink
    running: Running
    operations: DeferredOperations

    @property
    def stacks(self) -> Stacks:
        """CloudFormation."""
        return self.services.stacks

    @property
    def folder(self) -> DataFolder:
        """The data folder."""
        return self.ground.folder

    @property
    def db(self) -> Database:
        """The database."""
        return self.ground.db

    @property
    def blobs(self) -> FileBlobs:
        """The packages and objects."""
        return self.ground.blobs

    @property
    def authority(self) -> Authority:
        """Who signs."""
        return self.ground.authority

    @property
    def roots(self) -> TrustRoots:
        """Whose signatures count."""
        return self.ground.roots

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.ground.clock

    @property
    def meter(self) -> Meter:
        """What counts."""
        return self.ground.meter


def open_house(config: Config, *, clock: Clock = system_clock, endpoint: str = "") -> House:
    """Open a data folder, made ready on first use: folder, schema, authority.

    Holds no lock: a server locks the folder first, a command that only reads or signs a list need not.

    Args:
        config: Which, and how.
        clock: The time.
        endpoint: The address that functions call this server at; empty where nobody listens.

    Raises:
        Invalid: A part of the folder, the database or the key file cannot be used.
        Conflict: The database was written by a newer release.
    """
    ground = open_ground(config, clock)
    db, blobs, authority, roots, meter = ground.db, ground.blobs, ground.authority, ground.roots, ground.meter
    access = IamService.on(db, clock)
    sessions = SessionService(db=db, clock=clock, rights=access.rights)
    objects = ObjectService(db=db, blobs=blobs, clock=clock)
    revocation = RevocationService(db=db, clock=clock, strict_aws=config.strict_aws)
    logs = LogService(db=db, clock=clock)
    log_sink = LogSink(db=db, groups=logs.groups, clock=clock)
    name = ground.folder.name
    worker = SigningWorker(
        db=db, objects=objects, blobs=blobs, authority=authority, roots=roots, clock=clock, meter=meter, name=name
    )
    running = open_running(config, ground, revocation=revocation, sessions=sessions, sink=log_sink, endpoint=endpoint)
    operations = DeferredOperations()
    trail = AuditTrail(db=db, journal=Journal(ground.folder.journal), authority=authority, clock=clock)
    services = Services(
        identity=IdentityService(db=db, clock=clock),
        iam=access,
        sessions=sessions,
        lookups=LookupService(db=db, settle=trail.filing.settle, clock=clock),
        metrics=MetricService(db=db, clock=clock),
        logs=logs,
        parameters=ParameterService(db=db, clock=clock),
        objects=objects,
        profiles=ProfileService(db=db, clock=clock),
        signing=SigningService(db=db, objects=objects, clock=clock, wake=worker.wake, await_end=worker.await_end),
        revocation=revocation,
        configs=ConfigService(db=db, clock=clock, strict_aws=config.strict_aws),
        functions=_open_functions(ground, objects=objects, revocation=revocation, runs=running.hosting),
        invocations=InvocationService(db=db, runner=running.runner, clock=clock, server=name),
        retries=RetryService(db=db, clock=clock),
        layers=LayerService(db=db, blobs=blobs, objects=objects, revocation=revocation, roots=roots, clock=clock),
        layer_permissions=LayerPermissionService(db=db),
        stacks=_open_stacks(ground, operations=operations, sessions=sessions),
    )
    return House(
        ground=ground,
        services=services,
        door=Door(rights=access.rights, catalogue=Catalogue(db=db)),
        worker=worker,
        trail=trail,
        log_sink=log_sink,
        running=running,
        operations=operations,
    )


def _open_stacks(ground: Ground, *, operations: DeferredOperations, sessions: SessionService) -> Stacks:
    return open_stacks(
        db=ground.db,
        operations=operations,
        sessions=sessions,
        types=RESOURCE_TYPES,
        managed_policies=lambda partition: {each.name: each.arn for each in list_aws_managed(partition)},
        clock=ground.clock,
        server=ground.folder.name,
    )


def _open_functions(
    ground: Ground, *, objects: ObjectService, revocation: RevocationService, runs: Runs
) -> FunctionService:
    return FunctionService(
        db=ground.db,
        blobs=ground.blobs,
        objects=objects,
        revocation=revocation,
        roots=ground.roots,
        clock=ground.clock,
        meter=ground.meter,
        runs=runs,
    )
