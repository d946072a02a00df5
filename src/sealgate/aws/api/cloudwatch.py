"""CloudWatch: reading metrics. Nothing can be written; alarms, dashboards and streams are not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sealgate.aws.api.cloudwatch_shapes import (
    check_page_size,
    check_statistics,
    describe_metric,
    describe_points,
    describe_series,
    parse_filter,
    parse_metric,
    parse_queries,
)
from sealgate.aws.context import Call
from sealgate.aws.operation import Api
from sealgate.services.metrics.data import read_series
from sealgate.services.metrics.service import MAX_POINTS, UNIT, check_span

cloudwatch = Api("cloudwatch")


@cloudwatch.operation()
def list_metrics(
    call: Call,
    *,
    namespace: str | None = None,
    metric_name: str | None = None,
    dimensions: Sequence[Mapping[str, str]] | None = None,
    next_token: str | None = None,
    recently_active: str | None = None,
) -> dict[str, Any]:
    """List the metrics that have had data lately."""
    wanted = parse_filter(namespace, metric_name, dimensions, recently=recently_active is not None)
    page = call.services.metrics.list_metrics(call.scope, wanted, token=next_token)
    return {"Metrics": [describe_metric(each) for each in page.items], "NextToken": page.next_token}


@cloudwatch.operation()
def get_metric_statistics(
    call: Call,
    *,
    namespace: str,
    metric_name: str,
    start_time: datetime,
    end_time: datetime,
    period: int,
    dimensions: Sequence[Mapping[str, str]] | None = None,
    statistics: Sequence[str] | None = None,
    unit: str | None = None,
) -> dict[str, Any]:
    """Answer statistics of one metric, by period."""
    asked = check_statistics(statistics)
    metric = parse_metric(namespace, metric_name, dimensions)
    span = check_span(start_time, end_time, period=period, limit=MAX_POINTS)
    points = call.services.metrics.read(call.scope, metric, span) if unit in (None, UNIT) else []
    return {"Label": metric_name, "Datapoints": describe_points(points, asked)}


@cloudwatch.operation()
def get_metric_data(
    call: Call,
    *,
    metric_data_queries: Sequence[Mapping[str, Any]],
    start_time: datetime,
    end_time: datetime,
    next_token: str | None = None,
    scan_by: str | None = None,
    max_datapoints: int | None = None,
) -> dict[str, Any]:
    """Answer statistics of several metrics, by period, a page at a time."""
    page = read_series(
        call.services.metrics,
        call.scope,
        parse_queries(metric_data_queries, start_time, end_time),
        is_descending=scan_by != "TimestampAscending",
        limit=check_page_size(max_datapoints),
        token=next_token,
    )
    return {"MetricDataResults": [describe_series(each) for each in page.items], "NextToken": page.next_token}
