"""What the commands about keys share: the data folder and its keys, the place of a root that is elsewhere.

A secret is never an argument: it comes from a file, the environment, the service manager or a terminal.
"""

from __future__ import annotations

import argparse
import logging
import sys
from getpass import getpass
from pathlib import Path

from sealgate.clock import system_clock
from sealgate.config import Config, load_config
from sealgate.errors import Invalid
from sealgate.store.folder import DataFolder
from sealgate.trust.authority import Authority
from sealgate.trust.authority_folder import AuthorityFolder
from sealgate.trust.key_encryption import KekCipher, KeyCipher, PassphraseCipher, read_key_file
from sealgate.trust.keys import KeyStore, key_id
from sealgate.trust.keys_file import FileKeyStore
from sealgate.trust.keys_offline import load_offline
from sealgate.x509.certificates import get_p384_key


def add_source_arguments(parser: argparse.ArgumentParser, *, database: bool = False) -> None:
    """Declare the options that say where keys and records are."""
    add = parser.add_argument
    add("--data", metavar="DIR", help="the server's data folder (default: .sealgate)")
    add("--key-file", metavar="FILE", help="what the server was given, if it was")
    if database:
        add("--database", metavar="URL", help="what the server was given, if it was")
    add("--config", type=Path, metavar="FILE", help="what the server was given, if it was")


def add_root_arguments(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Declare the options that say where a root's key is, and what it is encrypted under."""
    add = parser.add_argument
    add(
        "--offline-root",
        type=Path,
        metavar="PLACE",
        required=required,
        help="the file of the root's key, or the folder of it",
    )
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument(
        "--passphrase", action="store_true", help="ask for the passphrase of the root's key (default: the key file)"
    )
    secret.add_argument("--passphrase-file", type=Path, metavar="FILE", help="the passphrase: the file's first line")


def load_source(args: argparse.Namespace) -> Config:
    """Find out where the data folder is.

    Raises:
        Invalid: There is none with an authority, or an option does not fit.
    """
    config = load_config(vars(args), file=args.config)
    if not DataFolder(config.data).root_certificate.is_file():
        raise Invalid(f"{config.data} holds no authority; `sealgate serve` or `sealgate authority init` makes one")
    return config


def open_keys(config: Config) -> FileKeyStore:
    """Open the keys of a data folder."""
    kek = None if config.key_file is None else read_key_file(config.key_file)
    return FileKeyStore(DataFolder(config.data).keys, kek)


def open_authority(config: Config) -> Authority:
    """Open the authority of a data folder; a server may be running meanwhile."""
    # What a server's log would say, a command says in its own way.
    logging.getLogger("sealgate").addHandler(logging.NullHandler())
    return Authority.open(DataFolder(config.data).authority, open_keys(config), system_clock)


def find_root_keys(args: argparse.Namespace, config: Config) -> KeyStore | None:
    """Read the root's key from where the arguments say that it is; None where they name no place.

    Raises:
        Invalid: There is no such file, or no secret, or a secret without a place.
        KeyUnavailable: The secret is wrong, or the key is another root's.
    """
    if args.offline_root is None:
        if args.passphrase or args.passphrase_file is not None:
            raise Invalid("a passphrase is for the key that --offline-root names")
        return None
    root = AuthorityFolder(DataFolder(config.data).authority).find_root()
    assert root is not None
    return load_offline(args.offline_root, root_cipher(args, config, is_new=False), key_id(get_p384_key(root)))


def root_cipher(args: argparse.Namespace, config: Config, *, is_new: bool) -> KeyCipher:
    """Answer what the root's key is encrypted under.

    Args:
        args: With what `add_root_arguments` has declared.
        config: Where the key file is, if no passphrase is given.
        is_new: A passphrase that is typed is asked for twice.

    Raises:
        Invalid: There is no secret, or it cannot be read or used.
    """
    if args.passphrase:
        return PassphraseCipher(_ask(is_new=is_new))
    if args.passphrase_file is not None:
        return PassphraseCipher(_read_line(args.passphrase_file))
    if config.key_file is None:
        raise Invalid("the root's key is never kept unencrypted: give --passphrase, --passphrase-file or --key-file")
    return KekCipher(read_key_file(config.key_file))


def _ask(*, is_new: bool) -> str:
    if not sys.stdin.isatty():
        raise Invalid("--passphrase asks at a terminal, and there is none; --passphrase-file FILE needs none")
    passphrase = getpass("passphrase of the root's key: ", sys.stderr)
    if is_new and getpass("the same again: ", sys.stderr) != passphrase:
        raise Invalid("the two passphrases differ")
    return passphrase


def _read_line(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0]
    except OSError as error:
        raise Invalid(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{file}: is not text in UTF-8") from error
