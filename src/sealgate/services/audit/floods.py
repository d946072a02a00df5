"""Calls of nobody known: what anyone who reaches the server could fill the trail with.

Of those with one source address and one error, the first of a minute is recorded as it is; what follows is counted, and
recorded as one event when the minute is over. The counts of the present minute are in memory only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.services.audit.events import AuditEvent, encode_time

SPAN = timedelta(minutes=1)
_MAX_SOURCES = 1000
"""Addresses and errors that are told apart at once; what comes from further addresses is counted together."""


@dataclass(slots=True)
class _Count:
    began_at: datetime
    last: AuditEvent
    more: int = 0

    def is_over(self, now: datetime) -> bool:
        return not self.began_at <= now < self.began_at + SPAN


class Floods:
    """The counts. Its owner sees to it that one thread at a time is in here."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str | None], _Count] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no minute is open."""
        return not self._counts

    def take(self, event: AuditEvent, now: datetime) -> AuditEvent | None:
        """Answer the event if it is to be recorded now; None if it was counted."""
        key = (event.source_ip, event.error_code)
        if key not in self._counts and len(self._counts) >= _MAX_SOURCES:
            event = event._replace(source_ip="")
            key = ("", event.error_code)
        count = self._counts.get(key)
        if count is None:
            self._counts[key] = _Count(now, event)
            return event
        count.last, count.more = event, count.more + 1
        return None

    def due(self, now: datetime, *, is_last: bool = False) -> list[AuditEvent]:
        """Answer the events of the minutes that are over, or of all where nothing more will come."""
        over = [key for key, count in self._counts.items() if is_last or count.is_over(now)]
        return list(self._close(over))

    def _close(self, keys: list[tuple[str, str | None]]) -> Iterator[AuditEvent]:
        for key in keys:
            count = self._counts.pop(key)
            if count.more:
                said = {"count": count.more, "since": encode_time(count.began_at), "like": "this one, the last of them"}
                yield count.last._replace(sealgate={"aggregated": said})
