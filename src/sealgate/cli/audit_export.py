"""Write the audit trail as JSON lines, each event with its place and its hashes, and the seals between them.

`sealgate audit verify FILE --trust ROOT.pem` verifies it anywhere. An event stands there as the exact text that was
hashed, in the member `event`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from sealgate.cli import terminal
from sealgate.cli.live import add_source_arguments, load_source, opened_trail, own_roots
from sealgate.trust.trail_file import encode_trail
from sealgate.x509.certificates import fingerprint

EXAMPLE = "  sealgate audit export --data /var/lib/sealgate --out trail.jsonl"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_source_arguments(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write (default: stdout)")


def run(args: argparse.Namespace) -> int:
    """Write the trail."""
    config = load_source(args)
    from sealgate.services.audit.live import read_trail  # noqa: PLC0415 - only once the usage is known right

    (root,) = own_roots(config).certificates
    with opened_trail(config) as database:
        lines = encode_trail(fingerprint(root), read_trail(database))
        if args.out is None:
            sys.stdout.writelines(lines)
        else:
            _write(lines, args.out)
    return terminal.OK


def _write(lines: Iterable[str], out: Path) -> None:
    """Write a file that appears whole or not at all."""
    part = out.with_name(f".{out.name}.part")
    with part.open("w", encoding="ascii") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    part.replace(out)
