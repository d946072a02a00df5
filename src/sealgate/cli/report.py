"""What `sealgate verify` found, as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sealgate.cli.judge import FAILED, NOT_CHECKED, PASSED, Verdict
from sealgate.cli.terminal import printable
from sealgate.trust.assessment import CertificateFacts, Signature

_WORDS = {PASSED: "ok", FAILED: "FAILED", NOT_CHECKED: "NOT CHECKED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The verdict on one file.

    Attributes:
        file: As the caller named it.
        at: The moment that it was judged at.
    """

    file: str
    at: datetime
    verdict: Verdict


def encode_text(report: Report) -> str:
    """Write the report for a person to read."""
    return "".join(f"{printable(line)}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    verdict = report.verdict
    yield f"{report.file}: {'acceptable' if verdict.is_acceptable else 'NOT acceptable'}"
    yield ""
    for finding in verdict.findings:
        yield f"  {_WORDS[finding.status]:<12} {finding.check:<11} {finding.detail}"
    if verdict.signature is not None:
        yield ""
        yield from _signature_lines(verdict.signature)


def _signature_lines(signature: Signature) -> Iterator[str]:
    covered = "every byte of the file" if signature.sealed else "names and contents of the entries, as AWS does"
    yield f"  signed by    {signature.profile_version_arn}"
    yield f"  in job       {signature.job_arn}"
    yield f"  signed at    {encode_time(signature.signing_time)}, asserted by the signer"
    yield f"  good until   {encode_time(signature.expires_at)}"
    yield f"  covers       {covered}"
    for depth, certificate in enumerate(signature.chain):
        yield from certificate_lines("chain" if depth == 0 else "", certificate)
    yield f"  trusted as   {signature.root_name} ({signature.root_kind} root)"


def certificate_lines(label: str, certificate: CertificateFacts) -> Iterator[str]:
    """Describe one certificate in three lines."""
    yield f"  {label:<12} {certificate.subject}"
    yield f"  {'':<14} {encode_time(certificate.not_before)} to {encode_time(certificate.not_after)}"
    yield f"  {'':<14} sha256 {certificate.sha256}"


def describe(report: Report) -> Mapping[str, Any]:
    """Write the report as JSON values."""
    verdict = report.verdict
    return {
        "file": report.file,
        "acceptable": verdict.is_acceptable,
        "judgedAt": encode_time(report.at),
        "checks": [
            {"check": finding.check, "status": finding.status, "detail": finding.detail} for finding in verdict.findings
        ],
        "signature": None if verdict.signature is None else _describe_signature(verdict.signature),
    }


def _describe_signature(signature: Signature) -> Mapping[str, Any]:
    return {
        "profileVersionArn": signature.profile_version_arn,
        "jobArn": signature.job_arn,
        "signingTime": encode_time(signature.signing_time),
        "signingTimeSource": "asserted by the signer",
        "expiresAt": encode_time(signature.expires_at),
        "sealed": signature.sealed,
        "root": {"kind": signature.root_kind, "name": signature.root_name},
        "chain": [describe_certificate(certificate) for certificate in signature.chain],
    }


def describe_certificate(certificate: CertificateFacts) -> Mapping[str, Any]:
    """Write one certificate's facts as JSON values."""
    return {
        "subject": certificate.subject,
        "serial": certificate.serial,
        "notBefore": encode_time(certificate.not_before),
        "notAfter": encode_time(certificate.not_after),
        "sha256": certificate.sha256,
    }


def encode_time(moment: datetime) -> str:
    """Write a moment in UTC (`2026-11-24T03:27:00Z`)."""
    return moment.isoformat().replace("+00:00", "Z")
