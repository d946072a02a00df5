"""Signed texts that are no packages: revocation lists, heads of the audit trail, lists of unpacked contents.

Each kind has a leaf of its own, whose certificate has one purpose and one name: whoever holds one of these keys can
sign texts of its kind and nothing else.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Protocol

from sealgate.cms.statement import Statement, parse_statement
from sealgate.errors import IntegrityError
from sealgate.trust.chain import (
    VerifiedPath,
    verify_bound,
    verify_exact_set,
    verify_not_later,
    verify_trusted,
)
from sealgate.trust.ecdsa import verify_ecdsa
from sealgate.trust.remembering import remembering
from sealgate.trust.roots import TrustRoots
from sealgate.values import value
from sealgate.x509.certificates import fingerprint, get_p384_key, load_certificate, name_by_content
from sealgate.x509.profile import StatementKind, find_uri


class StatementSigner(Protocol):
    """Signs texts: an `Authority`."""

    def sign_statement(self, text: bytes, *, kind: StatementKind, signing_time: datetime) -> bytes:
        """Answer the signature block of a text."""
        ...


@value
class VerifiedStatement:
    """Who signed a text, and when.

    Attributes:
        root_sha256: The fingerprint of the root that the signer's path ends at.
        issuers: The issuing CAs of the path: SHA-384 of the to-be-signed part of each, in hexadecimal.
        signing_time: In UTC and whole seconds, by the signer's own word.
    """

    root_sha256: str
    issuers: frozenset[str]
    signing_time: datetime


def verify_statement(
    text: bytes, block: bytes, *, kind: StatementKind, roots: TrustRoots, at: datetime
) -> VerifiedStatement:
    """Verify a signed text as packages are (`sealgate.trust.verify`).

    1. The block is canonical, so the signer's certificate is the first; all certificates are bound.
    2. The signature over the attributes verifies, in its lower form.
    3. The path is valid at the signing time, its leaf has this one purpose and name.
    4. The digest is the text's.
    5. It was not made in the future.

    Args:
        text: The exact bytes that were signed.
        block: The signature block.
        kind: What the text must be.
        roots: What is trusted.
        at: The present.

    Raises:
        IntegrityError: It is forged, or not from a trusted authority, or from the future, or of another kind.
    """
    statement, path = _verify_block(block, kind, roots)
    if statement.message_digest != hashlib.sha384(text).digest():
        raise IntegrityError(f"the {kind.name} is not the one that was signed", reason="ContentsAltered")
    verify_not_later(statement.signing_time, at, what=kind.name)
    return VerifiedStatement(
        root_sha256=fingerprint(path.certificates[-1]),
        issuers=frozenset(name_by_content(each) for each in path.certificates[1:-1]),
        signing_time=statement.signing_time,
    )


@remembering
def _verify_block(block: bytes, kind: StatementKind, roots: TrustRoots) -> tuple[Statement, VerifiedPath]:
    """Take the steps 1 to 3, which follow from nothing else."""
    statement = parse_statement(block)
    leaf = load_certificate(statement.certificates[0])
    verify_bound(statement.certificates, statement.certificate_hashes)
    verify_ecdsa(get_p384_key(leaf), statement.r, statement.s, statement.signed_bytes, low_s=True)
    path = verify_trusted(leaf, statement.certificates, roots=roots, at=statement.signing_time, purpose=kind.purpose)
    verify_exact_set(statement.certificates, path)
    if find_uri(leaf) != kind.uri:
        raise IntegrityError(f"the signer is not one for a {kind.name}", reason="UntrustedSigner")
    return statement, path
