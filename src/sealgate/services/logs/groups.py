"""Log groups and streams."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from time import sleep

from sealgate.clock import Clock
from sealgate.services.logs.errors import (
    GroupExists,
    GroupNotFound,
    InvalidLogParameter,
    InvalidLogToken,
    StreamExists,
    StreamNotFound,
)
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database, Tx
from sealgate.store.logs import (
    LogGroup,
    LogStream,
    delete_log_events,
    log_groups,
    log_streams,
    select_log_groups,
    select_log_groups_with_retention,
    select_log_streams,
)

MAX_PAGE = 50
"""Groups or streams of one answer (CloudWatch Logs API reference, DescribeLogGroups)."""
MAX_TAGS = 50
EXPIRED_AT_ONCE = 5000
"""Events that are deleted in one transaction."""
_GIVE_WAY_SECONDS = 0.005
RETENTIONS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
"""Days that events can be kept (CloudWatch Logs API reference, PutRetentionPolicy)."""


class LogGroupService:
    """Log groups and streams of every account and region, each seen by its own only."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def create(self, scope: Scope, name: str, *, tags: Mapping[str, str]) -> None:
        """Create a group.

        Raises:
            GroupExists: The name is taken.
        """
        with self._db.write() as tx:
            if log_groups.find(tx, account=scope.account, region=scope.region, name=name) is not None:
                raise GroupExists
            log_groups.insert(tx, self._make_group(scope, name, tags))

    def delete(self, scope: Scope, name: str) -> None:
        """Delete a group with its streams and events.

        Raises:
            GroupNotFound: There is no such group.
        """
        with self._db.write() as tx:
            if not log_groups.delete(tx, account=scope.account, region=scope.region, name=name):
                raise GroupNotFound

    def list_groups(self, scope: Scope, *, prefix: str, token: str | None, limit: int | None) -> Page[LogGroup]:
        """Answer groups by name.

        Raises:
            Invalid: The token is none of this list's.
        """
        size = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("log-groups", scope.account, scope.region, prefix)
        (after,) = tokens.parse(token, parts=1) if token else ("",)
        with self._db.read() as tx:
            found = select_log_groups(
                tx, account=scope.account, region=scope.region, prefix=prefix, after=after, limit=size + 1
            )
        more = tokens.encode(found[size - 1].name) if len(found) > size else None
        return Page(items=tuple(found[:size]), next_token=more)

    def set_retention(self, scope: Scope, name: str, days: int | None) -> None:
        """Set how long a group's events are kept; None: for ever.

        Raises:
            InvalidLogParameter: Events cannot be kept so many days.
            GroupNotFound: There is no such group.
        """
        if days is not None and days not in RETENTIONS:
            raise InvalidLogParameter(
                f"retentionInDays {days}: must be one of {', '.join(map(str, sorted(RETENTIONS)))}"
            )
        with self._db.write() as tx:
            group = get_group(tx, scope, name)
            log_groups.replace(tx, dataclasses.replace(group, retention_days=days))

    def get_tags(self, scope: Scope, name: str) -> Mapping[str, str]:
        """Answer a group's tags.

        Raises:
            GroupNotFound: There is no such group.
        """
        with self._db.read() as tx:
            return get_group(tx, scope, name).tags

    def tag(self, scope: Scope, name: str, tags: Mapping[str, str]) -> None:
        """Add tags to a group, or change their values.

        Raises:
            GroupNotFound: There is no such group.
            InvalidLogParameter: There would be too many.
        """
        with self._db.write() as tx:
            group = get_group(tx, scope, name)
            merged = {**group.tags, **tags}
            if len(merged) > MAX_TAGS:
                raise InvalidLogParameter(f"A log group can have at most {MAX_TAGS} tags")
            log_groups.replace(tx, dataclasses.replace(group, tags=merged))

    def untag(self, scope: Scope, name: str, keys: Sequence[str]) -> None:
        """Remove tags from a group; a key that it does not have is no error.

        Raises:
            GroupNotFound: There is no such group.
        """
        with self._db.write() as tx:
            group = get_group(tx, scope, name)
            left = {key: value for key, value in group.tags.items() if key not in keys}
            log_groups.replace(tx, dataclasses.replace(group, tags=left))

    def create_stream(self, scope: Scope, group: str, name: str) -> None:
        """Create a stream.

        Raises:
            GroupNotFound: There is no such group.
            StreamExists: The name is taken.
        """
        with self._db.write() as tx:
            get_group(tx, scope, group)
            if _find_stream(tx, scope, group, name) is not None:
                raise StreamExists
            log_streams.insert(tx, self._make_stream(scope, group, name))

    def delete_stream(self, scope: Scope, group: str, name: str) -> None:
        """Delete a stream with its events.

        Raises:
            GroupNotFound: There is no such group.
            StreamNotFound: The group has no such stream.
        """
        with self._db.write() as tx:
            get_group(tx, scope, group)
            if not log_streams.delete(tx, account=scope.account, region=scope.region, group_name=group, name=name):
                raise StreamNotFound

    def list_streams(
        self,
        scope: Scope,
        group: str,
        *,
        prefix: str = "",
        by_time: bool = False,
        descending: bool = False,
        token: str | None = None,
        limit: int | None = None,
    ) -> Page[LogStream]:
        """Answer a group's streams, by name or by the time of their latest event.

        Raises:
            GroupNotFound: There is no such group.
            InvalidLogParameter: Streams by time were asked for with a prefix, which AWS does not do either.
            Invalid: The token is none of this list's.
        """
        if by_time and prefix:
            raise InvalidLogParameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
        size = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("log-streams", scope.account, scope.region, group, prefix, by_time, descending)
        start = _parse_place(tokens.parse(token, parts=1)[0]) if token else 0
        with self._db.read() as tx:
            get_group(tx, scope, group)
            found = select_log_streams(tx, account=scope.account, region=scope.region, group_name=group, prefix=prefix)
        if by_time:
            found.sort(key=lambda stream: stream.last_event or 0)
        if descending:
            found.reverse()
        more = tokens.encode(str(start + size)) if len(found) > start + size else None
        return Page(items=tuple(found[start : start + size]), next_token=more)

    def ensure_stream(self, tx: Tx, scope: Scope, group: str, name: str) -> None:
        """Make a group and a stream where they are missing, as Lambda does for what a function prints."""
        if log_groups.find(tx, account=scope.account, region=scope.region, name=group) is None:
            log_groups.insert(tx, self._make_group(scope, group, {}))
        if _find_stream(tx, scope, group, name) is None:
            log_streams.insert(tx, self._make_stream(scope, group, name))

    def expire(self) -> int:
        """Delete the events that are older than their groups keep them; answer how many. Not inside a unit of work."""
        now = self._clock()
        with self._db.read() as tx:
            groups = select_log_groups_with_retention(tx)
        return sum(self._expire(group, now - timedelta(days=group.retention_days or 0)) for group in groups)

    def _expire(self, group: LogGroup, oldest: datetime) -> int:
        """Delete old events some at a time: whoever else writes is let in between."""
        gone, more = 0, True
        while more:
            with self._db.write() as tx:
                count = delete_log_events(
                    tx,
                    account=group.account,
                    region=group.region,
                    group_name=group.name,
                    before=int(oldest.timestamp() * 1000),
                    limit=EXPIRED_AT_ONCE,
                )
            gone, more = gone + count, count == EXPIRED_AT_ONCE
            if more:
                sleep(_GIVE_WAY_SECONDS)
        return gone

    def _make_group(self, scope: Scope, name: str, tags: Mapping[str, str]) -> LogGroup:
        return LogGroup(
            account=scope.account,
            region=scope.region,
            name=name,
            created_at=self._clock(),
            retention_days=None,
            tags=tags,
        )

    def _make_stream(self, scope: Scope, group: str, name: str) -> LogStream:
        return LogStream(
            account=scope.account,
            region=scope.region,
            group_name=group,
            name=name,
            created_at=self._clock(),
            first_event=None,
            last_event=None,
            last_ingestion=None,
        )


def get_group(tx: Tx, scope: Scope, name: str) -> LogGroup:
    """Answer a group.

    Raises:
        GroupNotFound: There is no such group.
    """
    group = log_groups.find(tx, account=scope.account, region=scope.region, name=name)
    if group is None:
        raise GroupNotFound
    return group


def get_stream(tx: Tx, scope: Scope, group: str, name: str) -> LogStream:
    """Answer a stream.

    Raises:
        GroupNotFound: There is no such group.
        StreamNotFound: The group has no such stream.
    """
    get_group(tx, scope, group)
    stream = _find_stream(tx, scope, group, name)
    if stream is None:
        raise StreamNotFound
    return stream


def _find_stream(tx: Tx, scope: Scope, group: str, name: str) -> LogStream | None:
    return log_streams.find(tx, account=scope.account, region=scope.region, group_name=group, name=name)


def _parse_place(text: str) -> int:
    if not text.isdecimal():
        raise InvalidLogToken
    return int(text)
