"""What `sealgate gate` decided: text for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sealgate.cli import terminal
from sealgate.cli.admit import Admitted, GateReport
from sealgate.cli.report import finding_lines
from sealgate.cli.terminal import encode_time, paint, printable
from sealgate.policy.admission import Outcome

_WORDS = {Outcome.ALLOW: "let in", Outcome.WARN: "let in, with a warning", Outcome.DENY: "REFUSED"}
_STYLES = {Outcome.ALLOW: terminal.GREEN, Outcome.WARN: terminal.YELLOW, Outcome.DENY: terminal.RED}


def encode_gate_text(report: GateReport, *, colourful: bool = False) -> str:
    """Write the decisions for a person to read, with colours for a terminal if they are wanted."""
    return "".join(f"{line}\n" for line in _lines(report, colourful=colourful))


def encode_gate_json(report: GateReport) -> str:
    """Write the decisions as one JSON object."""
    demand = report.basis.demand
    described = {
        "judgedAt": encode_time(report.basis.at.replace(microsecond=0)),
        "demandedBy": demand.source,
        "policy": demand.policy.mode,
        "letIn": report.is_let_in,
        "packages": [_describe(package) for package in report.packages],
    }
    return json.dumps(described, indent=2) + "\n"


def _lines(report: GateReport, *, colourful: bool) -> Iterator[str]:
    demand = report.basis.demand
    yield f"{demand.policy.mode}, as {printable(demand.source)} says"
    for package in report.packages:
        outcome = package.decision.outcome
        word = paint(_WORDS[outcome], _STYLES[outcome]) if colourful else _WORDS[outcome]
        yield ""
        yield f"{printable(package.file)}: {word}"
        yield from finding_lines(package.decision.findings, colourful=colourful)
    yield ""
    yield _summary(report)


def _summary(report: GateReport) -> str:
    total = len(report.packages)
    counts = [(report.count(outcome), _WORDS[outcome].lower()) for outcome in Outcome]
    told = "; ".join(f"{count} {word}" for count, word in counts if count)
    return f"{total} package{'' if total == 1 else 's'}: {told}"


def _describe(package: Admitted) -> Mapping[str, Any]:
    signature = package.signature
    return {
        "file": package.file,
        "sha256": package.sha256,
        "size": package.size,
        "outcome": package.decision.outcome,
        "reason": package.decision.kind,
        "checks": [
            {"check": each.check, "status": each.status, "detail": each.detail} for each in package.decision.findings
        ],
        "signature": None
        if signature is None
        else {
            "profileVersionArn": signature.profile_version_arn,
            "jobArn": signature.job_arn,
            "signingTime": encode_time(signature.signing_time),
            "expiresAt": encode_time(signature.expires_at),
            "sealed": signature.sealed,
            "root": {"kind": signature.root_kind, "name": signature.root_name},
        },
    }
