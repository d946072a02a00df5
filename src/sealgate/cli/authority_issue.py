"""Make the next issuing CA with a root's key that is elsewhere, and put it in use.

A running server takes it up before it signs again. Prints the new issuing CA's fingerprint.
"""

from __future__ import annotations

import argparse

from sealgate.cli import keys_rotate
from sealgate.cli.custody import add_root_arguments, add_source_arguments

EXAMPLE = """\
  sealgate authority issue --offline-root /media/safe --passphrase --data /var/lib/sealgate"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_source_arguments(parser)
    add_root_arguments(parser, required=True)


def run(args: argparse.Namespace) -> int:
    """Rotate with that root's key."""
    return keys_rotate.run(args)
