"""Commands that have parts: `sealgate COMMAND PART`, each part a module `COMMAND_PART` of this package."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib import import_module
from typing import cast

from sealgate.cli.dispatch import Command


def add_parts(parser: argparse.ArgumentParser, command: str, parts: Mapping[str, str]) -> None:
    """Declare a command's parts, each with its options.

    Args:
        parser: The command's.
        command: Its name.
        parts: What each part is for.
    """
    adding = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, purpose in parts.items():
        module = _module(command, name)
        part = adding.add_parser(
            name,
            help=purpose,
            description=(module.__doc__ or "").strip(),
            epilog=f"example:\n{module.EXAMPLE}",
            formatter_class=parser.formatter_class,
            allow_abbrev=False,
        )
        module.add_arguments(part)


def run_part(command: str, args: argparse.Namespace) -> int:
    """Do the part that the arguments name."""
    return _module(command, args.part).run(args)


def _module(command: str, part: str) -> Command:
    return cast("Command", import_module(f"sealgate.cli.{command}_{part}"))
