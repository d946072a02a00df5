"""What `sealgate package` did, as text for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sealgate.cli.table import draw
from sealgate.cli.terminal import encode_time
from sealgate.packaging.packager import PackageReport, Packed
from sealgate.packaging.signer import Demands, Outcome

_WORDS = {Outcome.SIGNED: "signed now", Outcome.REUSED: "signed before", Outcome.KEPT: "signed already"}


def encode_package_text(report: PackageReport) -> str:
    """Write the report for a person to read."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: PackageReport) -> Iterator[str]:
    if report.packages:
        yield from draw(("PACKAGE", "SIGNATURE", "USED BY"), [_row(packed) for packed in report.packages])
        yield ""
    if report.unsigned:
        yield from draw(("NOT SIGNED", "BECAUSE"), [(each.resource, each.reason) for each in report.unsigned])
        yield ""
    counts = {word: sum(each.outcome is outcome for each in report.packages) for outcome, word in _WORDS.items()}
    told = [f"{number} {word}" for word, number in counts.items() if number]
    yield f"{len(report.packages)} packages" + (f": {', '.join(told)}" if told else "")
    if not report.is_finished:
        yield "nothing was sent or written, since not all code can be signed"


def _row(packed: Packed) -> tuple[str, str, str]:
    until = f"{packed.signature.expires_at:%Y-%m-%d}"
    return str(packed.path), f"{_WORDS[packed.outcome]}, until {until}", "\n".join(packed.resources)


def encode_package_json(report: PackageReport, demands: Demands) -> str:
    """Write the report as one JSON object."""
    described = {
        "profileVersionArn": demands.profile_version_arn,
        "finished": report.is_finished,
        "packages": [_describe(packed) for packed in report.packages],
        "unsigned": [{"resource": each.resource, "reason": each.reason} for each in report.unsigned],
    }
    return json.dumps(described, indent=2) + "\n"


def _describe(packed: Packed) -> Mapping[str, Any]:
    stored = packed.stored
    return {
        "path": str(packed.path),
        "resources": list(packed.resources),
        "outcome": packed.outcome.value,
        "jobArn": packed.signature.job_arn,
        "expiresAt": encode_time(packed.signature.expires_at),
        "object": None if stored is None else {"bucket": stored.bucket, "key": stored.key, "version": stored.version},
    }
