"""List the accounts of a server, and when each was created."""

from __future__ import annotations

import argparse
import sys

from sealgate.cli import terminal
from sealgate.cli.live import add_source_arguments, load_source, opened

EXAMPLE = """\
  sealgate account list --data /var/lib/sealgate"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_source_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print an account a line."""
    with opened(load_source(args)) as database:
        from sealgate.clock import system_clock  # noqa: PLC0415 - only once the usage is known right
        from sealgate.services.identity.accounts import IdentityService  # noqa: PLC0415 - see above

        for each in IdentityService(db=database, clock=system_clock).list_accounts():
            sys.stdout.write(f"{each.account} {each.created_at:%Y-%m-%dT%H:%M:%SZ}\n")
    return terminal.OK
