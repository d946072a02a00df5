"""Show every key and certificate of a data folder's authority: what for, how long, how the private key is protected.

Leaves are not shown: their keys live in a server's memory alone, for a day at most. An unused key was left by a
rotation that was cut short; nothing needs its file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sealgate.cli import terminal
from sealgate.cli.custody import add_source_arguments, load_source
from sealgate.cli.live import opened
from sealgate.cli.terminal import encode_time
from sealgate.clock import system_clock
from sealgate.config import Config
from sealgate.store.folder import DataFolder
from sealgate.trust.authority_folder import AuthorityFolder
from sealgate.trust.inventory import Inventory, KeptCertificate, take_inventory
from sealgate.trust.keys_file import FileKeyStore
from sealgate.x509.certificates import fingerprint, name_by_content

if TYPE_CHECKING:
    from sealgate.store.authorities import RevokedIssuingCa

EXAMPLE = "  sealgate keys list --data /var/lib/sealgate"

_CUSTODY = {
    "encrypted": "here, encrypted",
    "plain": "here, protected by file permissions only",
    "damaged": "here, damaged",
    "elsewhere": "elsewhere",
    "destroyed": "destroyed",
    "missing": "missing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One certificate, and what the database knows of it.

    Attributes:
        signatures: How many signatures it has vouched for; None of a root.
        revoked: Its revocation; None while it is not revoked.
    """

    kept: KeptCertificate
    signatures: int | None
    revoked: RevokedIssuingCa | None

    @property
    def state(self) -> str:
        """`revoked`, `in use` or `past`."""
        if self.revoked is not None:
            return "revoked"
        return "in use" if self.kept.is_in_use else "past"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_source_arguments(parser, database=True)
    parser.add_argument("--json", action="store_true", help="write JSON")


def run(args: argparse.Namespace) -> int:
    """List them."""
    config, now = load_source(args), system_clock()
    folder = DataFolder(config.data)
    # Nothing is decrypted, so that the list can be had without the key-encryption key.
    inventory = take_inventory(AuthorityFolder(folder.authority), FileKeyStore(folder.keys, None))
    rows = _add_records(config, inventory)
    if args.json:
        described = {"certificates": [_describe(row, now) for row in rows], "unusedKeys": inventory.unused_keys}
        sys.stdout.write(json.dumps(described, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for row in rows for line in _lines(row))
        sys.stdout.writelines(f"unused key  {name}\n" for name in inventory.unused_keys)
    if any(row.kept.is_overdue(now) for row in rows):
        is_away = any(row.kept.custody == "elsewhere" for row in rows)
        how = (
            "sealgate authority issue --offline-root PLACE" if is_away else "sealgate keys rotate, or a server, does it"
        )
        terminal.say_hint(f"the issuing CA is due to be replaced: {how}")
    return terminal.OK


def _add_records(config: Config, inventory: Inventory) -> list[Row]:
    from sealgate.services.signing.issuing_authorities import IssuingAuthorities  # noqa: PLC0415 - as in `opened`

    with opened(config) as database:
        records = IssuingAuthorities(db=database, clock=system_clock)
        counts, revoked = records.count_signatures(), {row.identity: row for row in records.list_revoked()}
    identified = [(name_by_content(kept.certificate), kept) for kept in inventory.certificates]
    return [
        Row(
            kept=kept,
            signatures=None if kept.purpose == "root" else counts.get(identity, 0),
            revoked=revoked.get(identity),
        )
        for identity, kept in identified
    ]


def _lines(row: Row) -> Iterator[str]:
    kept, certificate = row.kept, row.kept.certificate
    yield f"{kept.purpose:<12}{certificate.subject.rfc4514_string()}: {row.state}"
    yield f"{'':<12}sha256 {fingerprint(certificate)}"
    until = encode_time(certificate.not_valid_after_utc)
    renewal = "" if kept.renewal is None else f", to be replaced from {_second(kept.renewal)} on"
    yield f"{'':<12}valid {encode_time(certificate.not_valid_before_utc)} to {until}{renewal}"
    yield f"{'':<12}private key {_CUSTODY[kept.custody]}"
    if row.signatures is not None:
        yield f"{'':<12}{row.signatures} signatures"
    if row.revoked is not None:
        yield f"{'':<12}revoked {_second(row.revoked.revoked_at)}: {terminal.printable(row.revoked.reason)}"


def _describe(row: Row, now: datetime) -> Mapping[str, Any]:
    kept, certificate = row.kept, row.kept.certificate
    return {
        "purpose": kept.purpose,
        "subject": certificate.subject.rfc4514_string(),
        "sha256": fingerprint(certificate),
        "state": row.state,
        "notBefore": encode_time(certificate.not_valid_before_utc),
        "notAfter": encode_time(certificate.not_valid_after_utc),
        "renewal": None if kept.renewal is None else _second(kept.renewal),
        "overdue": kept.is_overdue(now),
        "privateKey": kept.custody,
        "signatures": row.signatures,
        "revocation": None if row.revoked is None else _describe_revocation(row.revoked),
    }


def _describe_revocation(revoked: RevokedIssuingCa) -> Mapping[str, Any]:
    doubted = revoked.effective_from
    return {
        "revokedAt": _second(revoked.revoked_at),
        "recordsDoubtedFrom": None if doubted is None else _second(doubted),
        "reason": revoked.reason,
    }


def _second(moment: datetime) -> str:
    return encode_time(moment.replace(microsecond=0))
