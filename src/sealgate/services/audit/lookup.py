"""Looking events up: the management events of one account and region, of the last 90 days, the newest first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sealgate.clock import Clock
from sealgate.errors import Invalid
from sealgate.services.audit.errors import InvalidLookupAttributes, InvalidNextToken, InvalidTimeRange
from sealgate.services.audit.subjects import names_of, storable
from sealgate.services.paging import Page, encode_token, parse_token
from sealgate.services.scope import Scope
from sealgate.store.audit import EventFilter, EventRecord, StoredEvent, lookup_events
from sealgate.store.database import Database

MAX_PAGE = 50
"""Events of one answer (CloudTrail API reference, LookupEvents)."""
REACH = timedelta(days=90)
"""How far back look-ups see (the same)."""
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TRUTHS: Mapping[str, bool] = {"true": True, "false": False}
_FILTERS: Mapping[str, Callable[[str, Scope], EventFilter]] = {
    "EventId": lambda value, _: EventFilter(event_id=value),
    "EventName": lambda value, _: EventFilter(event_name=value),
    "EventSource": lambda value, _: EventFilter(event_source=value),
    "Username": lambda value, _: EventFilter(user_name=value),
    "AccessKeyId": lambda value, _: EventFilter(access_key_id=value),
    "ResourceType": lambda value, _: EventFilter(resource_type=value),
    "ResourceName": lambda value, scope: EventFilter(
        resource_names=names_of(value, account=scope.account, region=scope.region)
    ),
    "ReadOnly": lambda value, _: EventFilter(read_only=_TRUTHS[value]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What is looked for.

    Attributes:
        attribute: One attribute and the value that it must have; None for every event.
        since: The earliest time; None for 90 days ago.
        until: The latest time; None for the present.
    """

    attribute: tuple[str, str] | None = None
    since: datetime | None = None
    until: datetime | None = None


class LookupService:
    """Look-ups in the trail.

    Args:
        db: Where it is.
        settle: Brings what has been written down until now into it.
        clock: The present.
    """

    def __init__(self, *, db: Database, settle: Callable[[], None], clock: Clock) -> None:
        self._db = db
        self._settle = settle
        self._clock = clock

    def lookup(self, scope: Scope, what: Lookup, *, limit: int | None, token: str | None) -> Page[EventRecord]:
        """Answer events, the newest first, a page at a time.

        Raises:
            InvalidLookupAttributes: There is no such attribute, or it cannot have this value.
            InvalidTimeRange: The range ends before it starts.
            InvalidNextToken: The token is not one that this look-up gave out.
        """
        where = _parse_attribute(what.attribute, scope)
        if what.since is not None and what.until is not None and what.until < what.since:
            raise InvalidTimeRange
        now = self._clock()
        size = min(limit or MAX_PAGE, MAX_PAGE)
        name = _name(scope, what)
        before = None if token is None else _parse_position(token, name)
        self._settle()
        with self._db.read() as tx:
            found = lookup_events(
                tx,
                account=scope.account,
                region=scope.region,
                where=where,
                since=max(what.since or now - REACH, now - REACH),
                until=min(what.until or now, now),
                before=before,
                limit=size + 1,
            )
        more = _encode_position(found[size - 1], name) if len(found) > size else None
        return Page(items=tuple(each.record for each in found[:size]), next_token=more)


def _parse_attribute(attribute: tuple[str, str] | None, scope: Scope) -> EventFilter:
    if attribute is None:
        return EventFilter()
    key, value = attribute
    try:
        return _FILTERS[key](storable(value), scope)
    except KeyError as error:
        raise InvalidLookupAttributes(f"{key} with the value {value!r} cannot be looked up.") from error


def _name(scope: Scope, what: Lookup) -> str:
    """Name a look-up, so that a token of another one is told from its own."""
    return hashlib.sha256(repr((scope.account, scope.region, what)).encode()).hexdigest()[:16]


def _encode_position(event: StoredEvent, name: str) -> str:
    moment = (event.record.event_time - _EPOCH) // _MICROSECOND
    return encode_token(name, str(moment), str(event.number))


def _parse_position(token: str, name: str) -> tuple[datetime, int]:
    try:
        given, moment, number = parse_token(token, parts=3)
        position = _EPOCH + int(moment) * _MICROSECOND, int(number)
    except (Invalid, ValueError, OverflowError) as error:
        raise InvalidNextToken from error
    if given != name:
        raise InvalidNextToken
    return position
