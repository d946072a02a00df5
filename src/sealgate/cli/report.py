"""What `sealgate verify` found, as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sealgate.cli.judge import FAILED, NOT_CHECKED, PASSED, Verdict
from sealgate.cli.terminal import printable
from sealgate.trust.assessment import CertificateFacts, Signature

_WORDS = {PASSED: "ok", FAILED: "FAILED", NOT_CHECKED: "NOT CHECKED"}


def encode_text(file: str, verdict: Verdict) -> str:
    """Write the verdict on a file for a person to read."""
    return "".join(f"{printable(line)}\n" for line in _lines(file, verdict))


def _lines(file: str, verdict: Verdict) -> Iterator[str]:
    yield f"{file}: {'acceptable' if verdict.is_acceptable else 'NOT acceptable'}"
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


def encode_time(moment: datetime) -> str:
    """Write a moment in UTC (`2026-11-24T03:27:00Z`)."""
    return moment.isoformat().replace("+00:00", "Z")
