"""Metrics, as CloudWatch shows them: `SignatureValidationErrors` of `AWS/Lambda`, `CodeIntegrityErrors` of `Sealgate`.

A value of 1 stands for each time that it has happened (`sealgate.services.metrics.kinds`). They are counted from the
recorded decisions and refusals when they are asked for, so that metrics and records never tell different stories.
(Amazon CloudWatch API reference.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sealgate.clock import Clock
from sealgate.errors import Invalid
from sealgate.services.metrics.errors import InvalidMetricCombination, InvalidMetricParameter, InvalidMetricToken
from sealgate.services.metrics.kinds import KINDS, Metric, find_kind
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database, Tx

UNIT = "Count"
MAX_METRICS = 500
"""Metrics of one answer of a list (API reference, ListMetrics)."""
MAX_POINTS = 1440
"""Datapoints of one answer of statistics (API reference, GetMetricStatistics)."""

MINUTE = 60
"""The resolution of the metrics, and what every period is a multiple of, in seconds."""
_FORGOTTEN = timedelta(days=14)
"""A metric without data for so long is in no list (the same)."""
_RECENT = timedelta(hours=3)
_COARSER = ((timedelta(days=63), 3600), (timedelta(days=15), 300))
"""What is older than this is kept by periods of so many seconds (API reference, GetMetricStatistics, `Period`)."""
_AHEAD = timedelta(days=1)
"""Nothing has happened later than now, by whichever server's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFilter:
    """Which metrics are asked for.

    Attributes:
        namespace: None for every one.
        name: None for every one.
        dimensions: Dimensions that a metric must have, each with a value or, where that is None, with any.
        recently: Whether only metrics with data of the last three hours are asked for.
    """

    namespace: str | None = None
    name: str | None = None
    dimensions: tuple[tuple[str, str | None], ...] = ()
    recently: bool = False

    def accepts(self, metric: Metric) -> bool:
        """Tell whether a metric is among them."""
        return (
            self.namespace in (None, metric.namespace)
            and self.name in (None, metric.name)
            and all(
                any(name == wanted and value in (None, found) for wanted, found in metric.dimensions)
                for name, value in self.dimensions
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time in equal periods.

    Attributes:
        start: The first moment of the first period.
        end: The first moment that does not belong to it.
        period: Seconds of one period.
    """

    start: datetime
    end: datetime
    period: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoint:
    """What one period has.

    Attributes:
        start: The first moment of the period.
        count: How many values of 1 there are in it: at least one.
    """

    start: datetime
    count: int

    def compute(self, statistic: str) -> float:
        """Answer one of the five statistics, by CloudWatch's name of it."""
        return float(self.count) if statistic in ("Sum", "SampleCount") else 1.0


def check_span(start: datetime, end: datetime, *, period: int, limit: int | None = None) -> Span:
    """Answer a span that was asked for.

    Args:
        start: Its first moment.
        end: The first moment after it.
        period: Seconds of one period.
        limit: The largest number of periods; None for any.

    Raises:
        InvalidMetricParameter: It has no length, or the period is no multiple of a minute.
        InvalidMetricCombination: It has too many periods.
    """
    if period % MINUTE:
        raise InvalidMetricParameter(f"The parameter Period must be a multiple of {MINUTE}.")
    if start == end:
        raise InvalidMetricParameter("The parameter StartTime must not equal parameter EndTime.")
    if start > end:
        raise InvalidMetricParameter("The parameter StartTime must be less than the parameter EndTime.")
    number = int((end - start).total_seconds() / period)
    if limit is not None and number > limit:
        raise InvalidMetricCombination(
            f"You have requested up to {number:,} datapoints, which exceeds the limit of {limit:,}. You may reduce the "
            "datapoints requested by increasing Period, or decreasing the time range."
        )
    return Span(start=start, end=end, period=period)


class MetricService:
    """The metrics of every account and region, each seen by its own only."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def list_metrics(self, scope: Scope, wanted: MetricFilter, *, token: str | None) -> Page[Metric]:
        """Answer the metrics that have had data lately, a page at a time.

        Raises:
            InvalidMetricToken: The token is not one that this list gave out.
        """
        tokens = ListTokens("metrics", scope.account, scope.region, wanted)
        since = self._clock() - (_RECENT if wanted.recently else _FORGOTTEN)
        with self._db.read() as tx:
            found = [each for each in _list_all(tx, scope, since) if wanted.accepts(each)]
        if token is not None:
            after = _parse_place(token, tokens)
            found = [each for each in found if _place(each) > after]
        page = found[:MAX_METRICS]
        more = tokens.encode(*_place(page[-1])) if len(found) > len(page) else None
        return Page(items=tuple(page), next_token=more)

    def read(self, scope: Scope, metric: Metric, span: Span) -> list[Datapoint]:
        """Answer what a metric has in a span, in the order of time; periods without data are left out.

        A metric that there is not has no data; neither has what is so old that it is kept by longer periods only.
        """
        now = self._clock()
        kind, unit = find_kind(metric), _find_unit(now - span.start)
        if kind is None or span.period % unit:
            return []
        start = _floor(span.start, unit)
        with self._db.statement() as tx:
            counts = kind.tally.count(
                tx,
                account=scope.account,
                region=scope.region,
                function=metric.function or None,
                since=start,
                until=_ceil(min(span.end, now + _AHEAD), MINUTE),
                period=timedelta(seconds=span.period),
            )
        return [
            Datapoint(start=start + number * timedelta(seconds=span.period), count=counts[number])
            for number in sorted(counts)
        ]


def _list_all(tx: Tx, scope: Scope, since: datetime) -> Iterator[Metric]:
    """Answer every metric that has had data, in the order of lists."""
    for kind in KINDS:
        yield from kind.list_metrics(
            kind.tally.list_functions(tx, account=scope.account, region=scope.region, since=since)
        )


def _place(metric: Metric) -> tuple[str, str, str]:
    """Answer where a metric stands in a list."""
    return metric.namespace, metric.function, str(len(metric.dimensions))


def _parse_place(token: str, tokens: ListTokens) -> tuple[str, ...]:
    try:
        return tokens.parse(token, parts=3)
    except Invalid as error:
        raise InvalidMetricToken from error


def _find_unit(age: timedelta) -> int:
    """Answer the seconds of the shortest period by which data of an age is kept."""
    return next((seconds for limit, seconds in _COARSER if age > limit), MINUTE)


def _floor(moment: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(math.floor(moment.timestamp() / seconds) * seconds, UTC)


def _ceil(moment: datetime, seconds: int) -> datetime:
    floor = _floor(moment, seconds)
    return floor if floor == moment else floor + timedelta(seconds=seconds)
