"""Encrypt the private keys of a data folder under another key-encryption key.

The new one is --key-file; --old-key-file is the one that they are encrypted under, if any. No server may be running on
the folder: it would write its next key under the old one. Either every key can be decrypted, or nothing is changed; a
run that was cut short is completed by another. What the disk keeps of files that were replaced is beyond this: rotate
after encrypting what lay plain.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sealgate.cli import terminal
from sealgate.cli.custody import add_source_arguments, load_source, open_keys
from sealgate.errors import Invalid
from sealgate.store.folder import DataFolder
from sealgate.trust.authority_folder import AuthorityFolder
from sealgate.trust.key_encryption import KekCipher, read_key_file

EXAMPLE = """\
  head -c 32 /dev/urandom > /etc/sealgate/new.key
  sealgate keys encrypt --key-file /etc/sealgate/new.key --old-key-file /etc/sealgate/key --data /var/lib/sealgate"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_source_arguments(parser)
    parser.add_argument("--old-key-file", type=Path, metavar="FILE", help="what the keys are encrypted under, if it is")


def run(args: argparse.Namespace) -> int:
    """Encrypt them."""
    config = load_source(args)
    if config.key_file is None:
        raise Invalid("--key-file names no new key-encryption key")
    old = None if args.old_key_file is None else KekCipher(read_key_file(args.old_key_file))
    folder = DataFolder(config.data)
    with folder.locked(), AuthorityFolder(folder.authority).exclusive():
        count = open_keys(config).encrypt_all(old)
    sys.stdout.write(f"{count}\n")
    return terminal.OK
