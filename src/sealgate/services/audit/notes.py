"""What a service finds out during a call, for the call's audit event to tell.

Whoever serves a call takes notes around it; services below write them without knowing whether anybody reads them. Notes
belong to the thread, as units of work do.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How a deployment was judged.

    Attributes:
        function_arn: What was to be deployed to.
        package_sha256: What was to be deployed: 64 hexadecimal digits.
        config_arn: The code signing config that it was judged by, or None.
        outcome: `ALLOW`, `WARN` or `DENY`.
        failed: The first check that failed, in AWS's word for it (`MISMATCH`); None where none did.
        findings: Check, status and detail of each check.
        profile_version_arn: Who signed the package; None where nobody did.
        job_arn: In which job.
    """

    function_arn: str
    package_sha256: str
    config_arn: str | None
    outcome: str
    failed: str | None
    findings: tuple[tuple[str, str, str], ...]
    profile_version_arn: str | None
    job_arn: str | None


@dataclass(slots=True)
class Notes:
    """What was noted during one call.

    Attributes:
        resources: ARNs of what the call is about, besides those that the request names.
        judgement: How its package was judged; None where none was.
    """

    resources: list[str] = field(default_factory=list)
    judgement: Judgement | None = None

    def additional(self) -> Mapping[str, Any] | None:
        """Answer the event's `additionalEventData`, as AWS Lambda gives it for deployments under a config.

        Only for those that were let in: AWS says nothing of it where it refuses.
        """
        judged = self.judgement
        if judged is None or judged.config_arn is None or judged.outcome == "DENY":
            return None
        signer = {"signingProfileVersionArn": judged.profile_version_arn, "signingJobArn": judged.job_arn}
        return {"signatureStatus": judged.failed or "VALID", **{name: arn for name, arn in signer.items() if arn}}

    def sealgate(self) -> Mapping[str, Any] | None:
        """Answer the event's `sealgate` member: each check of a judged deployment, let in or not."""
        return None if self.judgement is None else {"admission": _describe(self.judgement)}


class _Here(threading.local):
    notes: Notes | None = None


_here = _Here()


@contextmanager
def taking_notes() -> Iterator[Notes]:
    """Take the notes of one call, served by this thread until the block ends."""
    notes = _here.notes = Notes()
    try:
        yield notes
    finally:
        _here.notes = None


def note_resource(arn: str) -> None:
    """Note that the call is about a resource that its request does not name."""
    if _here.notes is not None:
        _here.notes.resources.append(arn)


def note_judgement(judgement: Judgement) -> None:
    """Note how the call's package was judged."""
    if _here.notes is not None:
        _here.notes.judgement = judgement


def _describe(judged: Judgement) -> Mapping[str, Any]:
    described: dict[str, Any] = {
        "function": judged.function_arn,
        "packageSha256": judged.package_sha256,
        "codeSigningConfigArn": judged.config_arn,
        "outcome": judged.outcome,
        "failed": judged.failed,
        "checks": [{"check": check, "status": status, "detail": detail} for check, status, detail in judged.findings],
    }
    if judged.profile_version_arn is not None:
        described["signature"] = {"profileVersionArn": judged.profile_version_arn, "jobArn": judged.job_arn}
    return described
