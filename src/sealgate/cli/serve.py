"""Run the server on one port until SIGTERM or SIGINT.

Prints `listening on http://HOST:PORT` on stdout when it is ready. Every option can also be set by a SEALGATE_*
variable or in a TOML file, in this order of precedence; a key file also by the service manager, as the credential
`sealgate-kek`. It is made with `head -c 32 /dev/urandom`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sealgate.config import (
    AUTH_MODES,
    DEFAULT_ACCOUNT,
    DEFAULT_DATA,
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_REGION,
    SANDBOXES,
    load_config,
)

EXAMPLE = "  sealgate serve --port 4566 --data /var/lib/sealgate --key-file /run/credentials/sealgate.key"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; their names are the fields of `Config`."""
    add = parser.add_argument
    add("--host", help=f"the address to listen on (default: {DEFAULT_HOST})")
    add("--port", type=int, help=f"the port to listen on; 0 takes a free one (default: {DEFAULT_PORT})")
    add("--data", metavar="DIR", help=f"the data folder, made on the first start (default: {DEFAULT_DATA})")
    add("--account", metavar="DIGITS", help=f"the account that the first start creates (default: {DEFAULT_ACCOUNT})")
    add("--region", help=f"the region that `sealgate env` exports (default: {DEFAULT_REGION})")
    add("--auth", choices=AUTH_MODES, help="`none` serves unsigned calls: for throw-away environments only")
    add("--strict-aws", action="store_true", default=None, help="refuse what AWS refuses: no relaxation")
    add("--key-file", metavar="FILE", help="32 bytes that encrypt the private keys; keep it elsewhere")
    add("--database", metavar="URL", help="such as postgresql+psycopg://HOST/NAME (default: SQLite in the data folder)")
    add("--metrics", action="store_true", default=None, help="show metrics for Prometheus at /metrics, to everybody")
    add("--sandbox", choices=SANDBOXES, help="`none` runs functions unconfined: for functions that are trusted wholly")
    add("--any-runtime", action="store_true", default=None, help="create functions that this host cannot run, unrun")
    add("--config", type=Path, metavar="FILE", help="a TOML file with these settings")


def run(args: argparse.Namespace) -> int:
    """Merge flags, environment and file, and serve."""
    config = load_config(vars(args), file=args.config)
    from sealgate.server.process import run as run_server  # noqa: PLC0415 - wrong usage is told before a server is loaded

    return run_server(config)
