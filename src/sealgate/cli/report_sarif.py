"""What `sealgate gate` decided, as SARIF 2.1.0 (OASIS), which GitHub, GitLab and editors show as annotations.

A check that failed is a result of the rule that is called as the check is: an error where the package is refused, a
warning where it is let in all the same. A check that nobody could make is no result but a notification of the tool
(§3.20.21), since the package has no part in it. A check that passed is not told.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sealgate
from sealgate.cli import terminal
from sealgate.cli.admit import Admitted, GateReport
from sealgate.cli.judge import FAILED, NOT_CHECKED
from sealgate.cli.terminal import encode_time, printable
from sealgate.policy.admission import Finding

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
SOURCE_ROOT = "%SRCROOT%"
"""What GitHub and others take relative addresses to be relative to."""

_RULES: Mapping[str, tuple[str, str]] = {
    "integrity": (
        "The package is the one that was signed",
        "Build the package anew and sign it, with a signer that is trusted here; no policy lets this one in.",
    ),
    "expiry": (
        "The signature has not expired",
        "Sign the package again. How long a signature is good is set by the signing profile's validity period.",
    ),
    "publisher": (
        "The package is signed by an allowed publisher",
        "Sign the package with a signing profile that the code signing config allows, or allow this profile version.",
    ),
    "revocation": (
        "The signature is not revoked",
        "Find out why the signature was revoked, then build the package anew and sign it.",
    ),
    "manifest": (
        "The package is cut into entries as its signed manifest says",
        "Make the package with `sealgate package`, which puts a manifest in, and sign it.",
    ),
}
"""Of each check, what has to hold, and what to do where it does not."""


def encode_gate_sarif(report: GateReport, *, folder: Path) -> str:
    """Write the decisions as a SARIF log.

    Args:
        report: What was decided.
        folder: The root of the sources: packages in it are named relative to it.
    """
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [_describe_run(report, folder)]}, indent=2) + "\n"


def _describe_run(report: GateReport, folder: Path) -> Mapping[str, Any]:
    demand = report.basis.demand
    driver = {
        "name": "Sealgate",
        "version": sealgate.__version__,
        "rules": [_describe_rule(check, *texts) for check, texts in _RULES.items()],
    }
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCode": terminal.OK if report.is_let_in else terminal.REFUSED,
                "toolExecutionNotifications": list(_notifications(report, folder)),
            }
        ],
        "artifacts": [_describe_artifact(package, folder) for package in report.packages],
        "results": list(_results(report, folder)),
        "properties": {
            "judgedAt": encode_time(report.basis.at.replace(microsecond=0)),
            "demandedBy": printable(demand.source),
            "policy": demand.policy.mode,
        },
    }


def _describe_rule(check: str, holds: str, remedy: str) -> Mapping[str, Any]:
    return {
        "id": check,
        "name": f"Package{check.capitalize()}",
        "shortDescription": {"text": holds},
        "fullDescription": {"text": f"{holds}."},
        "help": {"text": remedy},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["security", "supply-chain"]},
    }


def _results(report: GateReport, folder: Path) -> Iterator[Mapping[str, Any]]:
    for index, package in enumerate(report.packages):
        for finding in package.decision.findings:
            if finding.status == FAILED:
                yield _describe_result(package, finding, index, folder)


def _describe_result(package: Admitted, finding: Finding, index: int, folder: Path) -> Mapping[str, Any]:
    return {
        "ruleId": finding.check,
        "ruleIndex": list(_RULES).index(finding.check),
        "kind": "fail",
        "level": "warning" if package.is_let_in else "error",
        "message": {"text": _tell(package, finding)},
        "locations": [_describe_location(package, folder, index)],
        # GitHub knows by this one that an alert is an old one; else it would look for lines of text in the package.
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(package, finding, folder)},
    }


def _notifications(report: GateReport, folder: Path) -> Iterator[Mapping[str, Any]]:
    for index, package in enumerate(report.packages):
        for finding in package.decision.findings:
            if finding.status == NOT_CHECKED:
                yield {
                    "level": "note",
                    "message": {"text": f"{finding.check} not checked: {_tell(package, finding)}"},
                    "locations": [_describe_location(package, folder, index)],
                }


def _tell(package: Admitted, finding: Finding) -> str:
    return f"{printable(package.file)}: {printable(finding.detail)}"


def _describe_location(package: Admitted, folder: Path, index: int) -> Mapping[str, Any]:
    artifact = {**_address(package.file, folder), "index": index}
    # A package has no lines, but GitHub shows nothing that has none.
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": 1}}}


def _describe_artifact(package: Admitted, folder: Path) -> Mapping[str, Any]:
    return {
        "location": _address(package.file, folder),
        "length": package.size,
        "roles": ["analysisTarget"],
        "mimeType": "application/zip",
        "hashes": {"sha-256": package.sha256},
    }


def _address(file: str, folder: Path) -> Mapping[str, str]:
    """Write where a file is: relative to the sources where it is among them (RFC 3986), else with its whole path."""
    path = Path(os.path.normpath(folder / file))
    if path.is_relative_to(folder):
        return {"uri": quote(os.fsencode(path.relative_to(folder))), "uriBaseId": SOURCE_ROOT}
    return {"uri": f"file://{quote(os.fsencode(path))}"}


def _fingerprint(package: Admitted, finding: Finding, folder: Path) -> str:
    address = _address(package.file, folder)["uri"]
    return hashlib.sha256(f"{finding.check}\0{address}".encode()).hexdigest()[:32]
