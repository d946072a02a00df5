"""What `sealgate verify` found, as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sealgate.cli import terminal
from sealgate.cli.judge import FAILED, NOT_CHECKED, PASSED, Verdict
from sealgate.cli.terminal import encode_time, paint, printable
from sealgate.policy.admission import Finding
from sealgate.trust.assessment import CertificateFacts, Signature

_WORDS = {PASSED: "ok", FAILED: "FAILED", NOT_CHECKED: "NOT CHECKED"}
_STYLES = {PASSED: terminal.GREEN, FAILED: terminal.RED, NOT_CHECKED: terminal.YELLOW}


def encode_text(file: str, verdict: Verdict, *, colourful: bool = False) -> str:
    """Write the verdict on a file for a person to read, with colours for a terminal if they are wanted."""
    return "".join(f"{line}\n" for line in _lines(file, verdict, colourful=colourful))


def _lines(file: str, verdict: Verdict, *, colourful: bool) -> Iterator[str]:
    word, style = ("acceptable", terminal.GREEN) if verdict.is_acceptable else ("NOT acceptable", terminal.RED)
    yield f"{printable(file)}: {paint(word, style) if colourful else word}"
    yield ""
    yield from finding_lines(verdict.findings, colourful=colourful)
    if verdict.signature is not None:
        yield ""
        yield from map(printable, _signature_lines(verdict.signature))


def finding_lines(findings: Iterable[Finding], *, colourful: bool) -> Iterator[str]:
    """Say what each check found, in a line."""
    for finding in findings:
        status = f"{_WORDS[finding.status]:<12}"
        shown = paint(status, _STYLES[finding.status]) if colourful else status
        yield f"  {shown} {finding.check:<11} {printable(finding.detail)}"


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
