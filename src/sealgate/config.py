"""How one server or command is configured: flags, then `SEALGATE_*` variables, a TOML file, credentials.

The environment is read here and nowhere else.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealgate.errors import Invalid

DEFAULT_DATA = Path(".sealgate")
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4566
DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"
AUTH_MODES = ("sigv4", "none")
SANDBOXES = ("bubblewrap", "none")
_ACCOUNT_DIGITS = 12
_MAX_PORT = 65535
KEY_CREDENTIAL = "sealgate-kek"
"""What a service manager calls the key-encryption key (systemd.exec, LoadCredential)."""
_REGION = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that can be set, with its safe default.

    Attributes:
        data: The data folder; created with mode 0700.
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one.
        account: The account that the first start creates: 12 digits.
        region: The region that `sealgate env` exports, such as us-east-1.
        auth: `sigv4` checks every call; `none` serves unsigned calls and is for throw-away environments only.
        strict_aws: Refuse what AWS refuses: turns every deliberate relaxation off.
        key_file: 32 random bytes (or their 64 hexadecimal digits) that encrypt the private keys at rest; it should
            not lie in the data folder. Where it is not set, the service manager's credential `sealgate-kek` is taken
            if there is one. None leaves the keys protected by file permissions only.
        database: A SQLAlchemy URL; None is SQLite inside the data folder.
        metrics: Show metrics for Prometheus at `/metrics`, to whoever reaches the port.
        sandbox: What confines functions: `bubblewrap`; `none` runs them as the server's own user, with all that this
            user can see and do, and is for functions that are trusted wholly.
        any_runtime: Let functions be created of a runtime that this host cannot run; they are deployed, and not run.
    """

    data: Path = DEFAULT_DATA
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    account: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION
    auth: str = "sigv4"
    strict_aws: bool = False
    key_file: Path | None = None
    database: str | None = None
    metrics: bool = False
    sandbox: str = "bubblewrap"
    any_runtime: bool = False

    def __post_init__(self) -> None:
        if not (len(self.account) == _ACCOUNT_DIGITS and self.account.isascii() and self.account.isdigit()):
            raise Invalid(f"account {self.account!r}: must be {_ACCOUNT_DIGITS} digits")
        if not _REGION.fullmatch(self.region):
            raise Invalid(f"region {self.region!r}: must be a region such as {DEFAULT_REGION}")
        if self.auth not in AUTH_MODES:
            raise Invalid(f"auth {self.auth!r}: must be one of {', '.join(AUTH_MODES)}")
        if self.sandbox not in SANDBOXES:
            raise Invalid(f"sandbox {self.sandbox!r}: must be one of {', '.join(SANDBOXES)}")
        if not 0 <= self.port <= _MAX_PORT:
            raise Invalid(f"port {self.port}: must be from 0 to {_MAX_PORT}")


def load_config(
    flags: Mapping[str, Any], *, environ: Mapping[str, str] | None = None, file: Path | None = None
) -> Config:
    """Merge the three sources, and the service manager's credentials below them; a flag that is None was not given.

    Raises:
        Invalid: A name is unknown, or a value does not fit; the message names the source.
    """
    environ = os.environ if environ is None else environ
    fields = {field.name: field for field in dataclasses.fields(Config)}
    values: dict[str, Any] = _find_credentials(environ)
    if file is not None:
        values |= _read_file(file, set(fields))
    for name in fields:
        variable = f"SEALGATE_{name.upper()}"
        if variable in environ:
            values[name] = _coerce(name, environ[variable], variable)
    for name, value in flags.items():
        if value is not None and name in fields:
            values[name] = _coerce(name, value, "command line") if isinstance(value, str) else value
    return Config(**values)


def _find_credentials(environ: Mapping[str, str]) -> dict[str, Any]:
    """Answer what the service manager hands over in files (systemd.exec, `$CREDENTIALS_DIRECTORY`)."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    key_file = Path(folder, KEY_CREDENTIAL) if folder else None
    return {"key_file": key_file} if key_file is not None and key_file.exists() else {}


def _read_file(file: Path, known: set[str]) -> dict[str, Any]:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(f"configuration file {file}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f"configuration file {file}: {error}") from error
    unknown = sorted(set(raw) - known)
    if unknown:
        raise Invalid(f"configuration file {file}: unknown setting {unknown[0]!r}")
    return {name: _coerce(name, value, str(file)) for name, value in raw.items()}


def _coerce(name: str, value: object, source: str) -> object:
    try:
        return _COERCIONS.get(name, _text)(value)
    except (TypeError, ValueError) as error:
        raise Invalid(f"{source}: setting {name!r}: {error}") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("must be text")
    if not value:
        # An empty variable is a mistake in whatever sets it; to ignore it could leave the keys without encryption.
        raise ValueError("must not be empty")
    return value


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "1"):
        return True
    if value in ("false", "0"):
        return False
    raise ValueError("must be true or false")


def _number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise ValueError("must be a whole number")


_COERCIONS: Mapping[str, Any] = {
    "data": lambda value: Path(_text(value)),
    "key_file": lambda value: Path(_text(value)),
    "port": _number,
    "strict_aws": _flag,
    "metrics": _flag,
    "any_runtime": _flag,
}
