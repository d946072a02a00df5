"""Create and list the accounts of a server, which may be running meanwhile.

`sealgate account PART --help` tells a part's options.
"""

from __future__ import annotations

import argparse

from sealgate.cli.parts import add_parts, run_part

EXAMPLE = """\
  sealgate account create 111122223333 --data /var/lib/sealgate
  eval "$(sealgate env --account 111122223333 --data /var/lib/sealgate)"
  sealgate account list --data /var/lib/sealgate"""

PARTS = {
    "create": "create an account, and the credentials of its root user",
    "list": "list the accounts",
}
"""Every part and what it is for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the parts, each with its options."""
    add_parts(parser, "account", PARTS)


def run(args: argparse.Namespace) -> int:
    """Do one part."""
    return run_part("account", args)
