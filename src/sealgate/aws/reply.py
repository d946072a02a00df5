"""What a handler may answer beyond plain members: a file's bytes, another status, extra headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBody:
    """A part of a file, for a streaming blob member; sent as it is read.

    Attributes:
        path: A file that does not change while it is sent (a blob).
        offset: Its first byte.
        length: How many bytes.
    """

    path: Path
    offset: int = 0
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Output members, and what the model has no member for.

    Attributes:
        members: By the model's names.
        status: Instead of the model's HTTP status (206 for a range).
        headers: Sent besides those of the members.
    """

    members: Mapping[str, Any] = field(default_factory=dict)
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
