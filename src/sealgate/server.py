"""The composition root: `Config` -> stores -> services -> application. The one place that wires."""

from __future__ import annotations

import gc
import logging
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from sealgate.aws.apis import APIS
from sealgate.aws.app import App
from sealgate.aws.context import Services
from sealgate.aws.operation import Api
from sealgate.aws.witness import Witness
from sealgate.clock import Clock, system_clock
from sealgate.config import Config
from sealgate.errors import Invalid
from sealgate.listener import authority_of, is_loopback, open_listener, reachable_authority_of, serving
from sealgate.logs import log_to_stderr
from sealgate.runtime.errors import SandboxUnavailable
from sealgate.runtime.sandboxes import find_sandbox
from sealgate.services.access.catalogue import Catalogue
from sealgate.services.access.door import Door
from sealgate.services.audit.lookup import LookupService
from sealgate.services.audit.trail import AuditTrail
from sealgate.services.functions.configs import ConfigService
from sealgate.services.functions.service import FunctionService
from sealgate.services.iam.service import IamService
from sealgate.services.identity.accounts import IdentityService
from sealgate.services.identity.sessions import SessionService
from sealgate.services.layers.permissions import LayerPermissionService
from sealgate.services.layers.service import LayerService
from sealgate.services.logs.service import LogService
from sealgate.services.logs.sink import LogSink
from sealgate.services.metrics.meter import UNWATCHED, Meter
from sealgate.services.metrics.service import MetricService
from sealgate.services.objects.service import ObjectService
from sealgate.services.signing.profiles import ProfileService
from sealgate.services.signing.revocation import RevocationService
from sealgate.services.signing.service import SigningService
from sealgate.services.signing.worker import SigningWorker
from sealgate.store.blobs_file import FileBlobs
from sealgate.store.database import Database
from sealgate.store.folder import DataFolder, ServerCredentials
from sealgate.store.opening import note_database, open_database_of
from sealgate.store.references import blob_references
from sealgate.trust.authority import Authority
from sealgate.trust.key_encryption import read_key_file
from sealgate.trust.keys_file import FileKeyStore
from sealgate.trust.roots import TrustRoots, authority_root, parse_root

log = logging.getLogger("sealgate")

_SWEEP_AGE_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything below the wire, opened on one data folder."""

    folder: DataFolder
    db: Database
    blobs: FileBlobs
    authority: Authority
    roots: TrustRoots
    clock: Clock
    services: Services
    door: Door
    worker: SigningWorker
    trail: AuditTrail
    log_sink: LogSink
    meter: Meter


def open_house(config: Config, *, clock: Clock = system_clock) -> House:
    """Open a data folder, made ready on first use: folder, schema, authority.

    Holds no lock: a server locks the folder first, a command that only reads or signs a list need not.

    Raises:
        Invalid: A part of the folder, the database or the key file cannot be used.
        Conflict: The database was written by a newer release.
    """
    folder = DataFolder(config.data)
    folder.create()
    keys = FileKeyStore(folder.keys, kek=None if config.key_file is None else read_key_file(config.key_file))
    keys.encrypt_plain()
    db = open_database_of(folder, config.database)
    identity, access = IdentityService(db=db, clock=clock), IamService.on(db, clock)
    _refuse_second_root(folder, identity, config.account)
    blobs = FileBlobs(folder.blobs)
    authority = Authority.open(folder.authority, keys, clock)
    roots = _trust_roots(authority, folder.roots)
    objects = ObjectService(db=db, blobs=blobs, clock=clock)
    revocation = RevocationService(db=db, clock=clock, strict_aws=config.strict_aws)
    meter = _open_meter(config, db, authority, clock)
    logs = LogService(db=db, clock=clock)
    worker = SigningWorker(
        db=db, objects=objects, blobs=blobs, authority=authority, roots=roots, clock=clock, meter=meter
    )
    return House(
        folder=folder,
        db=db,
        blobs=blobs,
        authority=authority,
        roots=roots,
        clock=clock,
        worker=worker,
        trail=AuditTrail(db=db, authority=authority, clock=clock),
        log_sink=LogSink(db=db, groups=logs.groups, clock=clock),
        meter=meter,
        door=Door(rights=access.rights, catalogue=Catalogue(db=db)),
        services=Services(
            identity=identity,
            iam=access,
            sessions=SessionService(db=db, clock=clock, rights=access.rights),
            lookups=LookupService(db=db, clock=clock),
            metrics=MetricService(db=db, clock=clock),
            logs=logs,
            objects=objects,
            profiles=ProfileService(db=db, clock=clock),
            signing=SigningService(db=db, objects=objects, clock=clock, wake=worker.wake),
            revocation=revocation,
            configs=ConfigService(db=db, clock=clock, strict_aws=config.strict_aws),
            functions=FunctionService(
                db=db, blobs=blobs, objects=objects, revocation=revocation, roots=roots, clock=clock, meter=meter
            ),
            layers=LayerService(db=db, blobs=blobs, objects=objects, revocation=revocation, roots=roots, clock=clock),
            layer_permissions=LayerPermissionService(db=db),
        ),
    )


def make_app(house: House, apis: Sequence[Api], config: Config) -> App:
    """Put the wire on top of a house whose audit trail records."""
    witness = Witness(db=house.db, recorder=house.trail.recorder, rights=house.services.iam.rights)
    return App(
        apis=apis,
        services=house.services,
        door=house.door,
        witness=witness,
        config=config,
        clock=house.clock,
        meter=house.meter,
    )


class Server:
    """One running server: HTTP, signing workers, and the lock on the data folder.

    Example:
        >>> server = Server(Config(data=folder, port=0))
        >>> url = server.start()
        >>> server.stop()
    """

    def __init__(self, config: Config, *, clock: Clock = system_clock) -> None:
        self._config = config
        self._clock = clock
        self._closing = ExitStack()

    def start(self) -> str:
        """Open everything and serve; answer the address (`http://HOST:PORT`) once requests are taken.

        Raises:
            SealgateError: The folder, a key or the address cannot be used; nothing stays open.
        """
        with ExitStack() as opened:
            listener = opened.enter_context(open_listener(self._config.host, self._config.port))
            endpoint = f"http://{authority_of(listener)}"
            DataFolder(self._config.data).create()
            opened.enter_context(DataFolder(self._config.data).locked())
            house = open_house(self._config, clock=self._clock)
            opened.callback(house.db.close)
            note_database(house.folder, self._config.database)
            _prepare_account(house, self._config, f"http://{reachable_authority_of(listener)}")
            _sweep(house)
            house.trail.start()
            opened.callback(house.trail.stop)
            house.worker.start()
            opened.callback(house.worker.stop)
            house.log_sink.start()
            opened.callback(house.log_sink.stop)
            app = make_app(house, APIS, self._config)
            opened.enter_context(serving(app, listener))
            # The service models are there for good: the collector need not walk through them again and again.
            gc.freeze()
            self._closing = opened.pop_all()
        return endpoint

    def stop(self) -> None:
        """Take no more requests, finish those under way, stop the workers, seal the audit trail, close the stores."""
        self._closing.close()


def run(config: Config) -> int:
    """Serve until SIGTERM or SIGINT; print the address on stdout when ready. Answers the exit status."""
    log_to_stderr()
    stopping = requests_to_stop()
    server = Server(config)
    endpoint = server.start()
    _say_what_is_insecure(config, endpoint)
    _say_whether_functions_run(config)
    print(f"listening on {endpoint}", flush=True)  # noqa: T201 - this line is what a caller waits for
    stopping.get()
    # Whoever presses Ctrl-C twice does not want to wait; what was acknowledged is safe. A service manager may well
    # repeat its SIGTERM, so that one never cuts a request short.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    log.info("stopping: requests under way are finished first; Ctrl-C ends them")
    server.stop()
    return 0


def requests_to_stop() -> SimpleQueue[int]:
    """Take SIGTERM and SIGINT from now on; each is put into the queue.

    No event: a signal may come while another one's handler runs, and would wait for the event's lock for ever.
    """
    received: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: received.put(number))
    return received


def _open_meter(config: Config, db: Database, authority: Authority, clock: Clock) -> Meter:
    if not config.metrics:
        return UNWATCHED
    from sealgate.services.metrics.prometheus import PrometheusMeter  # noqa: PLC0415 - it takes a tenth of a second to load

    return PrometheusMeter(db=db, authority=authority, clock=clock)


def _refuse_second_root(folder: DataFolder, identity: IdentityService, account: str) -> None:
    """Make no second authority where the first one's root was lost: all that it signed would fail."""
    if not folder.root_certificate.exists() and identity.find_root_key(account) is not None:
        raise Invalid(f"{folder.root_certificate} is missing, and the account is not new: restore it from a backup")


