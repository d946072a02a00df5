r"""Private keys as files, one each, encrypted where a key-encryption key is given.

    NAME.key    "sealgate key, encrypted 1\n" || nonce (12 bytes) || AES-256-GCM(PKCS #8, additional data = NAME)
                "sealgate key, plain 1\n" || PKCS #8

Trust: whoever reads a plain file has the key, so files have mode 0600 and their folder 0700. With a key-encryption key
the files alone are worth nothing; it comes from outside the folder. The name is bound, so files cannot be swapped.
Durability: when `generate` returns, the file and its folder entry are on the disk.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from sealgate.errors import Invalid
from sealgate.trust.durable import make_private_folder, sync_folder, write_durably
from sealgate.trust.keys import KeyUnavailable, LoadedKey, generate_private_key, key_id

KEK_SIZE = 32
"""Bytes of a key-encryption key: AES-256."""

_ENCRYPTED = b"sealgate key, encrypted 1\n"
_PLAIN = b"sealgate key, plain 1\n"
_NONCE_SIZE = 12  # NIST SP 800-38D, clause 5.2.1.1; random: each key encrypts a handful of files


class FileKeyStore:
    """Keys in a folder.

    Args:
        folder: Made with mode 0700 where it is absent.
        kek: 32 bytes that encrypt the keys, or None. A key that lies plain is encrypted when it is first used with one.

    Raises:
        Invalid: The key-encryption key does not have 32 bytes.
    """

    def __init__(self, folder: Path, kek: bytes | None) -> None:
        if kek is not None and len(kek) != KEK_SIZE:
            raise Invalid(f"the key-encryption key has {len(kek)} bytes; it must have {KEK_SIZE}")
        make_private_folder(folder)
        self._folder = folder
        self._cipher = None if kek is None else AESGCM(kek)
        self._loaded: dict[str, LoadedKey] = {}
        self._lock = Lock()

    def generate(self) -> str:
        """Make a key and answer its name; it is on the disk by then."""
        private_key = generate_private_key()
        name = key_id(private_key.public_key())
        self._write(name, private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        return name

    def public_key(self, name: str) -> ec.EllipticCurvePublicKey:
        """Answer the public half."""
        return self._get(name).public_key

    def sign(self, name: str, digest: bytes) -> bytes:
        """Sign a SHA-384 digest, in the lower form."""
        return self._get(name).sign(digest)

    def destroy(self, name: str) -> None:
        """Remove a key's file and forget the key. What the disk keeps of removed files is beyond this."""
        with self._lock:
            self._loaded.pop(name, None)
            self._path(name).unlink(missing_ok=True)
            sync_folder(self._folder)

    def _get(self, name: str) -> LoadedKey:
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
            return self._loaded[name]

    def _load(self, name: str) -> LoadedKey:
        try:
            private_key = load_der_private_key(self._read(name), password=None)
        except ValueError as error:
            raise KeyUnavailable(f"private key {name}: the file is damaged") from error
        if not isinstance(private_key, ec.EllipticCurvePrivateKey) or key_id(private_key.public_key()) != name:
            raise KeyUnavailable(f"private key {name}: the file holds another key")
        return LoadedKey(private_key)

    def _read(self, name: str) -> bytes:
        try:
            stored = self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise KeyUnavailable(f"there is no private key {name}") from error
        except OSError as error:
            raise KeyUnavailable(f"private key {name} cannot be read: {error.strerror}") from error
        if stored.startswith(_ENCRYPTED):
            return self._decrypt(name, stored.removeprefix(_ENCRYPTED))
        if not stored.startswith(_PLAIN):
            raise KeyUnavailable(f"private key {name}: the file is damaged")
        if self._cipher is not None:
            self._write(name, stored.removeprefix(_PLAIN))
        return stored.removeprefix(_PLAIN)

    def _decrypt(self, name: str, sealed: bytes) -> bytes:
        if self._cipher is None:
            raise KeyUnavailable(f"private key {name} is encrypted, and no key-encryption key was given")
        try:
            return self._cipher.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], name.encode())
        except (InvalidTag, ValueError) as error:
            raise KeyUnavailable(f"private key {name}: wrong key-encryption key, or the file is damaged") from error

    def _write(self, name: str, pkcs8: bytes) -> None:
        content = _PLAIN + pkcs8
        if self._cipher is not None:
            nonce = os.urandom(_NONCE_SIZE)
            content = _ENCRYPTED + nonce + self._cipher.encrypt(nonce, pkcs8, name.encode())
        write_durably(self._path(name), content, mode=0o600)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.key"
