"""Show every function version of a server, and what its signature is worth now.

Each stored package is read and verified again, and judged by what has expired or was revoked since it was deployed. A
version is as good as the worst of its packages, layers included: valid, unsigned, expired, revoked or altered. The
server may be running meanwhile; nothing is changed.

--policy Enforce shows instead which functions could not be deployed again with the packages that they have, if their
code signing configs enforced, whatever they say now; what has no config is not governed.

The exit status is 1 where something is expired, revoked or altered; with --policy, where something would be refused.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from sealgate.cli import terminal
from sealgate.cli.evidence import data_roots
from sealgate.cli.live import add_source_arguments, load_source, opened
from sealgate.clock import system_clock
from sealgate.config import Config
from sealgate.store.folder import DataFolder
from sealgate.trust.roots import TrustRoots

if TYPE_CHECKING:
    from sealgate.store.database import Database

EXAMPLE = """\
  sealgate fleet --data /var/lib/sealgate
  sealgate fleet --policy Enforce --data /var/lib/sealgate"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_source_arguments(parser)
    add = parser.add_argument
    add("--account", metavar="DIGITS", help="only this account's (default: all)")
    add("--region", help="only those there (default: all)")
    add("--policy", choices=["Enforce"], help="show what would be refused under it")
    add("--json", action="store_true", help="write JSON")


def run(args: argparse.Namespace) -> int:
    """Look at everything."""
    config = load_source(args)
    roots = TrustRoots(roots=tuple(data_roots(config.data)))
    with opened(config) as database:
        look = _show_fleet if args.policy is None else _show_enforcement
        is_good = look(args, config, database, roots)
    return terminal.OK if is_good else terminal.REFUSED


def _show_fleet(args: argparse.Namespace, config: Config, database: Database, roots: TrustRoots) -> bool:
    from sealgate.cli.report_fleet import encode_fleet_json, encode_fleet_text  # noqa: PLC0415 - as in `opened`
    from sealgate.services.fleet.fleet import Fleet  # noqa: PLC0415 - likewise
    from sealgate.services.signing.revocation import RevocationService  # noqa: PLC0415 - likewise
    from sealgate.store.blobs_file import FileBlobs  # noqa: PLC0415 - likewise

    fleet = Fleet(
        db=database,
        blobs=FileBlobs(DataFolder(config.data).blobs),
        revocation=RevocationService(db=database, clock=system_clock, strict_aws=config.strict_aws),
        roots=roots,
        clock=system_clock,
    )
    survey = fleet.survey(account=args.account, region=args.region)
    encoded = encode_fleet_json(survey) if args.json else encode_fleet_text(survey, colourful=terminal.is_colourful())
    sys.stdout.write(encoded)
    return survey.is_sound


def _show_enforcement(args: argparse.Namespace, config: Config, database: Database, roots: TrustRoots) -> bool:
    from sealgate.cli.report_enforcement import (  # noqa: PLC0415 - as in `opened`
        encode_enforcement_json,
        encode_enforcement_text,
    )
    from sealgate.services.fleet.enforcement import Enforcement  # noqa: PLC0415 - likewise
    from sealgate.services.functions.admission import Admission  # noqa: PLC0415 - likewise
    from sealgate.services.signing.revocation import RevocationService  # noqa: PLC0415 - likewise
    from sealgate.store.blobs_file import FileBlobs  # noqa: PLC0415 - likewise

    revocation = RevocationService(db=database, clock=system_clock, strict_aws=config.strict_aws)
    enforcement = Enforcement(
        db=database,
        blobs=FileBlobs(DataFolder(config.data).blobs),
        admission=Admission(db=database, revocation=revocation, roots=roots, clock=system_clock),
        clock=system_clock,
    )
    forecasts = enforcement.forecast(account=args.account, region=args.region)
    encode = encode_enforcement_json if args.json else encode_enforcement_text
    sys.stdout.write(encode(forecasts))
    return all(each.refused is None for each in forecasts.functions)
