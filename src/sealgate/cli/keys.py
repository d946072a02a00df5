"""Keep the authority's private keys: list them, rotate, encrypt them under another key-encryption key.

`sealgate keys PART --help` tells a part's options.
"""

from __future__ import annotations

import argparse

from sealgate.cli.parts import add_parts, run_part

EXAMPLE = """\
  sealgate keys list --data /var/lib/sealgate
  sealgate keys rotate --data /var/lib/sealgate --key-file /run/credentials/sealgate.key"""

PARTS = {
    "list": "show every key and certificate, and how each private key is protected",
    "rotate": "make another issuing CA and put it in use",
    "encrypt": "encrypt the private keys under another key-encryption key",
}
"""Every part and what it is for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the parts, each with its options."""
    add_parts(parser, "keys", PARTS)


def run(args: argparse.Namespace) -> int:
    """Do one part."""
    return run_part("keys", args)
