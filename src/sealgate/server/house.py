"""The composition root below the wire: `Config` -> stores -> services. The one place that wires them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sealgate.aws.context import Services
from sealgate.clock import Clock, system_clock
from sealgate.config import Config
from sealgate.errors import Invalid
from sealgate.runtime.code import CodeStore
from sealgate.runtime.host import FunctionHost
from sealgate.runtime.interpreters import Interpreters
from sealgate.runtime.sandboxes import find_sandbox
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
from sealgate.services.invocations.hosting import Hosting
from sealgate.services.invocations.retirement import Retirement
from sealgate.services.invocations.retries import RetryService
from sealgate.services.invocations.roles import FunctionRoles
from sealgate.services.invocations.running import Runner
from sealgate.services.invocations.service import InvocationService
from sealgate.services.invocations.starting import Starter
from sealgate.services.layers.permissions import LayerPermissionService
from sealgate.services.layers.service import LayerService
from sealgate.services.logs.service import LogService
from sealgate.services.logs.sink import LogSink
from sealgate.services.metrics.meter import UNWATCHED, Meter
from sealgate.services.metrics.service import MetricService
from sealgate.services.objects.service import ObjectService
from sealgate.services.parameters.service import ParameterService
from sealgate.services.signing.issuing_authorities import IssuingAuthorities
from sealgate.services.signing.profiles import ProfileService
from sealgate.services.signing.revocation import RevocationService
from sealgate.services.signing.service import SigningService
from sealgate.services.signing.worker import SigningWorker
from sealgate.services.stacks.crew import Stacks, open_stacks
from sealgate.services.stacks.operations import DeferredOperations
from sealgate.services.stacks.resources.registry import RESOURCE_TYPES
from sealgate.store.blobs_file import FileBlobs
from sealgate.store.database import Database
from sealgate.store.folder import DataFolder
from sealgate.store.opening import open_database_of
from sealgate.trust.authority import Authority
from sealgate.trust.key_encryption import read_key_file
from sealgate.trust.keys_file import FileKeyStore
from sealgate.trust.roots import TrustRoots, authority_root, parse_root


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What everything stands on: one data folder, opened."""

    folder: DataFolder
    db: Database
    blobs: FileBlobs
    authority: Authority
    roots: TrustRoots
    clock: Clock
    meter: Meter


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What runs functions.

    Attributes:
        host: Their processes.
        runner: Gives them invocations.
        retirement: Ends those of revoked code.
        hosting: Follows changes of functions.
    """

    code: CodeStore
    host: FunctionHost
    runner: Runner
    retirement: Retirement
    hosting: Hosting


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
    ground = _open_ground(config, clock)
    db, blobs, authority, roots, meter = ground.db, ground.blobs, ground.authority, ground.roots, ground.meter
    access = IamService.on(db, clock)
    sessions = SessionService(db=db, clock=clock, rights=access.rights)
    objects = ObjectService(db=db, blobs=blobs, clock=clock)
    revocation = RevocationService(db=db, clock=clock, strict_aws=config.strict_aws)
    logs = LogService(db=db, clock=clock)
    log_sink = LogSink(db=db, groups=logs.groups, clock=clock)
    worker = SigningWorker(
        db=db, objects=objects, blobs=blobs, authority=authority, roots=roots, clock=clock, meter=meter
    )
    running = _open_running(config, ground, revocation=revocation, sessions=sessions, sink=log_sink, endpoint=endpoint)
    operations = DeferredOperations()
    services = Services(
        identity=IdentityService(db=db, clock=clock),
        iam=access,
        sessions=sessions,
        lookups=LookupService(db=db, clock=clock),
        metrics=MetricService(db=db, clock=clock),
        logs=logs,
        parameters=ParameterService(db=db, clock=clock),
        objects=objects,
        profiles=ProfileService(db=db, clock=clock),
        signing=SigningService(db=db, objects=objects, clock=clock, wake=worker.wake),
        revocation=revocation,
        configs=ConfigService(db=db, clock=clock, strict_aws=config.strict_aws),
        functions=_open_functions(ground, objects=objects, revocation=revocation, runs=running.hosting),
        invocations=InvocationService(db=db, runner=running.runner, clock=clock),
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
        trail=AuditTrail(db=db, authority=authority, clock=clock),
        log_sink=log_sink,
        running=running,
        operations=operations,
    )


def _open_ground(config: Config, clock: Clock) -> Ground:
    folder = DataFolder(config.data)
    folder.create()
    keys = FileKeyStore(folder.keys, kek=None if config.key_file is None else read_key_file(config.key_file))
    keys.encrypt_plain()
    db = open_database_of(folder, config.database)
    _refuse_second_root(folder, IdentityService(db=db, clock=clock), config.account)
    authority = Authority.open(folder.authority, keys, clock)
    return Ground(
        folder=folder,
        db=db,
        blobs=FileBlobs(folder.blobs),
        authority=authority,
        roots=_trust_roots(authority, folder.roots),
        clock=clock,
        meter=_open_meter(config, db, authority, clock),
    )


def _open_stacks(ground: Ground, *, operations: DeferredOperations, sessions: SessionService) -> Stacks:
    return open_stacks(
        db=ground.db,
        operations=operations,
        sessions=sessions,
        types=RESOURCE_TYPES,
        managed_policies=lambda partition: {each.name: each.arn for each in list_aws_managed(partition)},
        clock=ground.clock,
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


def _open_running(
    config: Config,
    ground: Ground,
    *,
    revocation: RevocationService,
    sessions: SessionService,
    sink: LogSink,
    endpoint: str,
) -> Running:
    db, clock = ground.db, ground.clock
    code = _open_code(ground)
    interpreters = Interpreters(ground.folder.runtimes)
    host = FunctionHost(sandbox=lambda: find_sandbox(config.sandbox), interpreters=interpreters, clock=clock)
    starter = Starter(db=db, code=code, revocation=revocation, clock=clock, meter=ground.meter)
    retirement = Retirement(host=host, starter=starter)
    roles = FunctionRoles(sessions)
    return Running(
        code=code,
        host=host,
        retirement=retirement,
        runner=Runner(
            db=db,
            host=host,
            starter=starter,
            retirement=retirement,
            roles=roles,
            sink=sink,
            clock=clock,
            endpoint=endpoint,
        ),
        hosting=Hosting(
            db=db,
            host=host,
            interpreters=interpreters,
            starter=starter,
            roles=roles,
            any_runtime=config.any_runtime,
        ),
    )


def _open_code(ground: Ground) -> CodeStore:
    issuers = IssuingAuthorities(db=ground.db, clock=ground.clock)

    def revoked_issuers() -> set[str]:
        found = {each.identity for each in issuers.list_revoked()}
        ground.db.give_way()  # who verifies code has a long way to go
        return found

    return CodeStore(
        ground.folder.code,
        open_blob=ground.blobs.open,
        authority=ground.authority,
        roots=ground.roots,
        clock=ground.clock,
        revoked_issuers=revoked_issuers,
    )


def _open_meter(config: Config, db: Database, authority: Authority, clock: Clock) -> Meter:
    if not config.metrics:
        return UNWATCHED
    from sealgate.services.metrics.prometheus import PrometheusMeter  # noqa: PLC0415 - it takes a tenth of a second to load

    return PrometheusMeter(db=db, authority=authority, clock=clock)


def _refuse_second_root(folder: DataFolder, identity: IdentityService, account: str) -> None:
    """Make no second authority where the first one's root was lost: all that it signed would fail."""
    if not folder.root_certificate.exists() and identity.find_root_key(account) is not None:
        raise Invalid(f"{folder.root_certificate} is missing, and the account is not new: restore it from a backup")


def _trust_roots(authority: Authority, folder: Path) -> TrustRoots:
    imported = []
    for path in sorted(folder.glob("*.pem")):
        try:
            imported.append(parse_root(path.read_bytes(), name=path.stem))
        except OSError as error:
            raise Invalid(f"trust root {path}: {error.strerror}") from error
    return TrustRoots(roots=(authority_root(authority.root_certificate), *imported))
