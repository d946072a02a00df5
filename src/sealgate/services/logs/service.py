"""CloudWatch Logs, as far as functions and those who read their logs need it."""

from __future__ import annotations

from sealgate.clock import Clock
from sealgate.services.logs.events import LogEventService
from sealgate.services.logs.groups import LogGroupService
from sealgate.store.database import Database


class LogService:
    """All of it.

    Attributes:
        groups: Log groups and their streams.
        events: What is in the streams.
    """

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self.groups = LogGroupService(db=db, clock=clock)
        self.events = LogEventService(db=db, clock=clock)
