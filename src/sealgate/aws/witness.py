"""What sees each call: its audit event commits with what it changed, or is in the journal before the answer goes out.

1. A call that may write runs in a unit of work (`Database.unit`), and its event is the last thing that the unit writes:
   change and evidence are one transaction. A refusal whose decision was recorded leaves its event in the same way.
2. What wrote nothing, a read or a refusal, is in a journal before its answer goes out, and is filed soon after.
3. Calls of nobody known are counted where they come in floods.

An event that cannot be written down undoes the change, and the call fails: nothing happens without evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sealgate.aws.exchange import Exchange
from sealgate.aws.narration import Circumstances, Narration, narrate, tell_call, tell_unknown
from sealgate.aws.reply import Reply
from sealgate.aws.wire import Bound
from sealgate.services.audit.actors import Actor, actor_of, unknown_actor
from sealgate.services.audit.events import AuditEvent
from sealgate.services.audit.notes import taking_notes
from sealgate.services.audit.recorder import Recorder
from sealgate.services.iam.rights import Rights
from sealgate.store.database import Database, Unit


class Witness:
    """Writes down every call.

    Args:
        db: What calls change.
        recorder: Writes events down.
        rights: Knows what a session was made from.
    """

    def __init__(self, *, db: Database, recorder: Recorder, rights: Rights) -> None:
        self._db = db
        self._recorder = recorder
        self._rights = rights
        self._narrations: dict[str, Narration] = {}

    def run(self, exchange: Exchange, handle: Callable[[], Reply]) -> Reply:
        """Run a handler as one transaction with the event of its call. Not for the event loop.

        Raises:
            Exception: What the handler has raised, or why nothing could be committed.
        """
        unit: Unit | None = None
        try:
            with self._db.unit() as unit, taking_notes() as exchange.notes:
                unit.before_commit(lambda tx: self._recorder.write(tx, self._tell(exchange)))
                return self.attend(exchange, handle)
        finally:
            exchange.is_recorded = unit is not None and unit.is_committed

    def attend(self, exchange: Exchange, handle: Callable[[], Reply]) -> Reply:
        """Run a handler, and keep how it ended.

        Raises:
            Exception: What the handler has raised.
        """
        try:
            reply = handle()
        except Exception as raised:
            exchange.refuse(raised)
            raise
        exchange.answer = reply.members
        return reply

    async def conclude(self, exchange: Exchange) -> None:
        """Write down how a call ended, unless that was done with its change.

        Raises:
            Exception: It could not be written down.
        """
        if exchange.is_recorded:
            return
        if exchange.principal is None:
            await self._recorder.record_unauthenticated(self._tell(exchange))
        else:
            await self._recorder.record_soon(partial(self._tell, exchange))

    def conclude_here(self, exchange: Exchange) -> None:
        """Write down how a call ended, unless that was done with its change. Not for the event loop.

        Raises:
            Exception: It could not be written down.
        """
        if not exchange.is_recorded:
            self._recorder.record(self._tell(exchange))

    def is_reading(self, bound: Bound) -> bool:
        """Tell whether calls of an operation change nothing."""
        return self._narration(bound).read_only

    def _tell(self, exchange: Exchange) -> AuditEvent:
        circumstances, error = self._circumstances(exchange), exchange.error
        if exchange.bound is None or exchange.principal is None:
            assert error is not None, "whatever goes well has an operation and a caller"
            return tell_unknown(exchange.service.name, exchange.operation, circumstances, error)
        return tell_call(
            self._narration(exchange.bound),
            circumstances,
            members=exchange.members,
            answer=exchange.answer if error is None else None,
            error=error,
            resources=() if exchange.entry is None else tuple([each.resource for each in exchange.entry.wanted]),
            notes=exchange.notes,
        )

    def _narration(self, bound: Bound) -> Narration:
        operation = bound.operation
        name = f"{operation.service}:{operation.name}"
        if name not in self._narrations:
            self._narrations[name] = narrate(operation)
        return self._narrations[name]

    def _circumstances(self, exchange: Exchange) -> Circumstances:
        request, principal, actor = exchange.request, exchange.principal, self._actor(exchange)
        return Circumstances(
            actor=actor if not exchange.invoked_by else actor._replace(invoked_by=exchange.invoked_by),
            account="" if principal is None else principal.account,
            region=exchange.region,
            at=exchange.now,
            request_id=exchange.request_id,
            source_ip=request.source_ip,
            user_agent=request.headers.get("user-agent", ""),
        )

    def _actor(self, exchange: Exchange) -> Actor:
        principal = exchange.principal
        if principal is None:
            return unknown_actor("" if exchange.claim is None else exchange.claim.access_key_id)
        if not principal.is_temporary:
            return actor_of(principal.arn, user_id=principal.user_id, access_key_id=principal.access_key_id)
        grants = self._rights.of(principal)
        session = grants.record
        return actor_of(
            principal.arn,
            user_id=principal.user_id,
            access_key_id=principal.access_key_id,
            role_arn=None if session is None else grants.caller.issuer or None,
            session_began_at=None if session is None else session.issued_at,
            source_identity=None if session is None else session.source_identity,
        )
