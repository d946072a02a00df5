"""A server's database, for the commands that read it; the server may be running meanwhile."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate.config import Config, load_config
from sealgate.errors import Invalid
from sealgate.store.folder import DataFolder
from sealgate.trust.roots import TrustRoots, authority_root, parse_root

if TYPE_CHECKING:
    from sealgate.store.database import Database


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say where a server's data is."""
    add = parser.add_argument
    add("--data", metavar="DIR", help="the server's data folder (default: .sealgate)")
    add("--database", metavar="URL", help="what the server was given, if it was")
    add("--config", type=Path, metavar="FILE", help="what the server was given, if it was")


def load_source(args: argparse.Namespace) -> Config:
    """Find out where a server's data is.

    Raises:
        Invalid: There is no data folder there, or an option does not fit.
    """
    config = load_config(vars(args), file=args.config)
    if not DataFolder(config.data).root_certificate.is_file():
        raise Invalid(f"{config.data} is no data folder; a server makes one when it starts")
    return config


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """Open the database until the block ends.

    Raises:
        Invalid: It cannot be opened, or is not said where it is.
        Conflict: It was written by a newer release.
    """
    from sealgate.store.opening import open_database_of  # noqa: PLC0415 - only once the usage is known right

    database = open_database_of(DataFolder(config.data), config.database)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def opened_trail(config: Config) -> Iterator[Database]:
    """Open the database until the block ends, with every audit event that has been written down until now.

    Raises:
        Invalid, Conflict: As `opened`.
        OSError: The journal cannot be read.
    """
    from sealgate.services.audit.filing import settle_journal  # noqa: PLC0415 - only once the usage is known right

    with opened(config) as database:
        settle_journal(DataFolder(config.data).journal, database)
        yield database


def own_roots(config: Config) -> TrustRoots:
    """Trust the root of the data folder's own authority, and no other.

    Raises:
        Invalid: Its file is no certificate.
    """
    certificate = parse_root(DataFolder(config.data).root_certificate.read_bytes(), name="authority").certificate
    return TrustRoots(roots=(authority_root(certificate),))
