"""What a server tells of itself while it runs, for whoever watches it.

A meter counts from the server's start on; it decides nothing and is no evidence. The metrics that clients read through
CloudWatch are counted from what is durable (`sealgate.services.metrics.service`).
"""

from __future__ import annotations


class Meter:
    """The meter of a server that is not watched: it counts nothing.

    Attributes:
        is_watched: Whether there is anything to show.
    """

    is_watched = False

    def count_admission(self, *, outcome: str, failed: str | None) -> None:
        """Count a deployment that was judged.

        Args:
            outcome: `ALLOW`, `WARN` or `DENY`.
            failed: The first check that failed; None where none did.
        """

    def count_refused_start(self, *, reason: str) -> None:
        """Count a function version that was not started.

        Args:
            reason: The broken rule, in one word.
        """

    def time_job(self, *, status: str, seconds: float) -> None:
        """Count a signing job that has ended.

        Args:
            status: `Succeeded` or `Failed`.
            seconds: From when it was asked for.
        """

    def time_request(self, *, service: str, operation: str | None, status: int, seconds: float) -> None:
        """Count a request that was answered.

        Args:
            service: As the models name it.
            operation: The same; None where the request names none that there is.
            status: Of HTTP.
            seconds: From when its head had arrived until its answer was ready.
        """

    def show(self) -> bytes:
        """Write everything in Prometheus's text format. It may wait for the database."""
        return b""


UNWATCHED = Meter()
