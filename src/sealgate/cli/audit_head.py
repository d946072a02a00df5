"""Print the end of the audit trail as POSITION:HASH, to be kept where nobody can alter it with the trail.

Whoever holds it can tell later, with `sealgate audit verify --head`, whether the trail was cut off or set back. It says
nothing by itself: verify the trail before you keep its head.
"""

from __future__ import annotations

import argparse
import sys

from sealgate.cli import terminal
from sealgate.cli.live import add_source_arguments, load_source, opened_trail, own_roots
from sealgate.trust.trail import Head, genesis
from sealgate.x509.certificates import fingerprint

EXAMPLE = "  sealgate audit head --data /var/lib/sealgate | ssh elsewhere 'cat >> heads.txt'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_source_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print the head."""
    config = load_source(args)
    from sealgate.services.audit.live import find_head  # noqa: PLC0415 - only once the usage is known right

    with opened_trail(config) as database:
        head = find_head(database)
    (root,) = own_roots(config).certificates
    sys.stdout.write(f"{head or Head(position=0, chain=genesis(fingerprint(root)))}\n")
    return terminal.OK
