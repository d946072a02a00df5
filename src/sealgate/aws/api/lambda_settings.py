"""What callers of the Lambda API say about a function's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sealgate.aws.faults import UnsupportedMember
from sealgate.services.functions.settings import LoggingChange, SettingsChange

_HARMLESS: Mapping[str, Any] = {"SnapStart": {"ApplyOn": "None"}}
"""Values that ask for nothing, though they are not empty."""


def add_structures(
    settings: SettingsChange,
    *,
    environment: Mapping[str, Any] | None,
    storage: Mapping[str, Any] | None,
    tracing: Mapping[str, Any] | None,
    logging: Mapping[str, Any] | None,
) -> SettingsChange:
    """Add to settings what the API says in structures; one that is absent keeps what is there."""
    return replace(
        settings,
        environment=None if environment is None else environment.get("Variables") or {},
        ephemeral_storage=(storage or {}).get("Size"),
        tracing_mode=(tracing or {}).get("Mode"),
        logging=_parse_logging(logging or {}),
    )


def parse_architecture(architectures: Sequence[str] | None) -> str | None:
    """Answer the one architecture of the list; the model allows no more."""
    return architectures[0] if architectures else None


def refuse_given(operation: str, **members: Any) -> None:
    """Refuse members that would change what a function does and do not exist here; empty ones ask for nothing.

    Raises:
        UnsupportedMember: One is given.
    """
    for name, value in members.items():
        if not _is_empty(value) and value != _HARMLESS.get(name):
            raise UnsupportedMember(f"The member {name}", operation)


def _parse_logging(members: Mapping[str, Any]) -> LoggingChange:
    return LoggingChange(
        log_format=members.get("LogFormat"),
        log_group=members.get("LogGroup"),
        application_log_level=members.get("ApplicationLogLevel"),
        system_log_level=members.get("SystemLogLevel"),
    )


def _is_empty(value: Any) -> bool:
    """Tell whether a value says nothing, however deep: `{"SubnetIds": []}`."""
    if isinstance(value, Mapping):
        return all(map(_is_empty, value.values()))
    return not value
