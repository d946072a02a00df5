"""The files of an authority, and who may change them.

    FOLDER/root.pem                 the root's certificate
    FOLDER/issuing.pem              the certificate of the issuing CA in use; empty where none is
    FOLDER/issuing-NAME.pem         each issuing CA's certificate, past ones too; NAME is its key's
    FOLDER/lock                     held while any of them is changed

Trust: whoever can write here chooses whose leaves a server makes, and cannot make a verifier trust them. Durability:
each file is whole, and on the disk when a method returns. Ownership: several processes may read at any time; who
changes something holds the lock, and reads again once it does, since another may have been first. `issuing.pem` is
replaced at once, so whoever looks at it finds the old issuing CA or the new one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sealgate.errors import Invalid
from sealgate.trust.durable import make_private_folder, write_durably
from sealgate.trust.keys import key_id
from sealgate.x509.certificates import HOSTILE_CERTIFICATE_ERRORS, get_p384_key

Stamp = tuple[int, int]
"""What changes whenever a file is replaced: its number and its time."""

_NAME_DIGITS = 16


class AuthorityFolder:
    """The certificates in a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root = path / "root.pem"
        self._current = path / "issuing.pem"

    def create(self) -> None:
        """Make the folder where it is missing."""
        make_private_folder(self._path)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the right to change something; wait for whoever else has it."""
        descriptor = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def find_root(self) -> x509.Certificate | None:
        """Answer the root's certificate, or None where no authority was made yet.

        Raises:
            Invalid: The file is damaged.
        """
        return _read(self._root) if self._root.exists() else None

    def write_root(self, certificate: x509.Certificate) -> None:
        """Keep the root's certificate."""
        _write(self._root, certificate)

    def find_issuing(self) -> x509.Certificate | None:
        """Answer the certificate of the issuing CA in use, or None where none is.

        Raises:
            Invalid: A file is damaged.
        """
        if self._current.exists():
            return _read(self._current) if self._current.stat().st_size else None
        # A folder from before this file was kept: the newest one was in use.
        return max(self.list_issuing(), key=lambda found: found.not_valid_after_utc, default=None)

    def list_issuing(self) -> tuple[x509.Certificate, ...]:
        """Answer every issuing CA's certificate, the oldest first.

        Raises:
            Invalid: A file is damaged.
        """
        # Certificates know whole seconds only; the files tell which of two within one was first.
        files = sorted(self._path.glob("issuing-*.pem"), key=lambda file: file.stat().st_mtime_ns)
        return tuple(sorted(map(_read, files), key=lambda each: each.not_valid_before_utc))

    def put_in_use(self, certificate: x509.Certificate | None) -> None:
        """Keep an issuing CA's certificate and make it the one in use; None leaves none in use."""
        if certificate is None:
            write_durably(self._current, b"", mode=0o644)
            return
        name = key_id(get_p384_key(certificate))[:_NAME_DIGITS]
        _write(self._path / f"issuing-{name}.pem", certificate)
        _write(self._current, certificate)

    def stamp(self) -> Stamp | None:
        """Answer what changes whenever another issuing CA is put in use; None where nothing was said yet."""
        try:
            found = self._current.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns


def _write(file: Path, certificate: x509.Certificate) -> None:
    write_durably(file, certificate.public_bytes(Encoding.PEM), mode=0o644)


def _read(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except HOSTILE_CERTIFICATE_ERRORS as error:
        raise Invalid(f"{file.name} in the authority's folder is not a certificate") from error
