"""What every table shares: one metadata object, and columns for time and for structured values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, Dialect, MetaData, Text, TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables. Each aggregate's module adds its own; `sealgate.store.schema` imports them all."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS = 86_400
_SECOND_MICROSECONDS = 1_000_000


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC moment, kept as whole microseconds since 1970, so that both databases order it alike."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:  # noqa: ARG002 - SQLAlchemy's signature
        """Answer what turns moments into microseconds; neither database's driver has to do anything more."""
        return _to_microseconds

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:  # noqa: ARG002 - as above
        """Answer what turns microseconds into moments."""
        return _from_microseconds


def _to_microseconds(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    since = moment - _EPOCH
    return (since.days * _DAY_SECONDS + since.seconds) * _SECOND_MICROSECONDS + since.microseconds


def _from_microseconds(count: int | None) -> datetime | None:
    return None if count is None else _EPOCH + timedelta(0, 0, count)


class StringMap(TypeDecorator[Mapping[str, str]]):
    """A map of text to text (tags, environment variables), kept as JSON in the order it was given."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, str] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encode the map."""
        return None if value is None else orjson.dumps(dict(value)).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Mapping[str, str] | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Decode the map."""
        return None if value is None else orjson.loads(value)


class StringList(TypeDecorator[tuple[str, ...]]):
    """A short ordered list of text (publishers, architectures), kept as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encode the list."""
        return None if value is None else orjson.dumps(list(value)).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Decode the list."""
        return None if value is None else tuple(orjson.loads(value))
