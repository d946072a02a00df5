"""Create and list the accounts of a server, which may be running meanwhile.

`account create` makes an account and its root user, whose credentials only the data folder's owner can read;
`sealgate env --account ACCOUNT` points clients at them. Nothing of one account is visible to another, but where a
policy grants it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate.cli import terminal
from sealgate.config import DEFAULT_REGION, Config, load_config
from sealgate.errors import Conflict, Invalid
from sealgate.store.folder import DataFolder, ServerCredentials

if TYPE_CHECKING:
    from sealgate.services.identity import IdentityService
    from sealgate.store.database import Database

EXAMPLE = """\
  sealgate account create 111122223333 --data /var/lib/sealgate
  eval "$(sealgate env --account 111122223333 --data /var/lib/sealgate)"
  sealgate account list --data /var/lib/sealgate"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done, and the options."""
    add = parser.add_argument
    add("action", choices=("create", "list"), help="what to do")
    add("account", nargs="?", metavar="ACCOUNT", help="the new account: 12 digits")
    add("--data", metavar="DIR", help="the server's data folder (default: .sealgate)")
    add("--region", help=f"the region that `sealgate env` exports for it (default: {DEFAULT_REGION})")
    add("--database", metavar="URL", help="what the server was given, if it was")
    add("--config", type=Path, metavar="FILE", help="what the server was given, if it was")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    if (args.action == "create") is (args.account is None):
        raise Invalid("account create needs the account's 12 digits; account list takes none")
    config = load_config(vars(args), file=args.config)
    folder = DataFolder(config.data)
    if not folder.authority.is_dir():
        raise Invalid(f"{config.data} is no data folder; a server makes one when it starts")
    from sealgate.clock import system_clock  # noqa: PLC0415 - wrong usage is told before a database is loaded
    from sealgate.services.identity import IdentityService  # noqa: PLC0415 - see above

    database = _open(config, folder)
    try:
        identity = IdentityService(db=database, clock=system_clock)
        if args.action == "create":
            _create(identity, folder, config)
        else:
            _list(identity)
    finally:
        database.close()
    return terminal.OK


def _open(config: Config, folder: DataFolder) -> Database:
    from sealgate.store.opening import open_database, sqlite_url  # noqa: PLC0415 - see above

    return open_database(config.database or sqlite_url(folder.database))


def _create(identity: IdentityService, folder: DataFolder, config: Config) -> None:
    """Create an account; where only its file is missing, since an earlier run was cut short, write that."""
    key = identity.find_root_key(config.account)
    if key is not None and (folder.has_account(config.account) or folder.read_credentials().account == config.account):
        raise Conflict(f"account {config.account} exists")
    key = key or identity.create_account(config.account, region=config.region)
    folder.write_account(
        ServerCredentials(
            account=config.account,
            region=config.region,
            access_key_id=key.access_key_id,
            secret_access_key=key.secret,
            endpoint="",
        )
    )
    sys.stdout.write(f"{config.account}\n")
    terminal.say_hint(f'its root user: eval "$(sealgate env --account {config.account})"')


def _list(identity: IdentityService) -> None:
    for each in identity.list_accounts():
        sys.stdout.write(f"{each.account} {each.created_at:%Y-%m-%dT%H:%M:%SZ}\n")
