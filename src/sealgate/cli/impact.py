"""Show what a revocation stops, before it happens or after.

SUBJECT is a signing job (its id or ARN), a profile (its name, its ARN or a version's), a certificate (a PEM file, or
the subject, serial number or fingerprint of an issuing CA or a signer's), or a package (a file). Every function
version, alias and layer of every account and region that carries it is listed. Of each it is said what becomes of
deployments of the same package, by the function's code signing config, and of starts, by the tag
`sealgate:on-revocation`: Enforce stops them and ends what runs, Warn records only.

A profile is looked at as revoked for all its signatures, or for those made after --from TIME. An issuing CA's
signatures stand, since signing jobs vouch for them; --from TIME doubts the records of those made after it. The server
may be running meanwhile; nothing is changed. The exit status is 1 where nothing is known of the subject.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from sealgate.cli import terminal
from sealgate.cli.evidence import data_roots
from sealgate.cli.live import add_source_arguments, load_source, opened
from sealgate.cli.verify import parse_moment
from sealgate.clock import system_clock
from sealgate.config import Config
from sealgate.errors import IntegrityError, Invalid, PackageError
from sealgate.package.files import FileSource
from sealgate.store.folder import DataFolder
from sealgate.trust.authority_folder import AuthorityFolder
from sealgate.trust.roots import TrustRoots
from sealgate.trust.verify import verify_package
from sealgate.x509.certificates import HOSTILE_CERTIFICATE_ERRORS

if TYPE_CHECKING:
    from sealgate.services.fleet.impact import Impact
    from sealgate.services.fleet.questions import ImpactService
    from sealgate.store.database import Database

EXAMPLE = """\
  sealgate impact signed.zip --data /var/lib/sealgate
  sealgate impact my_profile --from 2026-11-24T12:00:00Z --data /var/lib/sealgate"""

_PEM = b"-----BEGIN CERTIFICATE-----"
_ZIP = b"PK"
_MAX_PEM = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("subject", metavar="SUBJECT", help="JOB, PROFILE, CERTIFICATE or FILE")
    add("--from", dest="effective_from", type=parse_moment, metavar="TIME", help="what was signed after it falls")
    add("--account", metavar="DIGITS", help="whose a name is (default: anybody's)")
    add("--region", help="where it is (default: anywhere)")
    add_source_arguments(parser)
    add("--json", action="store_true", help="write JSON")


def run(args: argparse.Namespace) -> int:
    """Find out, and tell."""
    config = load_source(args)
    from sealgate.cli.report_impact import encode_impact_json, encode_impact_text  # noqa: PLC0415 - as in `opened`
    from sealgate.services.fleet.impact import SubjectUnknown  # noqa: PLC0415 - likewise

    try:
        with opened(config) as database:
            impact = _find_impact(args, config, _open_service(config, database))
    except SubjectUnknown as error:
        terminal.say_error(error.message)
        return terminal.REFUSED
    sys.stdout.write(encode_impact_json(impact) if args.json else encode_impact_text(impact))
    return terminal.OK


def _open_service(config: Config, database: Database) -> ImpactService:
    from sealgate.services.fleet.questions import ImpactService  # noqa: PLC0415 - as in `opened`
    from sealgate.store.blobs_file import FileBlobs  # noqa: PLC0415 - likewise

    folder = DataFolder(config.data)
    authority = AuthorityFolder(folder.authority)
    root = authority.find_root()
    assert root is not None, "a data folder has one"
    return ImpactService(
        db=database,
        blobs=FileBlobs(folder.blobs),
        root=root,
        authorities=authority.list_issuing(),
        clock=system_clock,
    )


def _find_impact(args: argparse.Namespace, config: Config, service: ImpactService) -> Impact:
    from sealgate.services.fleet.questions import Question  # noqa: PLC0415 - as in `opened`

    path = Path(args.subject)
    if not path.is_file():
        question = Question(
            name=args.subject, account=args.account, region=args.region, effective_from=args.effective_from
        )
        return service.of_name(question)
    certificate = _find_certificate(path)
    if certificate is not None:
        return service.of_certificate(certificate, effective_from=args.effective_from)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return service.of_package(sha256, _find_job(path, config))


def _find_certificate(path: Path) -> x509.Certificate | None:
    """Read a file of certificates, of which the first counts; None where it is no such file."""
    with path.open("rb") as file:
        start = file.read(_MAX_PEM)
    if _PEM not in start or start.startswith(_ZIP):  # a package may have certificates in it
        return None
    try:
        return x509.load_pem_x509_certificates(start)[0]
    except HOSTILE_CERTIFICATE_ERRORS as error:
        raise Invalid(f"{path}: not a certificate in PEM") from error


def _find_job(path: Path, config: Config) -> str | None:
    """Answer the job whose signature is on a file, where that is whole and of a root that the server trusts."""
    roots = TrustRoots(roots=tuple(data_roots(config.data)))
    try:
        with FileSource(path) as source:
            signature = verify_package(source, roots=roots, at=system_clock()).signature
    except (IntegrityError, PackageError) as error:
        terminal.say_hint(f"no signature that this server trusts verifies on {path}: {error.message}")
        return None
    return None if signature is None else signature.job_arn
