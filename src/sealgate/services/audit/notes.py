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
class JudgedArtifact:
    """How one package of a deployment was judged.

    Attributes:
        layer_version_arn: The layer version that it is; None for the function's own code.
        package_sha256: 64 hexadecimal digits.
        outcome: `ALLOW`, `WARN` or `DENY`.
        failed: The first check that failed, in AWS's word for it (`MISMATCH`); None where none did.
        findings: Check, status and detail of each check.
        profile_version_arn: Who signed the package; None where nobody did.
        job_arn: In which job.
    """

    layer_version_arn: str | None
    package_sha256: str
    outcome: str
    failed: str | None
    findings: tuple[tuple[str, str, str], ...]
    profile_version_arn: str | None
    job_arn: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How a deployment was judged.

    Attributes:
        function_arn: What was to be deployed to.
        config_arn: The code signing config that it was judged by, or None.
        outcome: `ALLOW`, `WARN` or `DENY`: the strictest of all its packages'.
        failed: What the first package with a failed check failed; None where none did.
        artifacts: Its packages: the function's code first, where that was judged, then the layers in order.
    """

    function_arn: str
    config_arn: str | None
    outcome: str
    failed: str | None
    artifacts: tuple[JudgedArtifact, ...]

    @property
    def code(self) -> JudgedArtifact | None:
        """The function's own code; None where only layers were judged."""
        return next((each for each in self.artifacts if each.layer_version_arn is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A layer version that was published.

    Attributes:
        package_sha256: 64 hexadecimal digits.
        profile_version_arn: Who signed the package; None where nobody did.
        job_arn: In which job.
    """

    layer_version_arn: str
    package_sha256: str
    profile_version_arn: str | None
    job_arn: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedStart:
    """A function version that was not started.

    Attributes:
        function_arn: The version.
        package_sha256: The package at fault: 64 hexadecimal digits.
        layer_version_arn: The layer version that it is; None for the function's own code.
        reason: The broken rule, in one word.
        detail: The same in a sentence.
    """

    function_arn: str
    package_sha256: str
    layer_version_arn: str | None
    reason: str
    detail: str


@dataclass(slots=True)
class Notes:
    """What was noted during one call.

    Attributes:
        resources: ARNs of what the call is about, besides those that the request names.
        judgement: How its packages were judged; None where none was.
        publication: The layer version that it has published, or None.
        refused_start: The function version that it could not start, or None.
    """

    resources: list[str] = field(default_factory=list)
    judgement: Judgement | None = None
    publication: Publication | None = None
    refused_start: RefusedStart | None = None

    def additional(self) -> Mapping[str, Any] | None:
        """Answer the event's `additionalEventData`, as AWS Lambda gives it for deployments under a config.

        Only for those that were let in: AWS says nothing of it where it refuses.
        """
        judged = self.judgement
        if judged is None or judged.config_arn is None or judged.outcome == "DENY":
            return None
        code = judged.code
        signer = {} if code is None else _signer(code, ("signingProfileVersionArn", "signingJobArn"))
        return {"signatureStatus": judged.failed or "VALID", **signer}

    def sealgate(self) -> Mapping[str, Any] | None:
        """Answer the event's `sealgate` member: how a deployment was judged, what was published, what not started."""
        told: dict[str, Any] = {}
        if self.judgement is not None:
            told["admission"] = _describe(self.judgement)
        if self.publication is not None:
            told["publication"] = _describe_package(self.publication)
        if self.refused_start is not None:
            told["start"] = describe_refused_start(self.refused_start)
        return told or None


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
    """Note how the call's packages were judged."""
    if _here.notes is not None:
        _here.notes.judgement = judgement


def note_publication(publication: Publication) -> None:
    """Note which layer version the call has published."""
    if _here.notes is not None:
        _here.notes.publication = publication


def note_refused_start(refused: RefusedStart) -> None:
    """Note which function version the call could not start."""
    if _here.notes is not None:
        _here.notes.refused_start = refused


def describe_refused_start(refused: RefusedStart) -> Mapping[str, Any]:
    """Answer a refused start as events tell it."""
    return {
        "function": refused.function_arn,
        "outcome": "DENY",
        **({} if refused.layer_version_arn is None else {"layerVersionArn": refused.layer_version_arn}),
        "packageSha256": refused.package_sha256,
        "failed": refused.reason,
        "detail": refused.detail,
    }


def _describe(judged: Judgement) -> Mapping[str, Any]:
    layers = [_describe_layer(each) for each in judged.artifacts if each.layer_version_arn is not None]
    code = judged.code
    return {
        "function": judged.function_arn,
        "codeSigningConfigArn": judged.config_arn,
        "outcome": judged.outcome,
        "failed": judged.failed,
        **({} if code is None else {**_describe_package(code), "checks": _describe_checks(code)}),
        **({"layers": layers} if layers else {}),
    }


def _describe_layer(artifact: JudgedArtifact) -> Mapping[str, Any]:
    return {
        **_describe_package(artifact),
        "outcome": artifact.outcome,
        "failed": artifact.failed,
        "checks": _describe_checks(artifact),
    }


def _describe_package(package: JudgedArtifact | Publication) -> Mapping[str, Any]:
    signature = _signer(package, ("profileVersionArn", "jobArn"))
    return {
        **({} if package.layer_version_arn is None else {"layerVersionArn": package.layer_version_arn}),
        "packageSha256": package.package_sha256,
        **({"signature": signature} if signature else {}),
    }


def _describe_checks(artifact: JudgedArtifact) -> list[dict[str, str]]:
    return [{"check": check, "status": status, "detail": detail} for check, status, detail in artifact.findings]


def _signer(package: JudgedArtifact | Publication, names: tuple[str, str]) -> dict[str, str]:
    """Answer who signed a package, under these names; nothing where nobody did."""
    signer = zip(names, (package.profile_version_arn, package.job_arn), strict=True)
    return {name: arn for name, arn in signer if arn}
