"""Write the signed revocation list of a data folder, for `sealgate verify --revocations`.

The list holds everything that this server's accounts have revoked, signed by its authority. Hand it to whoever verifies
without a server, and a newer one before it is out of date.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path

from sealgate.cli import terminal
from sealgate.config import load_config
from sealgate.errors import Invalid
from sealgate.store.folder import DataFolder
from sealgate.trust.durable import write_durably

EXAMPLE = "  sealgate revocations --data /var/lib/sealgate -o revoked.json --valid-days 7"

_DEFAULT_DAYS = 7
_MAX_DAYS = 3650


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--data", metavar="DIR", help="the server's data folder (default: .sealgate)")
    add("-o", "--output", type=Path, metavar="FILE", help="where to write (default: stdout)")
    add("--valid-days", type=int, default=_DEFAULT_DAYS, metavar="N", help="out of date after (default: %(default)s)")
    add("--key-file", metavar="FILE", help="what the server was given, if it was")
    add("--database", metavar="URL", help="what the server was given, if it was")
    add("--config", type=Path, metavar="FILE", help="what the server was given, if it was")


def run(args: argparse.Namespace) -> int:
    """Sign the list and write it."""
    if not 1 <= args.valid_days <= _MAX_DAYS:
        raise Invalid(f"--valid-days {args.valid_days}: must be from 1 to {_MAX_DAYS}")
    config = load_config(vars(args), file=args.config)
    if not DataFolder(config.data).authority.is_dir():
        raise Invalid(f"{config.data} is no data folder; a server makes one when it starts")
    from sealgate.server.house import open_house  # noqa: PLC0415 - wrong usage is told before a server is loaded
    from sealgate.trust.revocation_list import encode_revocation_list  # noqa: PLC0415 - see above

    house = open_house(config)
    revocations = house.services.revocation.revocation_list(valid_for=timedelta(days=args.valid_days))
    document = encode_revocation_list(revocations, house.authority)
    house.db.close()
    _write(document, args.output)
    return terminal.OK


def _write(document: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(document)
        return
    try:
        if output.exists() and not output.is_file():
            # A terminal, a pipe, the null device: written to, never replaced.
            output.write_bytes(document)
        else:
            # Replaced at once: a verifier that reads meanwhile finds the old list or the new one, never a part.
            write_durably(output.resolve(), document, mode=0o644)
    except OSError as error:
        raise Invalid(f"{output}: {error.strerror}") from error
