"""Create an account and its root user, whose credentials only the data folder's owner can read.

`sealgate env --account ACCOUNT` points clients at them. Nothing of one account is visible to another, but where a
policy grants it.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from sealgate.cli import terminal
from sealgate.cli.live import add_source_arguments, load_source, opened
from sealgate.config import DEFAULT_REGION, Config
from sealgate.errors import Conflict
from sealgate.store.folder import DataFolder, ServerCredentials

if TYPE_CHECKING:
    from sealgate.services.identity.accounts import IdentityService

EXAMPLE = """\
  sealgate account create 111122223333 --data /var/lib/sealgate
  eval "$(sealgate env --account 111122223333 --data /var/lib/sealgate)\""""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the account and the options."""
    add = parser.add_argument
    add("account", metavar="ACCOUNT", help="the new account: 12 digits")
    add("--region", help=f"the region that `sealgate env` exports for it (default: {DEFAULT_REGION})")
    add_source_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Create it, and print its number."""
    config = load_source(args)
    with opened(config) as database:
        from sealgate.clock import system_clock  # noqa: PLC0415 - only once the usage is known right
        from sealgate.services.identity.accounts import IdentityService  # noqa: PLC0415 - see above

        _create(IdentityService(db=database, clock=system_clock), DataFolder(config.data), config)
    sys.stdout.write(f"{config.account}\n")
    where = shlex.quote(str(config.data))
    terminal.say_hint(f'its root user: eval "$(sealgate env --account {config.account} --data {where})"')
    return terminal.OK


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
