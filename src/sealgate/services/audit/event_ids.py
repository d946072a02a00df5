"""The ids of audit events: UUIDs of version 7, which begin with the time (RFC 9562, section 5.7).

Two indexes hold them. Ids in the order of time are added at an index's end, so that events which share a commit share
its pages too; ids drawn wholly at random would each change pages of their own.
"""

from __future__ import annotations

from datetime import datetime

from sealgate.draws import draw_hex

_RANDOM_DIGITS = 18


def new_event_id(moment: datetime) -> str:
    """Answer an id for an event that is written down at a moment: its millisecond, then 72 random bits."""
    when, drawn = f"{int(moment.timestamp() * 1000):012x}", draw_hex(_RANDOM_DIGITS)
    return f"{when[:8]}-{when[8:]}-7{drawn[:3]}-8{drawn[3:6]}-{drawn[6:]}"
