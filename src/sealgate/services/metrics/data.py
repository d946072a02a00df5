"""Data of several metrics at once, a page at a time: each metric after the other, each in one direction of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sealgate.errors import Invalid
from sealgate.services.metrics.errors import InvalidMetricToken
from sealgate.services.metrics.kinds import Metric
from sealgate.services.metrics.service import UNIT, Datapoint, MetricService, Span
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope

MAX_PAGE = 100_800
"""Datapoints of one answer (Amazon CloudWatch API reference, GetMetricData)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of one metric.

    Attributes:
        question_id: What the asker calls it.
        label: What the answer is called.
        statistic: By CloudWatch's name.
        unit: Only data of this unit is asked for; None for any.
    """

    question_id: str
    label: str
    metric: Metric
    statistic: str
    span: Span
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What one page has of the answer to a question.

    Attributes:
        is_whole: Whether no further page has more of it.
    """

    question: Question
    points: tuple[Datapoint, ...]
    is_whole: bool


def read_series(
    metrics: MetricService,
    scope: Scope,
    questions: Sequence[Question],
    *,
    is_descending: bool,
    limit: int,
    token: str | None,
) -> Page[Series]:
    """Answer questions.

    Args:
        metrics: What there is.
        scope: Whose data.
        questions: Answered in this order.
        is_descending: Whether each begins with the newest.
        limit: Datapoints of a page; at least one.
        token: Where the last page ended; None for the first one.

    Raises:
        InvalidMetricToken: The token is not one that these questions gave out.
    """
    tokens = ListTokens("metric data", scope.account, scope.region, tuple(questions), is_descending)
    first, after = (0, None) if token is None else _parse_place(token, tokens)
    found: list[Series] = []
    for place in range(first, len(questions)):
        points = _read(metrics, scope, questions[place], is_descending=is_descending)
        if place == first and after is not None:
            points = [each for each in points if each.start != after and (each.start < after) is is_descending]
        taken = tuple(points[:limit])
        limit -= len(taken)
        is_whole = len(taken) == len(points)
        found.append(Series(question=questions[place], points=taken, is_whole=is_whole))
        if not is_whole:
            return Page(items=tuple(found), next_token=tokens.encode(str(place), _encode_moment(taken[-1].start)))
        if limit == 0 and place + 1 < len(questions):
            return Page(items=tuple(found), next_token=tokens.encode(str(place + 1), ""))
    return Page(items=tuple(found), next_token=None)


def _read(metrics: MetricService, scope: Scope, question: Question, *, is_descending: bool) -> list[Datapoint]:
    points = metrics.read(scope, question.metric, question.span) if question.unit in (None, UNIT) else []
    return points[::-1] if is_descending else points


def _encode_moment(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _parse_place(token: str, tokens: ListTokens) -> tuple[int, datetime | None]:
    try:
        place, moment = tokens.parse(token, parts=2)
        return int(place), datetime.fromtimestamp(int(moment), UTC) if moment else None
    except (Invalid, ValueError, OverflowError) as error:
        raise InvalidMetricToken from error
