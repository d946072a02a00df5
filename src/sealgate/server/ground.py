"""What a server stands on: its data folder and database, its keys, and whose signatures count."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sealgate.clock import Clock
from sealgate.config import Config
from sealgate.errors import Invalid
from sealgate.services.identity.accounts import IdentityService
from sealgate.services.metrics.meter import UNWATCHED, Meter
from sealgate.store.blobs_file import FileBlobs
from sealgate.store.database import Database
from sealgate.store.folder import DataFolder
from sealgate.store.opening import open_database_of
from sealgate.trust.authority import Authority
from sealgate.trust.key_encryption import read_key_file
from sealgate.trust.keys_file import FileKeyStore
from sealgate.trust.roots import TrustRoots, authority_root, parse_root


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What everything stands on: one data folder, opened."""

    folder: DataFolder
    db: Database
    blobs: FileBlobs
    authority: Authority
    roots: TrustRoots
    clock: Clock
    meter: Meter


def open_ground(config: Config, clock: Clock) -> Ground:
    """Open a data folder, made ready on first use: folder, schema, authority.

    Raises:
        Invalid: A part of the folder, the database or the key file cannot be used.
        Conflict: The database was written by a newer release.
    """
    folder = DataFolder(config.data)
    folder.create()
    keys = FileKeyStore(folder.keys, kek=None if config.key_file is None else read_key_file(config.key_file))
    keys.encrypt_plain()
    db = open_database_of(folder, config.database)
    _refuse_second_root(folder, IdentityService(db=db, clock=clock), config.account)
    authority = Authority.open(folder.authority, keys, clock)
    return Ground(
        folder=folder,
        db=db,
        blobs=FileBlobs(folder.blobs),
        authority=authority,
        roots=_trust_roots(authority, folder.roots),
        clock=clock,
        meter=_open_meter(config, db, authority, clock),
    )


def _open_meter(config: Config, db: Database, authority: Authority, clock: Clock) -> Meter:
    if not config.metrics:
        return UNWATCHED
    from sealgate.services.metrics.prometheus import PrometheusMeter  # noqa: PLC0415 - it takes a tenth of a second to load

    return PrometheusMeter(db=db, authority=authority, clock=clock)


def _refuse_second_root(folder: DataFolder, identity: IdentityService, account: str) -> None:
    """Make no second authority where the first one's root was lost: all that it signed would fail."""
    if not folder.root_certificate.exists() and identity.find_root_key(account) is not None:
        raise Invalid(f"{folder.root_certificate} is missing, and the account is not new: restore it from a backup")


def _trust_roots(authority: Authority, folder: Path) -> TrustRoots:
    imported = []
    for path in sorted(folder.glob("*.pem")):
        try:
            imported.append(parse_root(path.read_bytes(), name=path.stem))
        except OSError as error:
            raise Invalid(f"trust root {path}: {error.strerror}") from error
    return TrustRoots(roots=(authority_root(authority.root_certificate), *imported))
