"""The meter of a server that Prometheus watches: its counts, and what it finds when it is looked at.

Imported only where it is asked for: the client library takes a tenth of a second to load.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

from cryptography import x509
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sealgate import __version__
from sealgate.clock import Clock
from sealgate.services.metrics.meter import Meter
from sealgate.store.database import Database
from sealgate.store.metrics import count_waiting_jobs
from sealgate.trust.authority import Authority
from sealgate.trust.keys import KeyUnavailable

_REQUEST_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)
_JOB_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)


class PrometheusMeter(Meter):
    """Counts in a registry of its own.

    Args:
        db: Where the jobs are that wait.
        authority: Whose certificates end some day.
        clock: Says how far off that is.
    """

    is_watched = True

    def __init__(self, *, db: Database, authority: Authority, clock: Clock) -> None:
        self._registry = CollectorRegistry()
        admissions = Counter(
            "sealgate_admissions",
            "Deployments judged, without dry runs, by outcome and the first check that failed.",
            ("outcome", "reason"),
            registry=self._registry,
        )
        refused_starts = Counter(
            "sealgate_refused_starts",
            "Function versions that were not started, by the broken rule.",
            ("reason",),
            registry=self._registry,
        )
        jobs = Histogram(
            "sealgate_signing_job_duration_seconds",
            "Signing jobs ended, from when they were asked for.",
            ("status",),
            buckets=_JOB_SECONDS,
            registry=self._registry,
        )
        requests = Counter(
            "sealgate_requests",
            "Requests answered.",
            ("service", "operation", "status"),
            registry=self._registry,
        )
        durations = Histogram(
            "sealgate_request_duration_seconds",
            "Requests answered, from their head's arrival until the answer was ready.",
            ("service", "operation"),
            buckets=_REQUEST_SECONDS,
            registry=self._registry,
        )
        # To find the child of some labels costs more than to count in it. There are no more than the models, the
        # statuses and the checks have.
        self._admissions, self._jobs = cache(admissions.labels), cache(jobs.labels)
        self._refused_starts = refused_starts
        self._requests, self._durations = cache(requests.labels), cache(durations.labels)
        build = Gauge("sealgate_build_info", "What runs; always 1.", ("version", "python"), registry=self._registry)
        build.labels(__version__, platform.python_version()).set(1)
        self._registry.register(_Findings(db=db, authority=authority, clock=clock))

    def count_admission(self, *, outcome: str, failed: str | None) -> None:
        """Count a deployment that was judged (see `Meter`)."""
        self._admissions(outcome.lower(), (failed or "none").lower()).inc()

    def count_refused_start(self, *, reason: str) -> None:
        """Count a function version that was not started (see `Meter`)."""
        self._refused_starts.labels(reason).inc()

    def time_job(self, *, status: str, seconds: float) -> None:
        """Count a signing job that has ended (see `Meter`)."""
        self._jobs(status).observe(seconds)

    def time_request(self, *, service: str, operation: str | None, status: int, seconds: float) -> None:
        """Count a request that was answered (see `Meter`)."""
        name = operation or "none"
        self._requests(service, name, status).inc()
        self._durations(service, name).observe(seconds)

    def show(self) -> bytes:
        """Write everything (see `Meter`)."""
        return generate_latest(self._registry)


class _Findings(Collector):
    """What is found out when Prometheus looks, and counted nowhere."""

    def __init__(self, *, db: Database, authority: Authority, clock: Clock) -> None:
        self._db = db
        self._authority = authority
        self._clock = clock

    def describe(self) -> list[GaugeMetricFamily]:
        """Tell the registry nothing, so that it does not look when this is registered."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Answer what there is now."""
        with self._db.statement() as tx:
            waiting = count_waiting_jobs(tx)
        yield GaugeMetricFamily("sealgate_signing_queue_length", "Signing jobs that have not ended.", waiting)
        ends = GaugeMetricFamily(
            "sealgate_certificate_expiry_seconds",
            "Seconds until a certificate of the authority, and with it its key, comes to its end.",
            labels=("certificate",),
        )
        now = self._clock()
        for name, certificate in self._certificates():
            ends.add_metric((name,), (certificate.not_valid_after_utc - now).total_seconds())
        yield ends

    def _certificates(self) -> Iterator[tuple[str, x509.Certificate]]:
        yield "root", self._authority.root_certificate
        with suppress(KeyUnavailable):  # while there is no issuing CA, there is no end of it to tell
            yield "issuing", self._authority.issuing_certificate
