"""Make another issuing CA and put it in use, at once and for every server on the data folder.

A running server takes it up before it signs again; no call fails, and what was signed before stays valid. The retired
issuing CA's key is destroyed. Prints the new one's fingerprint.
"""

from __future__ import annotations

import argparse
import sys

from sealgate.cli import terminal
from sealgate.cli.custody import add_root_arguments, add_source_arguments, find_root_keys, load_source, open_authority
from sealgate.errors import Invalid
from sealgate.trust.keys import KeyMissing
from sealgate.x509.certificates import fingerprint

EXAMPLE = """\
  sealgate keys rotate --data /var/lib/sealgate
  sealgate keys rotate --data /var/lib/sealgate --offline-root /media/safe --passphrase"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_source_arguments(parser)
    add_root_arguments(parser, required=False)


def run(args: argparse.Namespace) -> int:
    """Rotate."""
    config = load_source(args)
    root_keys = find_root_keys(args, config)
    try:
        issuing = open_authority(config).rotate(root_keys)
    except KeyMissing as error:
        raise Invalid("the root's key is not in the data folder; --offline-root says where it is") from error
    sys.stdout.write(f"{fingerprint(issuing)}\n")
    return terminal.OK
