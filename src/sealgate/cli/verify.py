"""Judge a package offline: no server and no network.

Says, check by check, what was found. The exit status is 0 if the package is acceptable, 1 if it is not, and 2 if the
usage is wrong or a file cannot be read. A trust root has to be given: the one of a data folder's authority (--data),
one in a file (--trust), or AWS Signer's (--trust-aws).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sealgate.cli import early, terminal
from sealgate.cli.evidence import Evidence, NoRoot, load_evidence
from sealgate.cli.framing import check_manifest
from sealgate.cli.judge import Subject, Verdict, judge
from sealgate.cli.report import encode_text
from sealgate.clock import system_clock
from sealgate.errors import IntegrityError, Invalid, PackageError
from sealgate.package.files import FileSource
from sealgate.policy.admission import Finding
from sealgate.trust.verify import verify_package

EXAMPLE = "  sealgate verify app.zip --trust root.pem --revocations revoked.json"

_LIST: Mapping[str, Any] = {"action": "append", "nargs": "+", "default": []}
"""An option that takes several values, and may be given several times."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("file", nargs="?", metavar="FILE", help="the package")
    own = parser.add_mutually_exclusive_group()
    own.add_argument("--data", type=Path, metavar="DIR", help="trust this data folder: its roots and its job records")
    own.add_argument("--trust", **_LIST, metavar="ROOT.pem", help="trust this root certificate")
    add("--trust-aws", action="store_true", help="trust AWS Signer's root, which is part of Sealgate")
    add("--publisher", **_LIST, metavar="ARN", help="accept this signing profile version; without it, any")
    add("--at", type=parse_moment, metavar="TIME", help="judge at this time, such as 2026-11-24T12:00:00Z")
    add("--revocations", type=Path, metavar="FILE", help="a list that `sealgate revocations` wrote")
    add("--require-revocation", action="store_true", help="refuse what cannot be checked for revocation")
    add("--require-manifest", action="store_true", help="refuse what has no manifest (docs/FORMAT.md §10)")
    add("--json", action="store_true", help="write the report as JSON")


def run(args: argparse.Namespace) -> int:
    """Judge the package and write the report."""
    file = _take_file(args)
    now = system_clock()
    at: datetime = args.at or now
    trust = [Path(path) for paths in args.trust for path in paths]
    try:
        evidence = load_evidence(data=args.data, trust=trust, trust_aws=args.trust_aws, revocations=args.revocations)
    except NoRoot as error:
        terminal.say_error(error.message)
        terminal.say_hint("give --trust ROOT.pem, --data DIR or --trust-aws")
        return terminal.USAGE
    try:
        subject, manifest = _verify(file, evidence, at, require_manifest=args.require_manifest)
        verdict = judge(
            subject,
            evidence=evidence,
            publishers=_read_publishers(args.publisher),
            at=at,
            now=max(now, at),
            require_revocation=args.require_revocation,
            manifest=manifest,
        )
    finally:
        evidence.close()
    if args.json:
        sys.stdout.write(_encode_json(file, verdict, at))
    else:
        sys.stdout.write(encode_text(file, verdict, colourful=terminal.is_colourful()))
    return terminal.OK if verdict.is_acceptable else terminal.REFUSED


def parse_moment(text: str) -> datetime:
    """Read an ISO 8601 time; without an offset it is in UTC.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-11-24T12:00:00Z") from error


def _read_publishers(given: list[list[str]]) -> frozenset[str] | None:
    if not given:
        return None
    from sealgate.arn import canonical_publisher  # noqa: PLC0415 - loading it takes time: only where it is needed

    return frozenset(canonical_publisher(arn) for arns in given for arn in arns)


def _encode_json(file: str, verdict: Verdict, at: datetime) -> str:
    from sealgate.cli.report_json import encode_json  # noqa: PLC0415 - see _read_publishers

    return encode_json(file, verdict, at=at)


def _take_file(args: argparse.Namespace) -> str:
    """Answer FILE, which an option that takes several values has swallowed if it stood right before."""
    if args.file is not None:
        return str(args.file)
    swallowing = [values for values in (*args.trust, *args.publisher) if len(values) > 1]
    if len(swallowing) != 1:
        raise Invalid("no FILE to verify is named")
    return str(swallowing[0].pop())


def _verify(file: str, evidence: Evidence, at: datetime, *, require_manifest: bool) -> tuple[Subject, Finding | None]:
    source, measured = early.take(file) or (_open(file), None)
    with source:
        try:
            subject = verify_package(source, roots=evidence.roots, at=at, measured=measured)
            if subject.signature is None:
                return subject, None
            return subject, check_manifest(source, subject.signature, is_required=require_manifest)
        except (IntegrityError, PackageError) as error:
            return error, None


def _open(file: str) -> FileSource:
    try:
        return FileSource(file)
    except PackageError as error:
        raise Invalid(f"{file}: {error.message}") from error
