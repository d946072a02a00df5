"""One running server: the house, the wire on top of it, and what ends when it ends."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from sealgate.aws.apis import APIS
from sealgate.aws.app import App
from sealgate.aws.internal import InternalOperations
from sealgate.aws.operation import Api
from sealgate.aws.witness import Witness
from sealgate.clock import Clock, system_clock
from sealgate.config import Config
from sealgate.server.house import House, open_house
from sealgate.server.listener import authority_of, open_listener, reachable_authority_of, serving
from sealgate.store.folder import DataFolder, ServerCredentials
from sealgate.store.opening import note_database
from sealgate.store.references import blob_references

log = logging.getLogger("sealgate")

_SWEEP_AGE_SECONDS = 24 * 3600


def make_app(house: House, apis: Sequence[Api], config: Config) -> App:
    """Put the wire on top of a house whose audit trail records."""
    witness = Witness(db=house.db, recorder=house.trail.recorder, rights=house.services.iam.rights)
    house.operations.bind(
        InternalOperations(
            apis=apis,
            services=house.services,
            door=house.door,
            witness=witness,
            clock=house.clock,
            strict_aws=config.strict_aws,
        )
    )
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
            reachable = f"http://{reachable_authority_of(listener)}"
            house = open_house(self._config, clock=self._clock, endpoint=reachable)
            opened.callback(house.db.close)
            note_database(house.folder, self._config.database)
            _prepare_account(house, self._config, reachable)
            _sweep(house)
            house.trail.start()
            opened.callback(house.trail.stop)
            house.worker.start()
            opened.callback(house.worker.stop)
            house.log_sink.start()
            opened.callback(house.log_sink.stop)
            opened.enter_context(_running(house))
            app = make_app(house, APIS, self._config)
            house.stacks.worker.start()
            opened.callback(house.stacks.worker.stop)
            opened.enter_context(serving(app, listener))
            # The service models are there for good: the collector need not walk through them again and again.
            gc.freeze()
            self._closing = opened.pop_all()
        return endpoint

    def stop(self) -> None:
        """Take no more requests, finish those under way, stop the workers, seal the audit trail, close the stores."""
        self._closing.close()


@contextmanager
def _running(house: House) -> Iterator[None]:
    """Run functions until the block ends, and then end every process."""
    queue, running = house.services.invocations.queue, house.running
    running.retirement.start()
    queue.start()
    try:
        yield
    finally:
        queue.stop()
        running.retirement.stop()
        running.hosting.close()
        running.runner.close()
        queue.close()


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
    house.running.code.sweep(referenced)
    gone = house.blobs.sweep(referenced, older_than_seconds=_SWEEP_AGE_SECONDS, now=house.clock().timestamp())
    if gone:
        log.info("removed %d blobs that nothing refers to", gone)
    ended = house.services.sessions.sweep()
    if ended:
        log.info("forgot %d sessions that have ended", ended)
