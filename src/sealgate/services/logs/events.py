"""Log events: put by clients, read from one stream, and searched for in a whole group."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from sealgate.clock import Clock
from sealgate.errors import Invalid
from sealgate.services.logs.errors import InvalidLogParameter, InvalidLogToken
from sealgate.services.logs.groups import get_group, get_stream
from sealgate.services.logs.pattern import EVERYTHING, FilterPattern
from sealgate.services.paging import Page, encode_token, parse_token
from sealgate.services.scope import Scope
from sealgate.store.database import Database
from sealgate.store.logs import (
    EventSpan,
    LogEvent,
    LogGroup,
    Milliseconds,
    Position,
    StoredLogEvent,
    add_log_events,
    may_go_on,
    select_last_log_events,
    select_log_events,
)

MAX_PAGE = 10_000
"""Events of one answer (CloudWatch Logs API reference, GetLogEvents and FilterLogEvents)."""
MAX_BATCH_BYTES = 1_048_576
"""Bytes of one PutLogEvents, each event counted with 26 more (CloudWatch Logs API reference, PutLogEvents)."""
EVENT_OVERHEAD = 26
MAX_BATCH_SPAN = timedelta(hours=24)
MAX_AGE = timedelta(days=14)
MAX_LEAD = timedelta(hours=2)
_SEARCHED = 10_000
"""Events that one answer of a search looks at, or fewer long ones, so that a rare term keeps nobody waiting; as on AWS,
a token goes on."""


class InputEvent(NamedTuple):
    """An event that a client puts."""

    timestamp: Milliseconds
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Which events of a batch were not taken; indices into the batch.

    Attributes:
        too_new_from: The first event that is too far in the future; None: none is.
        too_old_until: The first event that is not too old; None: none is.
        expired_until: The first event that the group's retention keeps; None: it keeps all.
    """

    too_new_from: int | None = None
    too_old_until: int | None = None
    expired_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPage:
    """Events of one stream, the earliest first, and tokens for what comes before and after them."""

    events: tuple[StoredLogEvent, ...]
    backward: str
    forward: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What FilterLogEvents looks for.

    Attributes:
        streams: Only in these streams; empty: in all.
        prefix: Only in streams whose names begin so.
        since: The earliest time, included; None: from the beginning.
        until: The latest time, included; None: without end.
        pattern: What an event must say.
    """

    group: str
    streams: tuple[str, ...] = ()
    prefix: str = ""
    since: Milliseconds | None = None
    until: Milliseconds | None = None
    pattern: FilterPattern = EVERYTHING


class LogEventService:
    """Events of every account and region, each seen by its own only."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def put(self, scope: Scope, group: str, stream: str, events: Sequence[InputEvent]) -> Rejected:
        """Add events to a stream; those that are too old or too new are left out and told.

        Raises:
            InvalidLogParameter: The batch is too large, too long, or not in the order of time.
            GroupNotFound: There is no such group.
            StreamNotFound: The group has no such stream.
        """
        _check_batch(events)
        now = self._clock()
        with self._db.write() as tx:
            rejected = _judge_batch(events, get_group(tx, scope, group), now)
            get_stream(tx, scope, group, stream)
            first = max(rejected.too_old_until or 0, rejected.expired_until or 0)
            taken = events[first : rejected.too_new_from]
            if taken:
                rows = [_as_row(scope, group, stream, event, now) for event in taken]
                add_log_events(tx, rows, ingested_at=now)
        return rejected

    def read_stream(
        self,
        scope: Scope,
        group: str,
        stream: str,
        *,
        since: Milliseconds | None,
        before: Milliseconds | None,
        token: str | None,
        limit: int | None,
        from_head: bool,
    ) -> StreamPage:
        """Answer events of one stream: the latest, or the earliest where asked for, or those at a token.

        Raises:
            InvalidLogToken: The token is none of this stream's.
            GroupNotFound: There is no such group.
            StreamNotFound: The group has no such stream.
        """
        size = min(limit or MAX_PAGE, MAX_PAGE)
        name = _name(scope, group, stream)
        direction, position = _parse_direction(token, name) if token else ("f" if from_head else "b", None)
        span = EventSpan(
            account=scope.account, region=scope.region, group_name=group, streams=(stream,), since=since, before=before
        )
        with self._db.read() as tx:
            get_stream(tx, scope, group, stream)
            if direction == "f":
                found = select_log_events(tx, span, after=position, limit=size)
            else:
                found = select_last_log_events(tx, span, until=position, limit=size)
        start = position or Position(0, 0)
        first, last = (_place(found[0]), _place(found[-1])) if found else (start, start)
        return StreamPage(events=tuple(found), backward=_encode("b", name, first), forward=_encode("f", name, last))

    def search(self, scope: Scope, what: Search, *, token: str | None, limit: int | None) -> Page[StoredLogEvent]:
        """Answer events of a group that match, the earliest first; a page can be empty and yet have a token.

        Raises:
            InvalidLogParameter: Streams are named and described by a prefix at once.
            InvalidLogToken: The token is not one that this search gave out.
            GroupNotFound: There is no such group.
        """
        if what.streams and what.prefix:
            raise InvalidLogParameter("logStreamNamePrefix and logStreamNames cannot be given together.")
        size = min(limit or MAX_PAGE, MAX_PAGE)
        name = _name(scope, what)
        after = _parse_direction(token, name)[1] if token else None
        span = EventSpan(
            account=scope.account,
            region=scope.region,
            group_name=what.group,
            streams=what.streams,
            prefix=what.prefix,
            since=what.since,
            before=None if what.until is None else what.until + 1,
        )
        with self._db.read() as tx:
            get_group(tx, scope, what.group)
            seen = select_log_events(tx, span, after=after, limit=_SEARCHED)
        found = [event for event in seen if what.pattern.matches(event.message)]
        if len(found) > size:
            found = found[:size]
            return Page(items=tuple(found), next_token=_encode("f", name, _place(found[-1])))
        more = _encode("f", name, _place(seen[-1])) if may_go_on(seen, limit=_SEARCHED) else None
        return Page(items=tuple(found), next_token=more)


