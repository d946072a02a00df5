"""What follows from changes of functions for the processes that run them."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from sealgate.errors import SealgateError
from sealgate.runtime.host import FunctionHost
from sealgate.runtime.interpreters import Interpreters
from sealgate.services.functions.parts import parts_of
from sealgate.services.functions.runs import Runs
from sealgate.services.invocations.roles import FunctionRoles
from sealgate.services.invocations.starting import Starter
from sealgate.store.database import Database
from sealgate.store.functions import Function

log = logging.getLogger("sealgate.starts")


class Hosting(Runs):
    """Unpacks code when it is deployed, so that no first start has to, and ends processes of what is gone.

    Args:
        db: Where functions are.
        host: Has their processes.
        interpreters: The runtimes of this host.
        starter: Unpacks.
        roles: Knows which roles functions can have.
        any_runtime: Let functions be created that this host cannot run.
    """

    def __init__(
        self,
        *,
        db: Database,
        host: FunctionHost,
        interpreters: Interpreters,
        starter: Starter,
        roles: FunctionRoles,
        any_runtime: bool,
    ) -> None:
        self._db = db
        self._host = host
        self._interpreters = interpreters
        self._starter = starter
        self._roles = roles
        self._any_runtime = any_runtime
        self._unpacking = ThreadPoolExecutor(1, thread_name_prefix="function-unpacking")

    def close(self) -> None:
        """Unpack nothing more; what is not unpacked yet is unpacked when it is started."""
        self._unpacking.shutdown(cancel_futures=True)

    def check_runtime(self, runtime: str) -> None:
        """Check that functions of a runtime can be run here (see `Runs`)."""
        if not self._any_runtime and runtime:
            self._interpreters.find(runtime)

    def check_role(self, function: Function) -> None:
        """Check that a function can have its role (see `Runs`)."""
        self._roles.check(function)

    def note_change(self, function: Function) -> None:
        """End what runs of the function as it was, and unpack what it is now (see `Runs`)."""
        self._end(function.qualified_arn)
        with suppress(RuntimeError):  # the server is stopping: what is not unpacked now is, when it is started
            self._unpacking.submit(self._unpack, function)

    def note_end(self, arn: str) -> None:
        """End what runs of a function or version (see `Runs`)."""
        self._end(arn)

    def _end(self, arn: str) -> None:
        self._host.end(lambda key: key.startswith((f"{arn} ", f"{arn}:")))

    def _unpack(self, function: Function) -> None:
        try:
            with self._db.read() as tx:
                parts = parts_of(tx, function)
            self._starter.prepare(function, parts)
        except (SealgateError, OSError) as error:
            log.warning("%s could not be unpacked before its first start: %s", function.qualified_arn, error)
