"""Make an authority whose root's key never lies in the data folder.

The root's key is written, encrypted, to a place of its own, which may be removable; the issuing CA's key lies in the
data folder. The server starts and signs without the root's key; `sealgate authority issue` needs it, about once in
eight months. Keep a copy of it: without it no further issuing CA can be made. Prints the root's fingerprint.
"""

from __future__ import annotations

import argparse
import sys

from sealgate.cli import terminal
from sealgate.cli.custody import add_root_arguments, add_source_arguments, open_keys, root_cipher
from sealgate.cli.live import opened
from sealgate.clock import system_clock
from sealgate.config import Config, load_config
from sealgate.errors import Conflict, Invalid
from sealgate.store.folder import DataFolder
from sealgate.trust.authority import Authority
from sealgate.trust.keys_offline import generate_offline, is_inside, offline_file
from sealgate.x509.certificates import fingerprint

EXAMPLE = """\
  sealgate authority init --offline-root /media/safe --passphrase --data /var/lib/sealgate
  sealgate authority init --offline-root root.key --key-file /run/credentials/sealgate.key"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_source_arguments(parser, database=True)
    add_root_arguments(parser, required=True)


def run(args: argparse.Namespace) -> int:
    """Make it."""
    config = load_config(vars(args), file=args.config)
    folder = DataFolder(config.data)
    if is_inside(args.offline_root, folder.path):
        raise Invalid(f"{args.offline_root} lies in the data folder, where the root's key must not be")
    folder.create()
    with folder.locked():
        _refuse_used(config, folder)
        keys = open_keys(config)
        root_keys, name = generate_offline(args.offline_root, root_cipher(args, config, is_new=True))
        authority = Authority.found(folder.authority, keys, system_clock, root_keys=root_keys, root_name=name)
    sys.stdout.write(f"{fingerprint(authority.root_certificate)}\n")
    terminal.say_hint(f"the root's key is in {offline_file(args.offline_root)}; keep it, and a copy, elsewhere")
    return terminal.OK


def _refuse_used(config: Config, folder: DataFolder) -> None:
    """Make no second authority, not even where the first one's root was lost: all that it signed would fail."""
    if folder.root_certificate.exists():
        raise Conflict(f"{config.data} holds an authority already")
    from sealgate.services.identity.accounts import IdentityService  # noqa: PLC0415 - wrong usage is told before that is loaded
    from sealgate.store.opening import note_database  # noqa: PLC0415 - see above

    with opened(config) as database:
        if IdentityService(db=database, clock=system_clock).list_accounts():
            raise Invalid(f"{folder.root_certificate} is missing, and was not always: restore it from a backup")
    note_database(folder, config.database)
