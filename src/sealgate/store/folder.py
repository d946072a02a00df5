"""The data folder: where everything that one server owns lies.

    DATA/                 mode 0700: its owner is the operator
      sealgate.db         the database, unless one is configured elsewhere, mode 0600
      database.url        the address of the one elsewhere, without its password; shown to people, never opened
      journal/            audit events of the last half second, which are not in the database yet
      blobs/              packages and objects, by SHA-256
      authority/          the root and issuing certificates
      keys/               the private keys, encrypted when a key file is configured
      roots/              certificates (PEM) of further roots that the operator trusts
      runtimes/           runtime interface clients for other Python versions than the server's, made by the operator
      code/               unpacked packages, verified whenever code is started from them; may go while none runs
      credentials.json    the first account's root credentials and the server's endpoint, mode 0600
      accounts/           the root credentials of further accounts, one file each, mode 0600
      name                what this server calls itself where several share one database; drawn once
      lock                held by the running server

Trust: whoever can write here is the operator. Whoever can only read here can sign as the authority, unless the keys are
encrypted under a key file kept elsewhere. Ownership: one running server at a time, which holds the lock.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from sealgate.errors import Conflict, Invalid, NotFound

_OWNER_ONLY = 0o700
_OWNER_FILE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCredentials:
    """What a client needs to call this server as an account's root user."""

    account: str
    region: str
    access_key_id: str
    secret_access_key: str
    endpoint: str


class DataFolder:
    """The paths in a data folder, and the lock on it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.database = self.path / "sealgate.db"
        self.database_address = self.path / "database.url"
        self.journal = self.path / "journal"
        self.blobs = self.path / "blobs"
        self.authority = self.path / "authority"
        self.root_certificate = self.authority / "root.pem"
        self.keys = self.path / "keys"
        self.roots = self.path / "roots"
        self.code = self.path / "code"
        self.runtimes = self.path / "runtimes"
        self.credentials = self.path / "credentials.json"
        self.accounts = self.path / "accounts"
        self._name = self.path / "name"

    def create(self) -> None:
        """Make the folder and its parts where they are missing, for the owner only.

        Raises:
            Invalid: The folder is there, and others than its owner may look into it; or it cannot be made.
        """
        try:
            self.path.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
            if self.path.stat().st_mode & 0o077:
                raise Invalid(f"data folder {self.path}: others than its owner may enter it; make it mode 0700")
            for folder in (self.blobs, self.authority, self.keys, self.roots, self.accounts):
                folder.mkdir(mode=_OWNER_ONLY, exist_ok=True)
        except OSError as error:
            raise Invalid(f"data folder {self.path}: {error.strerror}") from error

    @property
    def name(self) -> str:
        """What the server of this folder calls itself in leases: the same after a restart, and no other server's."""
        if not self._name.exists():
            drawn = self.path / f".name.{os.getpid()}"
            drawn.touch(mode=_OWNER_FILE)
            drawn.write_text(secrets.token_hex(8), encoding="ascii")
            drawn.replace(self._name)
        return self._name.read_text(encoding="ascii")

    def protect_database(self) -> None:
        """Make the database's file, where it is missing, and let its owner alone read it: it holds secrets.

        SQLite gives the files that it puts beside it the same mode.

        Raises:
            Invalid: It cannot be made, or its mode cannot be changed.
        """
        try:
            os.close(os.open(self.database, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, _OWNER_FILE))
            self.database.chmod(_OWNER_FILE)
        except OSError as error:
            raise Invalid(f"{self.database}: {error.strerror}") from error

    def write_database_address(self, address: str) -> None:
        """Note that the database is elsewhere: an empty one here would know of no revocation, and of no event."""
        self.database_address.write_text(f"{address}\n", encoding="utf-8")

    def find_database_address(self) -> str | None:
        """Answer where the database is when it is elsewhere, as a server has noted; None where it is here."""
        try:
            return self.database_address.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one server.

        Raises:
            Conflict: Another server holds it.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, _OWNER_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise Conflict(f"data folder {self.path}: another server uses it") from error
        try:
            yield
        finally:
            os.close(descriptor)

    def write_credentials(self, credentials: ServerCredentials) -> None:
        """Replace the first account's credentials file, readable by the owner only, whole or not at all."""
        _write_secretly(self.credentials, credentials)

    def read_credentials(self) -> ServerCredentials:
        """Read the first account's credentials file.

        Raises:
            NotFound: There is none: no server has run with this folder.
            Invalid: It is not what `write_credentials` wrote, or cannot be read by this user.
        """
        found = _find_credentials(self.credentials)
        if found is None:
            raise NotFound(f"data folder {self.path}: no credentials; has a server been started with it?")
        return found

    def write_account(self, credentials: ServerCredentials) -> None:
        """Keep the root credentials of a further account, readable by the owner only, whole or not at all."""
        self.accounts.mkdir(mode=_OWNER_ONLY, exist_ok=True)
        _write_secretly(self._account_file(credentials.account), credentials)

    def has_account(self, account: str) -> bool:
        """Tell whether a further account's credentials are here."""
        return self._account_file(account).exists()

    def read_account(self, account: str) -> ServerCredentials:
        """Read the root credentials of any account, with the endpoint that the server wrote last.

        Raises:
            NotFound: There are none of this account here, or no server has run with this folder.
            Invalid: They cannot be read, as in `read_credentials`.
        """
        first = self.read_credentials()
        if first.account == account:
            return first
        found = _find_credentials(self._account_file(account))
        if found is None:
            raise NotFound(f"data folder {self.path}: no credentials of account {account}")
        return replace(found, endpoint=first.endpoint)

    def _account_file(self, account: str) -> Path:
        return self.accounts / f"{account}.json"


def _write_secretly(path: Path, credentials: ServerCredentials) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(credentials, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(descriptor)
    part.rename(path)


def _find_credentials(path: Path) -> ServerCredentials | None:
    try:
        return ServerCredentials(**orjson.loads(path.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}") from error
    except (orjson.JSONDecodeError, TypeError) as error:
        raise Invalid(f"{path}: cannot be read: it is not what a server wrote") from error
