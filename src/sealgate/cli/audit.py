"""Prove and question the audit trail: verify it, keep its head, export it, ask who did what.

`sealgate audit PART --help` tells a part's options.
"""

from __future__ import annotations

import argparse

from sealgate.cli.parts import add_parts, run_part

EXAMPLE = """\
  sealgate audit verify --data /var/lib/sealgate
  sealgate audit who signed.zip --data /var/lib/sealgate"""

PARTS = {
    "verify": "tell whether a trail is whole, and what was altered first",
    "head": "print the trail's end, to be kept elsewhere",
    "export": "write the trail with its proofs",
    "who": "tell who signed and deployed what, when, from where",
}
"""Every part and what it is for; each is a module of this package (`audit_verify`)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the parts, each with its options."""
    add_parts(parser, "audit", PARTS)


def run(args: argparse.Namespace) -> int:
    """Do one part."""
    return run_part("audit", args)
