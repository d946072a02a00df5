"""Where private keys live: a small protocol, and the store that forgets everything at the end of the process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from awscrt.crypto import EC
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sealgate.errors import SealgateError
from sealgate.trust.algorithms import CURVE
from sealgate.trust.ecdsa import lower_s


class KeyUnavailable(SealgateError):
    """A private key is not there, or cannot be used: no such key, a wrong key-encryption key, a damaged file."""


class KeyMissing(KeyUnavailable):
    """There is no such private key here: it was destroyed, or is kept elsewhere."""


class KeyStore(Protocol):
    """Holds P-384 private keys and signs with them; none ever leaves it. Several threads may use it.

    A key is named by `key_id` of its public half, so that a certificate tells which key is its own. When `generate`
    returns, the key is as durable as the store promises to keep anything.
    """

    def generate(self) -> str:
        """Make a key and answer its name."""
        ...

    def public_key(self, name: str) -> ec.EllipticCurvePublicKey:
        """Answer the public half.

        Raises:
            KeyUnavailable: There is no such key, or it cannot be used.
        """
        ...

    def sign(self, name: str, digest: bytes) -> bytes:
        """Sign a SHA-384 digest: an ECDSA-Sig-Value in DER, in its lower form.

        Raises:
            KeyUnavailable: There is no such key, or it cannot be used.
        """
        ...

    def destroy(self, name: str) -> None:
        """Forget a key for good; nothing happens where there is none."""
        ...


def key_id(key: ec.EllipticCurvePublicKey) -> str:
    """Name a public key: the lower-case hexadecimal SHA-256 of its SubjectPublicKeyInfo."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


class LoadedKey:
    """One private key in memory, ready to sign. The owner keeps it out of reach of everything else."""

    __slots__ = ("_sign", "public_key")

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self.public_key = private_key.public_key()
        # AWS-LC signs three times as fast on P-384 as the library that made the key.
        sec1 = private_key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        self._sign: Callable[[bytes], bytes] = EC.new_key_from_der_data(sec1).sign

    def sign(self, digest: bytes) -> bytes:
        """Sign a SHA-384 digest, in the lower form."""
        return lower_s(self._sign(digest))


def generate_private_key() -> ec.EllipticCurvePrivateKey:
    """Make a P-384 key from the operating system's randomness."""
    return ec.generate_private_key(CURVE)


class MemoryKeyStore:
    """Keys in this process's memory alone: for leaves, whose keys are never persisted, and for tests."""

    def __init__(self) -> None:
        self._keys: dict[str, LoadedKey] = {}
        self._lock = Lock()

    def generate(self) -> str:
        """Make a key and answer its name."""
        return self.add(generate_private_key())

    def add(self, private_key: ec.EllipticCurvePrivateKey) -> str:
        """Take a key that exists and answer its name."""
        key = LoadedKey(private_key)
        name = key_id(key.public_key)
        with self._lock:
            self._keys[name] = key
        return name

    def public_key(self, name: str) -> ec.EllipticCurvePublicKey:
        """Answer the public half."""
        return self._get(name).public_key

    def sign(self, name: str, digest: bytes) -> bytes:
        """Sign a SHA-384 digest, in the lower form."""
        return self._get(name).sign(digest)

    def destroy(self, name: str) -> None:
        """Forget a key for good."""
        with self._lock:
            self._keys.pop(name, None)

    def _get(self, name: str) -> LoadedKey:
        with self._lock:
            key = self._keys.get(name)
        if key is None:
            raise KeyMissing(f"there is no private key {name}")
        return key