def _say_what_is_insecure(config: Config, endpoint: str) -> None:
    if config.auth == "none":
        log.warning("--auth none: ANYONE who reaches this address may sign, deploy and revoke; for throw-away use only")
    if not is_loopback(endpoint):
        log.warning("%s is open to other machines, and HTTP is not encrypted: put a TLS proxy in front", endpoint)
    if config.metrics:
        log.warning("--metrics: whoever reaches this address may read what the server counts, at /metrics")
    if config.sandbox == "none":
        log.warning("--sandbox none: functions see and do whatever the user of this server can")
    if config.key_file is None:
        log.warning("no key file is configured: the private keys are protected by file permissions only")


def _say_whether_functions_run(config: Config) -> None:
    try:
        find_sandbox(config.sandbox)
    except SandboxUnavailable as error:
        log.warning("functions are deployed but not run: %s. `--sandbox none` would run them unconfined", error)


def _trust_roots(authority: Authority, folder: Path) -> TrustRoots:
    imported = []
    for path in sorted(folder.glob("*.pem")):
        try:
            imported.append(parse_root(path.read_bytes(), name=path.stem))
        except OSError as error:
            raise Invalid(f"trust root {path}: {error.strerror}") from error
    return TrustRoots(roots=(authority_root(authority.root_certificate), *imported))


def _prepare_account(house: House, config: Config, endpoint: str) -> None:
    identity = house.services.identity
    key = identity.find_root_key(config.account) or identity.create_account(config.account, region=config.region)
    house.folder.write_credentials(
        ServerCredentials(
            account=config.account,
            region=config.region,
            access_key_id=key.access_key_id,
            secret_access_key=key.secret,
            endpoint=endpoint,
        )
    )


def _sweep(house: House) -> None:
    # Only here, before the first request, can no upload be about to refer to a blob that the sweep takes.
    with house.db.read() as tx:
        referenced = blob_references(tx)
    gone = house.blobs.sweep(referenced, older_than_seconds=_SWEEP_AGE_SECONDS, now=house.clock().timestamp())
    if gone:
        log.info("removed %d blobs that nothing refers to", gone)
    ended = house.services.sessions.sweep()
    if ended:
        log.info("forgot %d sessions that have ended", ended)
