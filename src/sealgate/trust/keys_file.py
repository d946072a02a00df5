r"""Private keys as files, one each, encrypted where a key-encryption key is given.

    NAME.key    as `sealgate.trust.key_encryption` encrypts it
                "sealgate key, plain 1\n" || PKCS #8

Trust: whoever reads a plain file has the key, so files have mode 0600 and their folder 0700. With a key-encryption key
the files alone are worth nothing; it comes from outside the folder. The name is bound, so files cannot be swapped.
Durability: when `generate` returns, the file and its folder entry are on the disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from sealgate.trust.durable import make_private_folder, sync_folder, write_durably
from sealgate.trust.key_encryption import KekCipher, KeyCipher
from sealgate.trust.keys import KeyMissing, KeyUnavailable, LoadedKey, generate_private_key, key_id

Protection = Literal["encrypted", "plain", "damaged"]
"""What keeps a key that lies in a file: encryption, or the file's permissions only."""

_PLAIN = b"sealgate key, plain 1\n"


class FileKeyStore:
    """Keys in a folder.

    Args:
        folder: Made with mode 0700 where it is absent.
        kek: 32 bytes that encrypt the keys, or None. A key that lies plain is encrypted when it is first used with one.

    Raises:
        Invalid: The key-encryption key does not have 32 bytes.
    """

    def __init__(self, folder: Path, kek: bytes | None) -> None:
        self._cipher = None if kek is None else KekCipher(kek)
        make_private_folder(folder)
        self._folder = folder
        self._loaded: dict[str, LoadedKey] = {}
        self._lock = Lock()

    def generate(self) -> str:
        """Make a key and answer its name; it is on the disk by then.

        Raises:
            KeyUnavailable: The other keys are encrypted and no key-encryption key was given: this one would lie plain.
        """
        if self._cipher is None and any(self.protection(name) == "encrypted" for name in self.names()):
            raise KeyUnavailable("the private keys are encrypted, and no key-encryption key was given")
        private_key = generate_private_key()
        name = key_id(private_key.public_key())
        self._write(name, encode_private_key(private_key))
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

    def names(self) -> list[str]:
        """Name every key that is here."""
        return sorted(path.stem for path in self._folder.glob("*.key"))

    def protection(self, name: str) -> Protection | None:
        """Tell how a key lies here, without decrypting it; None where it does not."""
        try:
            stored = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        if stored.startswith(KekCipher.mark):
            return "encrypted"
        return "plain" if stored.startswith(_PLAIN) else "damaged"

    def encrypt_plain(self) -> None:
        """Encrypt every key that lies plain, if there is a key-encryption key.

        Raises:
            KeyUnavailable: One of them is damaged.
        """
        if self._cipher is not None:
            for name in self.names():
                if self.protection(name) == "plain":
                    self._get(name)

    def encrypt_all(self, old: KeyCipher | None) -> int:
        """Encrypt every key under this store's key-encryption key; answer how many were not yet.

        All are decrypted before the first is written, so that a wrong key changes nothing. Each file is replaced at
        once: where this is cut short, some are done, and to do it again completes it.

        Args:
            old: What they may be encrypted under; None: nothing else than this store's own.

        Raises:
            KeyUnavailable: A key can be decrypted by neither; nothing changed.
        """
        assert self._cipher is not None
        to_do = {name: content for name in self.names() if (content := self._find_foreign(name, old)) is not None}
        with self._lock:
            for name, pkcs8 in to_do.items():
                self._write(name, pkcs8)
        return len(to_do)

    def _find_foreign(self, name: str, old: KeyCipher | None) -> bytes | None:
        """Answer a key that is not encrypted under this store's own key-encryption key; None where it is."""
        assert self._cipher is not None
        stored = self._path(name).read_bytes()
        if old is None or not stored.startswith(old.mark):
            content = self._decrypt(name, stored, (self._cipher,))
            return content if stored.startswith(_PLAIN) else None
        try:
            self._cipher.decrypt(name, stored)
        except KeyUnavailable:
            return old.decrypt(name, stored)
        return None

    def _get(self, name: str) -> LoadedKey:
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
            return self._loaded[name]

    def _load(self, name: str) -> LoadedKey:
        return LoadedKey(parse_private_key(name, self._read(name)))

    def _read(self, name: str) -> bytes:
        try:
            stored = self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise KeyMissing(f"there is no private key {name}") from error
        except OSError as error:
            raise KeyUnavailable(f"private key {name} cannot be read: {error.strerror}") from error
        content = self._decrypt(name, stored, () if self._cipher is None else (self._cipher,))
        if self._cipher is not None and stored.startswith(_PLAIN):
            self._write(name, content)
        return content

    def _decrypt(self, name: str, stored: bytes, ciphers: Iterable[KeyCipher]) -> bytes:
        if stored.startswith(_PLAIN):
            return stored.removeprefix(_PLAIN)
        for cipher in ciphers:
            if stored.startswith(cipher.mark):
                return cipher.decrypt(name, stored)
        if stored.startswith(KekCipher.mark):
            raise KeyUnavailable(f"private key {name} is encrypted, and no key-encryption key was given")
        raise KeyUnavailable(f"private key {name}: the file is damaged")

    def _write(self, name: str, pkcs8: bytes) -> None:
        content = _PLAIN + pkcs8 if self._cipher is None else self._cipher.encrypt(name, pkcs8)
        write_durably(self._path(name), content, mode=0o600)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.key"


def parse_private_key(name: str, pkcs8: bytes) -> ec.EllipticCurvePrivateKey:
    """Read the private key of this name.

    Raises:
        KeyUnavailable: The bytes are no key, or another one.
    """
    try:
        private_key = load_der_private_key(pkcs8, password=None)
    except ValueError as error:
        raise KeyUnavailable(f"private key {name}: the file is damaged") from error
    if not isinstance(private_key, ec.EllipticCurvePrivateKey) or key_id(private_key.public_key()) != name:
        raise KeyUnavailable(f"private key {name}: the file holds another key")
    return private_key


def encode_private_key(private_key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as PKCS #8, unencrypted."""
    return private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
