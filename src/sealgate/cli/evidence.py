"""What a package is judged by: the roots to trust, and what is known about jobs and revocations."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate.errors import Invalid
from sealgate.trust.roots import TrustRoot, TrustRoots, authority_root, aws_signer_root, parse_root
from sealgate.values import value

if TYPE_CHECKING:
    from sealgate.store.offline import OfflineRecords


class NoRoot(Invalid):
    """Nothing is trusted, so nothing could ever be accepted."""


@value
class Evidence:
    """What the caller has given to judge by.

    Attributes:
        roots: Whom to trust; at least one.
        records: The records of a data folder; None where none is given.
        revocation_list: A signed revocation list, not verified yet; None where none is given.
    """

    roots: TrustRoots
    records: OfflineRecords | None
    revocation_list: bytes | None

    def close(self) -> None:
        """Let go of the data folder's database."""
        if self.records is not None:
            self.records.close()


def load_evidence(*, data: Path | None, trust: Iterable[Path], trust_aws: bool, revocations: Path | None) -> Evidence:
    """Read everything that the options name.

    Raises:
        NoRoot: No root is given.
        Invalid: A file is not what it should be.
        OSError: A file cannot be read.
    """
    return Evidence(
        roots=load_roots(data=data, trust=trust, trust_aws=trust_aws),
        records=None if data is None else _open_records(data),
        revocation_list=None if revocations is None else revocations.read_bytes(),
    )


def load_roots(*, data: Path | None, trust: Iterable[Path], trust_aws: bool) -> TrustRoots:
    """Read the roots that the options name.

    Raises:
        NoRoot: No root is given.
        Invalid: A file is not what it should be.
        OSError: A file cannot be read.
    """
    roots = [parse_root(path.read_bytes(), name=path.name) for path in trust] if data is None else data_roots(data)
    if trust_aws:
        roots.append(aws_signer_root())
    if not roots:
        raise NoRoot("no trust root is given, so no signature can be accepted")
    return TrustRoots(roots=tuple(roots))


def data_roots(data: Path) -> list[TrustRoot]:
    """Answer whom the server of a data folder trusts: its own authority, and the roots that were imported.

    Raises:
        Invalid: There is no authority, or a file is no certificate.
    """
    authority = data / "authority" / "root.pem"
    if not authority.is_file():
        raise Invalid(f"{data} is no data folder, or nothing has been served from it yet: {authority} is missing")
    imported = [parse_root(path.read_bytes(), name=path.name) for path in sorted((data / "roots").glob("*.pem"))]
    return [authority_root(parse_root(authority.read_bytes(), name="authority").certificate), *imported]


def _open_records(data: Path) -> OfflineRecords:
    from sealgate.store.offline import OfflineRecords  # noqa: PLC0415 - SQLite only where a data folder is given

    if (data / "database.url").exists():
        raise Invalid(
            f"{data}: its database is elsewhere, and this command reads SQLite's only: give --trust"
            f" {data / 'authority' / 'root.pem'} and --revocations FILE, which `sealgate revocations` writes"
        )
    return OfflineRecords(data / "sealgate.db")
