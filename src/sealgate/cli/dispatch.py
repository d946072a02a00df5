"""From arguments to one command's module, and from whatever it raises to an exit status."""

from __future__ import annotations

import argparse
import io
import os
import sys
from importlib import import_module
from typing import NoReturn, Protocol, cast

import sealgate
from sealgate.cli import terminal
from sealgate.errors import IntegrityError, PackageError, SealgateError

COMMANDS = {
    "serve": "run the server",
    "env": "print the shell exports that point AWS clients at a server",
    "account": "create and list the accounts of a server",
    "verify": "judge a package offline",
    "gate": "decide before a deployment what the server would decide",
    "package": "pack and sign all code that a template deploys",
    "inspect": "show what a package's signature says, without judging it",
    "fleet": "show every function version, and what its signature is worth now",
    "impact": "show what a revocation stops, before it happens or after",
    "audit": "verify, export and question the audit trail",
    "revocations": "write the signed revocation list of a data folder",
    "keys": "list, rotate and encrypt the authority's keys",
    "authority": "keep the root's key elsewhere; revoke an issuing CA",
}
"""Every command and what it is for; each is a module of this package."""

_WIDTH = 100

USAGE = f"""\
usage: sealgate COMMAND [OPTIONS]

Signs serverless code packages, and lets nothing unsigned, altered, foreign, expired or revoked be deployed.

{"".join(f"  {name:<12} {purpose}{chr(10)}" for name, purpose in COMMANDS.items())}
  sealgate COMMAND --help tells a command's options; sealgate --version the version.

example:
  sealgate serve &
  eval "$(sealgate env)"
  aws signer put-signing-profile --profile-name my-signer-profile --platform-id AWSLambda-SHA384-ECDSA
"""


class Command(Protocol):
    """What each command's module offers. Its docstring is the command's description."""

    __doc__: str | None
    EXAMPLE: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options."""
        ...

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and answer the exit status."""
        ...


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help of one width: to ask for the terminal's, argparse loads a dozen modules for every option declared."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH)


class Parser(argparse.ArgumentParser):
    """An argument parser that talks as the rest of the program does."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and end the process with the status for it."""
        terminal.say_error(message)
        terminal.say_hint(f"{self.prog} --help tells the options")
        sys.exit(terminal.USAGE)


def dispatch(arguments: list[str]) -> int:
    """Run the command that the first argument names."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that this locale cannot write is no reason to fail
    try:
        status = _route(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has had enough; leave nothing that would fail again when the interpreter flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return terminal.BROKEN_PIPE
    except KeyboardInterrupt:
        return terminal.INTERRUPTED
    except (PackageError, IntegrityError) as error:
        terminal.say_error(error.message)
        return terminal.REFUSED
    except SealgateError as error:
        terminal.say_error(error.message)
        return terminal.USAGE
    except OSError as error:
        terminal.say_error(f"{error.filename}: {error.strerror}" if error.filename is not None else str(error))
        return terminal.USAGE
    return status


def _route(arguments: list[str]) -> int:
    match arguments[:1]:
        case ["-h" | "--help"]:
            sys.stdout.write(USAGE)
            return terminal.OK
        case ["--version"]:
            sys.stdout.write(f"sealgate {sealgate.__version__}\n")
            return terminal.OK
        case [name] if name in COMMANDS:
            return _run(name, arguments[1:])
    terminal.say_error(f"unknown command {arguments[0]!r}" if arguments else "no command")
    sys.stderr.write(USAGE)
    return terminal.USAGE


def _run(name: str, arguments: list[str]) -> int:
    command = cast("Command", import_module(f"sealgate.cli.{name}"))
    try:
        args = _parse(name, command, arguments)
    except SystemExit as done:  # `--help` was asked for, or the usage was wrong and the parser has said so
        return int(done.code or terminal.OK)
    return command.run(args)


def _parse(name: str, command: Command, arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog=f"sealgate {name}",
        description=(command.__doc__ or "").strip(),
        epilog=f"example:\n{command.EXAMPLE}",
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    command.add_arguments(parser)
    return parser.parse_args(arguments)
