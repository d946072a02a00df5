"""Show what a package's signature says, without judging it.

Nothing shown has been verified: anybody can write any of it into a file. To judge a package use `sealgate verify`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sealgate.cli import terminal
from sealgate.cli.report import certificate_lines
from sealgate.cli.report_json import describe_certificate
from sealgate.cli.terminal import encode_time, printable
from sealgate.errors import Invalid, PackageError
from sealgate.package.files import FileSource
from sealgate.package.seal import ArchiveSeal
from sealgate.package.signature_entry import read_signature
from sealgate.trust.inspect import Inspection, inspect_signature

EXAMPLE = "  sealgate inspect app.zip --json"

_NOTICE = "nothing here has been verified; `sealgate verify` judges"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", metavar="FILE", help="the package")
    parser.add_argument("--json", action="store_true", help="write it as JSON")


def run(args: argparse.Namespace) -> int:
    """Read the signature and show it."""
    inspection = _inspect(args.file)
    if args.json:
        sys.stdout.write(json.dumps(describe(args.file, inspection), indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{printable(line)}\n" for line in _lines(args.file, inspection))
    return terminal.OK


def _inspect(file: str) -> Inspection | None:
    try:
        source = FileSource(file)
    except PackageError as error:
        raise Invalid(f"{file}: {error.message}") from error
    with source:
        block = read_signature(source)
    return None if block is None else inspect_signature(block)


def describe(file: str, inspection: Inspection | None) -> Mapping[str, Any]:
    """Write an inspection as JSON values; None means that the package carries no signature."""
    return {
        "file": file,
        "notice": _NOTICE,
        "signature": None if inspection is None else _describe(inspection),
    }


def _describe(inspection: Inspection) -> Mapping[str, Any]:
    return {
        "signers": inspection.signers,
        "digestAlgorithm": inspection.digest_algorithm,
        "signatureAlgorithm": inspection.signature_algorithm,
        "signingTime": _time(inspection.signing_time),
        "expiresAt": _time(inspection.expires_at),
        "jobArn": inspection.job_arn,
        "profileVersionArn": inspection.profile_version_arn,
        "messageDigest": inspection.message_digest and inspection.message_digest.hex(),
        "seal": None if inspection.seal is None else _describe_seal(inspection.seal),
        "attributes": [
            {"oid": attribute.oid, "name": attribute.name, "values": list(attribute.values)}
            for attribute in inspection.attributes
        ],
        "hasUnsignedAttributes": inspection.has_unsigned_attributes,
        "certificates": [describe_certificate(certificate) for certificate in inspection.certificates],
        "problems": list(inspection.problems),
    }


def _describe_seal(seal: ArchiveSeal) -> Mapping[str, Any]:
    return {
        "entries": seal.entries,
        "contentsLength": seal.contents_length,
        "contentsRoot": seal.contents_root.hex(),
        "directoryRoot": seal.directory_root.hex(),
    }


def _lines(file: str, inspection: Inspection | None) -> Iterator[str]:
    if inspection is None:
        yield f"{file}: carries no signature"
        return
    yield f"{file}: {_NOTICE}"
    yield ""
    facts = {
        "signed by": inspection.profile_version_arn,
        "in job": inspection.job_arn,
        "signed at": _time(inspection.signing_time),
        "good until": _time(inspection.expires_at),
        "signers": str(inspection.signers),
        "digest": inspection.digest_algorithm,
        "signature": inspection.signature_algorithm,
        "signs digest": inspection.message_digest and inspection.message_digest.hex(),
        "seal": inspection.seal and _seal_line(inspection.seal),
        "unsigned": "there are unsigned attributes" if inspection.has_unsigned_attributes else None,
    }
    yield from (f"  {name:<12} {text}" for name, text in facts.items() if text is not None)
    yield from (f"  {'attribute':<12} {attribute.oid} {attribute.name or ''}" for attribute in inspection.attributes)
    for certificate in inspection.certificates:
        yield from certificate_lines("certificate", certificate)
    yield from (f"  {'problem':<12} {problem}" for problem in inspection.problems)


def _seal_line(seal: ArchiveSeal) -> str:
    return f"{seal.entries} entries, contents of {seal.contents_length} bytes, root {seal.contents_root.hex()}"


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else encode_time(moment)
