"""The metric of deployments with a failed check, on a real gate with a clock that tests move."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.services.functions.errors import CodeVerificationFailed
from sealgate.services.metrics.errors import InvalidMetricParameter, InvalidMetricToken
from sealgate.services.metrics.kinds import Metric
from sealgate.services.metrics.service import Datapoint, MetricFilter, MetricService, check_span
from sealgate.store.decisions import decisions
from sealgate.store.invocations import start_refusals
from tests.support.decisions import a_decision, a_refused_start
from tests.support.deployment import SCOPE, DeploymentHouse, zip_of
from tests.support.functions import a_scope

ALL = Metric(namespace="AWS/Lambda", name="SignatureValidationErrors")
STARTS = Metric(namespace="Sealgate", name="CodeIntegrityErrors")
MINUTE = timedelta(minutes=1)


def of(function: str, **more: str) -> Metric:
    dimensions = {"FunctionName": function, **more}
    return Metric(namespace=ALL.namespace, name=ALL.name, dimensions=tuple(sorted(dimensions.items())))


class Meter:
    """A gate, and its metrics."""

    def __init__(self, folder: Path) -> None:
        self.gate = DeploymentHouse(folder)
        self.clock = self.gate.clock
        self.service = MetricService(db=self.gate.db, clock=self.clock)

    def refuse(self, name: str = "app", *, policy: str = "Enforce") -> None:
        """Deploy a package that nobody signed."""
        with contextlib.suppress(CodeVerificationFailed):
            self.gate.create(name=name, config_arn=self.gate.make_config(policy))

    def refuse_start(self, name: str = "app") -> None:
        """Write down that a function was not started."""
        with self.gate.db.write() as tx:
            start_refusals.insert(tx, a_refused_start(function=name, refused_at=self.clock()))

    def refuse_many(self, number: int) -> None:
        """Write down that a package was refused for each of many functions."""
        with self.gate.db.write() as tx:
            for each in range(number):
                decisions.insert(tx, a_decision(function=f"app{each}"))

    def read(self, metric: Metric = ALL, *, minutes: int = 10, period: int = 60, **scope: Any) -> list[Datapoint]:
        """Read what was until now."""
        now = self.clock()
        span = check_span(now - minutes * MINUTE, now + MINUTE, period=period)
        return self.service.read(a_scope(**scope), metric, span)

    def sum(self, metric: Metric = ALL, **scope: Any) -> float:
        return sum(each.compute("Sum") for each in self.read(metric, **scope))

    def names(self, **wanted: Any) -> list[dict[str, str]]:
        page = self.service.list_metrics(SCOPE, MetricFilter(**wanted), token=None)
        return [dict(each.dimensions) for each in page.items]


@pytest.fixture
def meter(tmp_path: Path) -> Iterator[Meter]:
    meter = Meter(tmp_path)
    yield meter
    meter.gate.close()


@pytest.mark.parametrize("policy", ["Enforce", "Warn"])
def test_an_unsigned_package_counts_under_either_policy(meter: Meter, policy: str) -> None:
    meter.refuse(policy=policy)
    assert meter.sum() == meter.sum(of("app")) == meter.sum(of("app", Resource="app")) == 1


def test_a_broken_package_counts_too(meter: Meter) -> None:
    signed = meter.gate.sign().data
    with pytest.raises(CodeVerificationFailed):
        meter.gate.create(signed[:60] + bytes([signed[60] ^ 1]) + signed[61:], config_arn=meter.gate.make_config())
    assert meter.sum() == 1


def test_what_is_let_in_without_a_failed_check_does_not_count(meter: Meter) -> None:
    meter.gate.create(meter.gate.sign().data, config_arn=meter.gate.make_config())
    meter.gate.create(name="free")
    assert meter.sum() == 0


def test_a_dry_run_deploys_nothing_and_does_not_count(meter: Meter) -> None:
    meter.gate.create(meter.gate.sign().data, config_arn=meter.gate.make_config("Warn"))
    meter.gate.update(zip_of(), dry_run=True)
    assert meter.sum() == 0
    meter.gate.update(zip_of())
    assert meter.sum() == 1


def test_another_account_and_region_see_nothing(meter: Meter) -> None:
    meter.refuse()
    assert meter.sum(account="999999999999") == meter.sum(region="us-east-1") == 0


@pytest.mark.parametrize(
    "metric",
    [
        of("other"),
        of("app", Resource="app:live"),
        of("app", Extra="1"),
        of(""),
        Metric(namespace=ALL.namespace, name=ALL.name, dimensions=(("Resource", "app"),)),
        Metric(namespace=ALL.namespace, name=ALL.name, dimensions=(("FunctionName", "app"), ("FunctionName", "app"))),
        Metric(namespace=ALL.namespace, name="Errors"),
        Metric(namespace="AWS/S3", name=ALL.name),
        STARTS,
    ],
    ids=lambda metric: f"{metric.namespace}-{metric.name}-{dict(metric.dimensions)}",
)
def test_only_the_exact_dimensions_have_data(meter: Meter, metric: Metric) -> None:
    meter.refuse()
    assert meter.read(metric) == []


def test_periods_begin_at_the_whole_minute_of_the_start(meter: Meter) -> None:
    meter.clock.now = datetime(2026, 5, 1, 12, 7, 30, tzinfo=UTC)
    meter.refuse()
    span = check_span(datetime(2026, 5, 1, 12, 1, 50, tzinfo=UTC), meter.clock(), period=300)
    assert meter.service.read(SCOPE, ALL, span) == [Datapoint(start=datetime(2026, 5, 1, 12, 6, tzinfo=UTC), count=1)]


def test_the_minute_in_which_a_span_ends_belongs_to_it(meter: Meter) -> None:
    meter.clock.now = datetime(2026, 5, 1, 12, 7, 30, tzinfo=UTC)
    meter.refuse()
    start = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    inside = check_span(start, datetime(2026, 5, 1, 12, 7, 10, tzinfo=UTC), period=60)
    before = check_span(start, datetime(2026, 5, 1, 12, 7, tzinfo=UTC), period=60)
    assert len(meter.service.read(SCOPE, ALL, inside)) == 1
    assert meter.service.read(SCOPE, ALL, before) == []


@pytest.mark.parametrize(
    ("days", "period", "found"),
    [(14, 60, 1), (16, 60, 0), (16, 300, 1), (62, 300, 1), (64, 300, 0), (64, 3600, 1)],
)
def test_old_data_is_there_by_longer_periods_only(meter: Meter, days: int, period: int, found: int) -> None:
    meter.refuse()
    meter.clock.advance(days=days)
    assert len(meter.read(minutes=days * 24 * 60 + 5, period=period)) == found


def test_a_span_may_be_as_long_as_time_itself(meter: Meter) -> None:
    meter.refuse()
    everything = check_span(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), period=3600)
    assert [each.count for each in meter.service.read(SCOPE, ALL, everything)] == [1]


def test_the_statistics_of_values_of_one() -> None:
    point = Datapoint(start=datetime(2026, 5, 1, tzinfo=UTC), count=3)
    names = ("Sum", "SampleCount", "Average", "Minimum", "Maximum")
    assert [point.compute(each) for each in names] == [3, 3, 1, 1, 1]


@pytest.mark.parametrize(
    ("minutes", "period", "message"),
    [
        (1, 59, "The parameter Period must be a multiple of 60."),
        (0, 60, "The parameter StartTime must not equal parameter EndTime."),
        (-1, 60, "The parameter StartTime must be less than the parameter EndTime."),
    ],
)
def test_spans_that_cannot_be(minutes: int, period: int, message: str) -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    with pytest.raises(InvalidMetricParameter) as raised:
        check_span(start, start + minutes * MINUTE, period=period)
    assert raised.value.message == message


def test_each_failing_function_has_two_metrics_and_all_have_one(meter: Meter) -> None:
    assert meter.names() == []
    meter.refuse("app")
    meter.refuse("bee")
    assert meter.names() == [
        {},
        {"FunctionName": "app"},
        {"FunctionName": "app", "Resource": "app"},
        {"FunctionName": "bee"},
        {"FunctionName": "bee", "Resource": "bee"},
    ]


def test_a_refused_start_has_a_metric_of_its_own(meter: Meter) -> None:
    meter.refuse("bee")
    meter.refuse_start()
    own = Metric(namespace="Sealgate", name="CodeIntegrityErrors", dimensions=(("FunctionName", "app"),))
    assert meter.sum(STARTS) == meter.sum(own) == 1
    assert meter.sum(of("app")) == 0
    pair = Metric(namespace="Sealgate", name="CodeIntegrityErrors", dimensions=of("app", Resource="app").dimensions)
    assert meter.read(pair) == []
    page = meter.service.list_metrics(SCOPE, MetricFilter(), token=None)
    assert page.items == (ALL, of("bee"), of("bee", Resource="bee"), STARTS, own)


def test_lists_are_filtered(meter: Meter) -> None:
    meter.refuse("app")
    meter.refuse("bee")
    assert len(meter.names(namespace="AWS/Lambda", name="SignatureValidationErrors")) == 5
    assert meter.names(namespace="AWS/S3") == meter.names(name="Errors") == []
    assert len(meter.names(dimensions=(("FunctionName", None),))) == 4
    wanted = (("FunctionName", "bee"), ("Resource", None))
    assert meter.names(dimensions=wanted) == [{"FunctionName": "bee", "Resource": "bee"}]


def test_what_has_had_no_data_lately_is_in_no_list(meter: Meter) -> None:
    meter.refuse()
    meter.clock.advance(hours=4)
    assert meter.names(recently=True) == []
    assert len(meter.names()) == 3
    meter.clock.advance(days=14)
    assert meter.names() == []


def test_a_long_list_has_pages(meter: Meter) -> None:
    meter.refuse_many(500)
    found: list[Metric] = []
    token = None
    for size in (500, 500, 1):
        page = meter.service.list_metrics(SCOPE, MetricFilter(), token=token)
        assert len(page.items) == size
        found += page.items
        token = page.next_token
    assert token is None
    assert found == sorted(found, key=lambda each: each.dimensions)


def test_a_page_may_end_between_two_metrics(meter: Meter) -> None:
    meter.refuse_many(249)
    meter.refuse_start("x")
    first = meter.service.list_metrics(SCOPE, MetricFilter(), token=None)
    assert (first.items[-2].namespace, first.items[-1]) == ("AWS/Lambda", STARTS)
    rest = meter.service.list_metrics(SCOPE, MetricFilter(), token=first.next_token)
    assert [each.dimensions for each in rest.items] == [(("FunctionName", "x"),)]


def test_a_token_is_good_for_its_own_list_only(meter: Meter) -> None:
    meter.refuse_many(250)
    token = meter.service.list_metrics(SCOPE, MetricFilter(), token=None).next_token
    for scope, wanted in ((a_scope(account="999999999999"), MetricFilter()), (SCOPE, MetricFilter(recently=True))):
        with pytest.raises(InvalidMetricToken):
            meter.service.list_metrics(scope, wanted, token=token)
    with pytest.raises(InvalidMetricToken):
        meter.service.list_metrics(SCOPE, MetricFilter(), token="x")
