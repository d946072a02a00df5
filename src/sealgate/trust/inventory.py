"""Every durable key and certificate of an authority, and how each private key lies; nothing is decrypted for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509

from sealgate.trust.authority import renewal_of
from sealgate.trust.authority_folder import AuthorityFolder
from sealgate.trust.keys import key_id
from sealgate.trust.keys_file import FileKeyStore, Protection
from sealgate.x509.certificates import get_p384_key

Purpose = Literal["root", "issuing CA"]
Custody = Protection | Literal["elsewhere", "destroyed", "missing"]
"""Where a private key is: in a file, encrypted or plain; elsewhere, of a root; destroyed, of a past issuing CA;
missing, of the one in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCertificate:
    """One certificate of the authority.

    Attributes:
        is_in_use: It is the root, or the issuing CA that signs at present.
        renewal: When it is replaced, where the root's key is at hand by then; None: never.
    """

    purpose: Purpose
    certificate: x509.Certificate
    custody: Custody
    is_in_use: bool
    renewal: datetime | None

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether it should have been replaced."""
        return self.renewal is not None and now > self.renewal


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What there is.

    Attributes:
        certificates: The root, then the issuing CAs, the oldest first.
        unused_keys: The names of private keys that no certificate is for: left by a rotation that was cut short.
    """

    certificates: tuple[KeptCertificate, ...]
    unused_keys: tuple[str, ...]


def take_inventory(folder: AuthorityFolder, keys: FileKeyStore) -> Inventory:
    """Look at an authority's folder and at its keys.

    Raises:
        Invalid: A certificate file is damaged.
    """
    root, current = folder.find_root(), folder.find_issuing()
    roots = [] if root is None else [_kept_root(root, keys)]
    certificates = (*roots, *(_kept_issuing(each, current, keys) for each in folder.list_issuing()))
    known = {_key_name(each.certificate) for each in certificates}
    return Inventory(certificates=certificates, unused_keys=tuple(name for name in keys.names() if name not in known))


def _kept_root(root: x509.Certificate, keys: FileKeyStore) -> KeptCertificate:
    custody = keys.protection(_key_name(root)) or "elsewhere"
    return KeptCertificate(purpose="root", certificate=root, custody=custody, is_in_use=True, renewal=None)


def _kept_issuing(issuing: x509.Certificate, current: x509.Certificate | None, keys: FileKeyStore) -> KeptCertificate:
    is_in_use = issuing == current
    return KeptCertificate(
        purpose="issuing CA",
        certificate=issuing,
        custody=keys.protection(_key_name(issuing)) or ("missing" if is_in_use else "destroyed"),
        is_in_use=is_in_use,
        renewal=renewal_of(issuing) if is_in_use else None,
    )


def _key_name(certificate: x509.Certificate) -> str:
    return key_id(get_p384_key(certificate))
