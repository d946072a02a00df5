"""A root's private key in one encrypted file of its own, on a medium that is away most of the time.

Trust: whoever reads the file needs the key-encryption key or the passphrase too. Durability: the file is whole and on
the disk before anything is signed with the key. Ownership: one operator, while a ceremony lasts.
"""

from __future__ import annotations

import os
from pathlib import Path

from sealgate.errors import Conflict, Invalid
from sealgate.trust.durable import write_durably
from sealgate.trust.key_encryption import KeyCipher
from sealgate.trust.keys import KeyStore, MemoryKeyStore, generate_private_key, key_id
from sealgate.trust.keys_file import encode_private_key, parse_private_key

FILE_NAME = "sealgate-root.key"
"""The file in a folder that is named as the place."""


def offline_file(place: Path) -> Path:
    """Answer the file that a place means: itself, or the one in it where it is a folder."""
    return place / FILE_NAME if place.is_dir() else place


def generate_offline(place: Path, cipher: KeyCipher) -> tuple[KeyStore, str]:
    """Make a root's key, write it, encrypted, and answer a store that holds it in memory, and its name.

    Raises:
        Conflict: The file exists; it may be another root's.
        Invalid: It cannot be written.
    """
    file = offline_file(place)
    if file.exists():
        raise Conflict(f"{file} exists; it may be another root's key")
    private_key = generate_private_key()
    name = key_id(private_key.public_key())
    try:
        write_durably(file.resolve(), cipher.encrypt(name, encode_private_key(private_key)), mode=0o600)
    except OSError as error:
        raise Invalid(f"{file}: {error.strerror}") from error
    return _in_memory(name, encode_private_key(private_key)), name


def load_offline(place: Path, cipher: KeyCipher, name: str) -> KeyStore:
    """Read a root's key into memory.

    Args:
        place: Where `generate_offline` has put it.
        cipher: What it was encrypted under.
        name: The `key_id` of the root.

    Raises:
        Invalid: The file cannot be read, is no such file, or is encrypted in the other way.
        KeyUnavailable: The passphrase or the key-encryption key is wrong, or the file is another root's or damaged.
    """
    file = offline_file(place)
    try:
        stored = file.read_bytes()
    except OSError as error:
        raise Invalid(f"{file}: {error.strerror}") from error
    if not stored.startswith(cipher.mark):
        raise Invalid(f"{file}: no root's key that is encrypted in this way; a passphrase and a key file are two ways")
    return _in_memory(name, cipher.decrypt(name, stored))


def is_inside(place: Path, folder: Path) -> bool:
    """Tell whether a place lies in a folder, whatever links lead there."""
    return Path(os.path.realpath(offline_file(place))).is_relative_to(os.path.realpath(folder))


def _in_memory(name: str, pkcs8: bytes) -> KeyStore:
    keys = MemoryKeyStore()
    keys.add(parse_private_key(name, pkcs8))
    return keys
