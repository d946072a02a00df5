"""Metrics in the words of the CloudWatch API, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sealgate.aws.faults import UnsupportedMember
from sealgate.services.metrics.data import MAX_PAGE, Question, Series
from sealgate.services.metrics.errors import InvalidMetricCombination, InvalidMetricParameter
from sealgate.services.metrics.kinds import Metric
from sealgate.services.metrics.service import UNIT, Datapoint, MetricFilter, check_span

_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*", re.ASCII)
_MAX_QUERIES = 500
_NOT_THERE = ("Expression", "Period", "AccountId")
"""Members of a query that ask for something else than one metric of the caller's own account."""


def parse_metric(namespace: str, name: str, dimensions: Sequence[Mapping[str, str]] | None) -> Metric:
    """Answer the metric that a request is about."""
    pairs = sorted((each["Name"], each["Value"]) for each in dimensions or ())
    return Metric(namespace=namespace, name=name, dimensions=tuple(pairs))


def parse_filter(
    namespace: str | None, name: str | None, dimensions: Sequence[Mapping[str, str]] | None, *, recently: bool
) -> MetricFilter:
    """Answer what a list is asked for."""
    pairs = tuple((each["Name"], each.get("Value")) for each in dimensions or ())
    return MetricFilter(namespace=namespace, name=name, dimensions=pairs, recently=recently)


def describe_metric(metric: Metric) -> dict[str, Any]:
    """Write a Metric."""
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
    }


def check_statistics(statistics: Sequence[str] | None) -> Sequence[str]:
    """Answer the statistics that are asked for; the model allows no unknown one.

    Raises:
        InvalidMetricCombination: There is none.
    """
    if not statistics:
        raise InvalidMetricCombination("Must specify either Statistics or ExtendedStatistics.")
    return statistics


def describe_points(points: Sequence[Datapoint], statistics: Sequence[str]) -> list[dict[str, Any]]:
    """Write Datapoints."""
    return [
        {"Timestamp": each.start, **{name: each.compute(name) for name in statistics}, "Unit": UNIT} for each in points
    ]


def check_page_size(size: int | None) -> int:
    """Answer the number of datapoints of a page.

    Raises:
        InvalidMetricParameter: It is out of bounds.
    """
    if size is not None and not 0 < size <= MAX_PAGE:
        raise InvalidMetricParameter(f"The parameter MaxDatapoints must be from 1 to {MAX_PAGE}.")
    return size or MAX_PAGE


def parse_queries(queries: Sequence[Mapping[str, Any]], start: datetime, end: datetime) -> list[Question]:
    """Answer what is asked, of each query whose data is to be returned.

    Raises:
        InvalidMetricParameter: Ids, statistics, periods or times do not fit.
        UnsupportedMember: A query asks for an expression, or for another account.
    """
    if not 0 < len(queries) <= _MAX_QUERIES:
        raise InvalidMetricParameter(f"The parameter MetricDataQueries must have from 1 to {_MAX_QUERIES} members.")
    questions = list(_parse_all(queries, start, end))
    ids = [each["Id"] for each in queries]
    if len(set(ids)) != len(ids):
        raise InvalidMetricParameter("The values for parameter Id in MetricDataQueries are not unique.")
    returned = [each for each, query in zip(questions, queries, strict=True) if query.get("ReturnData") is not False]
    if not returned:
        raise InvalidMetricParameter("At least one of the MetricDataQueries must have ReturnData set to true.")
    return returned


def _parse_all(queries: Sequence[Mapping[str, Any]], start: datetime, end: datetime) -> Iterator[Question]:
    for number, query in enumerate(queries, 1):
        where = f"MetricDataQueries.member.{number}"
        _check_query(query, where)
        asked = query["MetricStat"]
        metric = asked["Metric"]
        if not ("Namespace" in metric and "MetricName" in metric):
            raise InvalidMetricParameter(f"The parameter {where}.MetricStat.Metric must have Namespace and MetricName.")
        yield Question(
            question_id=query["Id"],
            label=query.get("Label") or metric["MetricName"],
            metric=parse_metric(metric["Namespace"], metric["MetricName"], metric.get("Dimensions")),
            statistic=_check_statistic(asked["Stat"], where),
            span=check_span(start, end, period=asked["Period"]),
            unit=asked.get("Unit"),
        )


def _check_query(query: Mapping[str, Any], where: str) -> None:
    for name in _NOT_THERE:
        if name in query:
            raise UnsupportedMember(f"The member {where}.{name}", "GetMetricData")
    if "${" in query.get("Label", ""):
        raise UnsupportedMember(f"A dynamic {where}.Label", "GetMetricData")
    if not _ID.fullmatch(query["Id"]):
        text = f"The value {query['Id']} for parameter {where}.Id is not matching the expected pattern ^{_ID.pattern}$."
        raise InvalidMetricParameter(text)
    if "MetricStat" not in query:
        raise InvalidMetricParameter(f"The parameter {where} must have MetricStat.")


def _check_statistic(name: str, where: str) -> str:
    if name not in _STATISTICS:
        # Percentiles and the like are statistics on AWS; of values that are all 1 they would say nothing.
        raise InvalidMetricParameter(
            f"The value {name} for parameter {where}.MetricStat.Stat is not a valid statistic."
        )
    return name


def describe_series(series: Series) -> dict[str, Any]:
    """Write a MetricDataResult."""
    return {
        "Id": series.question.question_id,
        "Label": series.question.label,
        "Timestamps": [each.start for each in series.points],
        "Values": [each.compute(series.question.statistic) for each in series.points],
        "StatusCode": "Complete" if series.is_whole else "PartialData",
    }
