r"""How one private key lies encrypted in a file, under a key-encryption key or a passphrase.

    "sealgate key, encrypted 1\n"   || nonce (12 bytes) || AES-256-GCM(PKCS #8)
    "sealgate key, passphrase 1\n"  || salt (16 bytes) || nonce (12 bytes) || AES-256-GCM(PKCS #8)

The additional data is the key's name, so that files cannot be swapped. A passphrase becomes a key by scrypt, which
takes 128 MiB and a good part of a second for each guess.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sealgate.errors import Invalid
from sealgate.trust.keys import KeyUnavailable

KEK_SIZE = 32
"""Bytes of a key-encryption key: AES-256."""
MIN_PASSPHRASE = 12
"""Characters of the shortest passphrase that is taken; who has the file can guess for as long as they like."""

_NONCE_SIZE = 12  # NIST SP 800-38D, clause 5.2.1.1; random: each key encrypts a handful of files
_SALT_SIZE = 16
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 1 << 17, 8, 1  # RFC 7914; OWASP's first choice for scrypt


class KeyCipher(Protocol):
    """Encrypts private keys and decrypts what it has encrypted."""

    @property
    def mark(self) -> bytes:
        """How its files begin."""
        ...

    def encrypt(self, name: str, pkcs8: bytes) -> bytes:
        """Answer a key's file, the mark included."""
        ...

    def decrypt(self, name: str, stored: bytes) -> bytes:
        """Answer the PKCS #8 of a file that begins with the mark.

        Raises:
            KeyUnavailable: It was encrypted under another key or for another name, or is damaged.
        """
        ...


class KekCipher:
    """Under a key-encryption key.

    Raises:
        Invalid: It does not have 32 bytes.
    """

    mark = b"sealgate key, encrypted 1\n"

    def __init__(self, kek: bytes) -> None:
        if len(kek) != KEK_SIZE:
            raise Invalid(f"the key-encryption key has {len(kek)} bytes; it must have {KEK_SIZE}")
        self._cipher = AESGCM(kek)

    def encrypt(self, name: str, pkcs8: bytes) -> bytes:
        """Answer a key's file."""
        return self.mark + _seal(self._cipher, name, pkcs8)

    def decrypt(self, name: str, stored: bytes) -> bytes:
        """Answer the PKCS #8 of a file."""
        return _open(self._cipher, name, stored.removeprefix(self.mark), secret="key-encryption key")  # noqa: S106


class PassphraseCipher:
    """Under a passphrase.

    Raises:
        Invalid: It is too short.
    """

    mark = b"sealgate key, passphrase 1\n"

    def __init__(self, passphrase: str) -> None:
        if len(passphrase) < MIN_PASSPHRASE:
            raise Invalid(f"the passphrase has {len(passphrase)} characters; it must have at least {MIN_PASSPHRASE}")
        self._passphrase = passphrase.encode()

    def encrypt(self, name: str, pkcs8: bytes) -> bytes:
        """Answer a key's file."""
        salt = os.urandom(_SALT_SIZE)
        return self.mark + salt + _seal(self._derive(salt), name, pkcs8)

    def decrypt(self, name: str, stored: bytes) -> bytes:
        """Answer the PKCS #8 of a file."""
        content = stored.removeprefix(self.mark)
        return _open(self._derive(content[:_SALT_SIZE]), name, content[_SALT_SIZE:], secret="passphrase")  # noqa: S106

    def _derive(self, salt: bytes) -> AESGCM:
        kdf = Scrypt(salt=salt, length=KEK_SIZE, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P)
        return AESGCM(kdf.derive(self._passphrase))


def read_key_file(path: Path) -> bytes:
    """Read a key-encryption key: 32 bytes, or their 64 hexadecimal digits.

    Raises:
        Invalid: It cannot be read, or holds something else.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Invalid(f"key file {path}: {error.strerror}") from error
    if len(data) == KEK_SIZE:
        return data
    try:
        key = bytes.fromhex(data.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEK_SIZE:
        raise Invalid(f"key file {path}: must hold {KEK_SIZE} bytes, or their {2 * KEK_SIZE} hexadecimal digits")
    return key


def _seal(cipher: AESGCM, name: str, pkcs8: bytes) -> bytes:
    nonce = os.urandom(_NONCE_SIZE)
    return nonce + cipher.encrypt(nonce, pkcs8, name.encode())


def _open(cipher: AESGCM, name: str, sealed: bytes, *, secret: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], name.encode())
    except (InvalidTag, ValueError) as error:
        raise KeyUnavailable(f"private key {name}: wrong {secret}, or the file is damaged") from error
