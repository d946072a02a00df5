"""Invoking functions: at once, later, or only to see whether one might.

Source: Lambda API reference, Invoke.
"""

from __future__ import annotations

import base64
import binascii
import random
import threading
from dataclasses import dataclass
from typing import Literal

import orjson

from sealgate.clock import Clock
from sealgate.runtime.report import Result
from sealgate.runtime.runtime_api import Invocation
from sealgate.services.functions.errors import InvalidParameter
from sealgate.services.functions.names import FunctionName, parse_function_name
from sealgate.services.functions.resolution import Draw, resolve
from sealgate.services.invocations.payloads import check_payload
from sealgate.services.invocations.queue import InvocationQueue
from sealgate.services.invocations.running import Runnable, Runner, find_runnable
from sealgate.services.scope import Scope
from sealgate.store.database import Database
from sealgate.store.invocations import QueuedInvocation, queued_invocations

Kind = Literal["RequestResponse", "Event", "DryRun"]
MAX_CONTEXT = 3583
"""Bytes of a client context in base64 (Lambda API reference, Invoke)."""
MAX_REASON = 1024
"""Bytes of a function's error that are kept as the reason why an asynchronous invocation has failed."""
_LOOKING = 8
"""Invocations that look into the database at once."""
_NO_CONTEXT = "Client context must be a valid Base64-encoded JSON object."


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An invocation as it is asked for.

    Attributes:
        request_id: Of the call.
        function: The name, in any form.
        qualifier: A version or an alias, where the name has none.
        client_context: Base64 of JSON; None where none is given.
    """

    request_id: str
    function: str
    qualifier: str | None
    kind: Kind
    payload: bytes
    client_context: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of it.

    Attributes:
        executed_version: The version that ran, or would; None for an asynchronous one, which is not known yet.
        result: How the function ended; None where it has not run.
    """

    executed_version: str | None
    result: Result | None = None


class InvocationService:
    """The use cases of Invoke.

    Args:
        db: Where functions are.
        runner: Runs them.
        clock: The time.
        draw: Chooses between the two versions of an alias.
        server: What this server calls itself in leases.
    """

    def __init__(
        self,
        *,
        db: Database,
        runner: Runner,
        clock: Clock,
        draw: Draw = random.random,
        server: str = "server",
    ) -> None:
        self._db = db
        self._runner = runner
        self._clock = clock
        self._draw = draw
        self._looking = threading.BoundedSemaphore(_LOOKING)
        self.queue = InvocationQueue(db=db, run=self.run_queued, clock=clock, name=server)

    def invoke(self, scope: Scope, request: Request) -> Outcome:
        """Invoke a function.

        Raises:
            FunctionNotFound: There is no such function, version or alias.
            PayloadTooLarge, UnreadablePayload: The payload cannot be handed over.
            InvalidParameter: The client context cannot.
            Throttled: As many invocations run as may.
            StartRefused: The code is not what was deployed, or its signature is revoked or has expired.
            RuntimeUnavailable, SandboxUnavailable, StartFailed: This host cannot run it.
        """
        name = parse_function_name(request.function, scope, qualifier=request.qualifier)
        context = None if request.client_context is None else _parse_context(request.client_context)
        if request.kind == "Event":
            self._enqueue(scope, name, request)
            return Outcome(executed_version=None)
        payload = check_payload(request.payload, kind=request.kind)
        runnable = self._find(name)
        version = runnable.function.version_name
        if request.kind == "DryRun":
            return Outcome(executed_version=version)
        invocation = Invocation(
            request_id=request.request_id, payload=payload, client_context=context, invoked_arn=name.arn
        )
        return Outcome(executed_version=version, result=self._runner.run(runnable, invocation))

    def run_queued(self, queued: QueuedInvocation) -> str | None:
        """Run an asynchronous invocation; answer how the function failed, or None.

        Raises:
            SealgateError: As `invoke`.
        """
        name = FunctionName(
            account=queued.account, region=queued.region, name=queued.function, qualifier=queued.qualifier or None
        )
        context = None if queued.client_context is None else _parse_context(queued.client_context)
        invocation = Invocation(
            request_id=queued.request_id, payload=queued.payload, client_context=context, invoked_arn=name.arn
        )
        result = self._runner.run(self._find(name), invocation)
        return None if result.error is None else _printable(result.payload[:MAX_REASON])

    def _find(self, name: FunctionName) -> Runnable:
        """Look up what is to run; a thousand invocations that come at once do not need as many connections."""
        with self._looking:
            with self._db.read() as tx:
                found = find_runnable(tx, resolve(tx, name, draw=self._draw).function)
            self._db.give_way()
        return found

    def _enqueue(self, scope: Scope, name: FunctionName, request: Request) -> None:
        payload = check_payload(request.payload, kind="Event")
        now = self._clock()
        with self._db.write() as tx:
            resolve(tx, name)
            queued = QueuedInvocation(
                request_id=request.request_id,
                account=name.account,
                region=name.region,
                function=name.name,
                qualifier=name.qualifier or "",
                invoked_by=scope.caller_arn,
                payload=payload,
                client_context=request.client_context,
                created_at=now,
                due_at=now,
            )
            queued_invocations.insert(tx, queued)
        self._db.after_commit(self.queue.wake)


def _printable(payload: bytes) -> str:
    """Write what a function has answered so that it forges no line of a log, and any database keeps it."""
    text = payload.decode("utf-8", errors="replace")
    return "".join([each if each.isprintable() else " " for each in text])


def _parse_context(text: str) -> str:
    """Read the client context, which comes as base64 in a header.

    Raises:
        InvalidParameter: It is too long, or no base64 of a JSON object.
    """
    if len(text) > MAX_CONTEXT:
        raise InvalidParameter(f"Client context must be no more than {MAX_CONTEXT} bytes when base64-encoded.")
    try:
        context = base64.b64decode(text, validate=True)
        if not isinstance(orjson.loads(context), dict):
            raise InvalidParameter(_NO_CONTEXT)
    except (binascii.Error, orjson.JSONDecodeError) as error:
        raise InvalidParameter(_NO_CONTEXT) from error
    return context.decode()
