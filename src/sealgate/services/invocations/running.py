"""One invocation of one version of a function, from the place that it takes to the lines that it leaves.

    place -> a warm process, or: unpacked -> started, and meanwhile verified and given credentials -> run -> lines

Nothing here belongs to a transaction of the caller's: a function may run for a quarter of an hour, and nobody waits for
it with a lock or a connection in hand. What must be visible to the function while it runs, its credentials, another
thread writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.clock import Clock
from sealgate.runtime.host import FunctionHost
from sealgate.runtime.launch import Launch
from sealgate.runtime.report import Result
from sealgate.runtime.runtime_api import Invocation
from sealgate.services.functions.parts import Part, parts_of
from sealgate.services.invocations.capacity import Capacity
from sealgate.services.invocations.errors import StartRefused
from sealgate.services.invocations.lines import InvocationLines, new_stream
from sealgate.services.invocations.retirement import Retirement
from sealgate.services.invocations.roles import FunctionRoles
from sealgate.services.invocations.starting import Starter
from sealgate.services.logs.sink import LogSink, Target
from sealgate.services.switches import NETWORK, read_switch
from sealgate.store.database import Database, Tx
from sealgate.store.functions import LATEST_NUMBER, Function, find_latest, measure_functions

PROCESS_LIFE = timedelta(hours=11)
"""How long a process is given invocations: the last one ends, too, before its credentials do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runnable:
    """A version of a function, and what counts for running it.

    Attributes:
        function: The version.
        tags: Of the function as a whole.
        reserved: The invocations at once that the function reserves; None: it shares.
        parts: The packages that it consists of.
    """

    function: Function
    tags: Mapping[str, str]
    reserved: int | None
    parts: tuple[Part, ...]

    @property
    def has_network(self) -> bool:
        """Whether its processes have the host's network."""
        return read_switch(NETWORK, self.tags) == "host"


def find_runnable(tx: Tx, function: Function) -> Runnable:
    """Answer what counts for running a version of a function."""
    latest: Function | None = function
    if function.version != LATEST_NUMBER:
        latest = find_latest(tx, account=function.account, region=function.region, name=function.name)
    assert latest is not None, "a function with versions has $LATEST"
    return Runnable(
        function=function, tags=latest.tags, reserved=latest.reserved_concurrency, parts=parts_of(tx, function)
    )


class Runner:
    """Runs functions.

    Args:
        db: Where functions are.
        host: Has their processes.
        starter: Judges what is started.
        retirement: Is told what runs, so that it can be ended when its signature is revoked.
        roles: Makes their credentials.
        sink: Takes what functions print.
        clock: The time.
        endpoint: The address that functions with a network call this server at.
    """

    def __init__(
        self,
        *,
        db: Database,
        host: FunctionHost,
        starter: Starter,
        retirement: Retirement,
        roles: FunctionRoles,
        sink: LogSink,
        clock: Clock,
        endpoint: str,
    ) -> None:
        self._db = db
        self._host = host
        self._starter = starter
        self._retirement = retirement
        self._roles = roles
        self._sink = sink
        self._clock = clock
        self._endpoint = endpoint
        self._capacity = Capacity()
        self._apart = ThreadPoolExecutor(2, thread_name_prefix="function-credentials")

    def close(self) -> None:
        """End every process."""
        self._host.close()
        self._apart.shutdown()

    def run(self, runnable: Runnable, invocation: Invocation) -> Result:
        """Run an invocation; however the function ends, it is a result.

        Raises:
            Throttled: As many invocations run as may.
            StartRefused: The code is not what was deployed, or its signature is revoked or has expired.
            RuntimeUnavailable, SandboxUnavailable, StartFailed: This host cannot run it.
        """
        function = runnable.function
        place = (function.account, function.region)
        try:
            with self._capacity.taken(
                place,
                function.name,
                reserved=runnable.reserved,
                reserved_by_all=lambda: self._measure_reserved(function),
            ):
                result, lines = self._run(runnable, invocation)
        except StartRefused as error:
            self._starter.record(function, error.refused)
            raise
        lines.add(result.untold)
        return result

    def _run(self, runnable: Runnable, invocation: Invocation) -> tuple[Result, InvocationLines]:
        """Answer how it ended, and what takes its last lines."""
        key = process_key(runnable, self._clock())
        with self._host.acquire(key, lambda: self._launch(runnable), lambda: self._verify(runnable, key)) as lease:
            self._db.give_way()
            lines = InvocationLines(self._sink, lambda: _target(lease.launch), self._clock)
            return lease.invoke(invocation, lines.add), lines

    def _launch(self, runnable: Runnable) -> Launch:
        function = runnable.function
        folders = self._starter.prepare(function, runnable.parts)
        return Launch(
            function_arn=function.qualified_arn,
            name=function.name,
            version_name=function.version_name,
            runtime=function.runtime,
            handler=function.handler,
            memory_size=function.memory_size,
            timeout=function.timeout,
            ephemeral_storage=function.ephemeral_storage,
            environment=function.environment,
            region=function.region,
            account=function.account,
            log_group=function.log_group,
            log_stream=new_stream(function, self._clock()),
            credentials=self._apart.submit(self._roles.make_credentials, function).result,
            endpoint=self._endpoint if runnable.has_network else None,
            task=folders.task,
            layers=folders.layers,
            network=runnable.has_network,
            log_format=function.log_format,
            application_log_level=function.application_log_level,
            system_log_level=function.system_log_level,
        )

    def _verify(self, runnable: Runnable, key: str) -> None:
        signed = self._starter.check(runnable.function, runnable.parts)
        self._retirement.watch(key, runnable.function, signed)

    def _measure_reserved(self, function: Function) -> int:
        with self._db.read() as tx:
            return measure_functions(tx, account=function.account, region=function.region).reserved


def _target(launch: Launch) -> Target:
    return Target(launch.account, launch.region, launch.log_group, launch.log_stream)


def process_key(runnable: Runnable, now: datetime) -> str:
    """Name the processes that are interchangeable: of one revision of one version, begun in the same hours."""
    function = runnable.function
    era = int(now.timestamp() // PROCESS_LIFE.total_seconds())
    network = "host" if runnable.has_network else "none"
    return f"{function.qualified_arn} {function.revision_id} {network} {era}"