def storable(message: str) -> str:
    """Answer a message as every database keeps it: PostgreSQL has no text with a null character."""
    return message.replace("\0", "\N{REPLACEMENT CHARACTER}")


def milliseconds(moment: datetime) -> Milliseconds:
    """Count a moment as the service does."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _as_row(scope: Scope, group: str, stream: str, event: InputEvent, now: datetime) -> LogEvent:
    return LogEvent(
        account=scope.account,
        region=scope.region,
        group_name=group,
        stream_name=stream,
        timestamp=event.timestamp,
        ingested=milliseconds(now),
        message=storable(event.message),
    )


def _check_batch(events: Sequence[InputEvent]) -> None:
    size = sum(len(event.message.encode()) + EVENT_OVERHEAD for event in events)
    if size > MAX_BATCH_BYTES:
        raise InvalidLogParameter(f"Upload too large: {size} bytes exceeds limit of {MAX_BATCH_BYTES}")
    if any(later.timestamp < earlier.timestamp for earlier, later in itertools.pairwise(events)):
        raise InvalidLogParameter("Log events in a single PutLogEvents request must be in chronological order.")
    if events and events[-1].timestamp - events[0].timestamp > MAX_BATCH_SPAN // timedelta(milliseconds=1):
        raise InvalidLogParameter(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
        )


def _judge_batch(events: Sequence[InputEvent], group: LogGroup, now: datetime) -> Rejected:
    newest = milliseconds(now + MAX_LEAD)
    too_new = next((place for place, event in enumerate(events) if event.timestamp > newest), None)
    kept = None if group.retention_days is None else now - timedelta(days=group.retention_days)
    return Rejected(
        too_new_from=too_new,
        too_old_until=_count_before(events, now - MAX_AGE) or None,
        expired_until=None if kept is None else _count_before(events, kept) or None,
    )


def _count_before(events: Sequence[InputEvent], moment: datetime) -> int:
    oldest = milliseconds(moment)
    return sum(event.timestamp < oldest for event in events)


def _name(*asked: object) -> str:
    """Name a question, so that a token of another one is told from its own."""
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:16]


def _place(event: StoredLogEvent) -> Position:
    return Position(event.timestamp, event.number)


def _encode(direction: Literal["f", "b"], name: str, position: Position) -> str:
    return f"{direction}/{encode_token(name, str(position.timestamp), str(position.number))}"


def _parse_direction(token: str, name: str) -> tuple[str, Position]:
    direction, _, rest = token.partition("/")
    try:
        given, timestamp, number = parse_token(rest, parts=3)
        position = Position(int(timestamp), int(number))
    except (Invalid, ValueError) as error:
        raise InvalidLogToken from error
    if given != name or direction not in ("f", "b"):
        raise InvalidLogToken
    return direction, position
