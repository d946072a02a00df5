"""The authority's ceremonies: make one whose root's key is elsewhere, make its issuing CAs, revoke one.

`sealgate authority PART --help` tells a part's options. `sealgate serve` makes an authority with all its keys in the
data folder where there is none yet.
"""

from __future__ import annotations

import argparse

from sealgate.cli.parts import add_parts, run_part

EXAMPLE = """\
  sealgate authority init --offline-root /media/safe --passphrase --data /var/lib/sealgate
  sealgate authority issue --offline-root /media/safe --passphrase --data /var/lib/sealgate
  sealgate authority revoke 3b1f09ac --reason "its key was stolen" --data /var/lib/sealgate"""

PARTS = {
    "init": "make root and issuing CA, with the root's key in a place of its own",
    "issue": "make the next issuing CA with a root's key that is elsewhere",
    "revoke": "take trust away from an issuing CA, or see before what falls with it",
}
"""Every part and what it is for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the parts, each with its options."""
    add_parts(parser, "authority", PARTS)


def run(args: argparse.Namespace) -> int:
    """Do one part."""
    return run_part("authority", args)
