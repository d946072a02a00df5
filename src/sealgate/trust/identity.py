"""Who can sign, for a day or so, in one name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sealgate.x509.issue import Validity


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIdentity:
    """A leaf whose private key is at hand.

    Attributes:
        certificates: The leaf and its issuers without the root, each in DER.
        uri: What the leaf may sign for: a profile version ARN, or the URI of a `StatementKind`.
        validity: The leaf's life.
        sign: Signs a SHA-384 digest: an ECDSA-Sig-Value in DER, in its lower form. Several threads may call it.
    """

    certificates: tuple[bytes, ...]
    uri: str
    validity: Validity
    sign: Callable[[bytes], bytes]
