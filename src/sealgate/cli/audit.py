"""Prove and question the audit trail: verify it, keep its head, export it, ask who did what.

`sealgate audit PART --help` tells a part's options.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import cast

from sealgate.cli.dispatch import Command

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
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, purpose in PARTS.items():
        command = _module(name)
        part = parts.add_parser(
            name,
            help=purpose,
            description=(command.__doc__ or "").strip(),
            epilog=f"example:\n{command.EXAMPLE}",
            formatter_class=parser.formatter_class,
            allow_abbrev=False,
        )
        command.add_arguments(part)


def run(args: argparse.Namespace) -> int:
    """Do one part."""
    return _module(args.part).run(args)


def _module(part: str) -> Command:
    return cast("Command", import_module(f"sealgate.cli.audit_{part}"))
