"""ECDSA over P-384 with SHA-384, with one valid signature instead of two.

With (r, s) the mirror (r, n - s) is valid too, and anybody can compute it. Ours always have the lower s, and of ours
only that one is accepted; AWS Signer's have either.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from sealgate.cms.ecdsa import encode_ecdsa_signature, parse_ecdsa_signature
from sealgate.errors import IntegrityError
from sealgate.trust.algorithms import ORDER, SIGNATURE


def lower_s(signature: bytes) -> bytes:
    """Answer the one of a signature's two forms that has the lower s."""
    r, s = parse_ecdsa_signature(signature)
    return encode_ecdsa_signature(r, min(s, ORDER - s))


def verify_ecdsa(key: EllipticCurvePublicKey, r: int, s: int, message: bytes, *, low_s: bool) -> None:
    """Check a signature over a message.

    Args:
        key: The signer's P-384 key.
        r: The signature's first half, whatever its range.
        s: The second half.
        message: What was signed; it is hashed here.
        low_s: Take the form with the lower s only.

    Raises:
        IntegrityError: The signature is not this key's over this message; reason `BadSignature`.
    """
    # Zero, and what is congruent to it, once passed for everything (CVE-2022-21449).
    if not (0 < r < ORDER and 0 < s < ORDER):
        raise IntegrityError("the signature's values are out of range", reason="BadSignature")
    if low_s and s > ORDER // 2:
        raise IntegrityError("the signature is in its mirrored form", reason="BadSignature")
    try:
        key.verify(encode_ecdsa_signature(r, s), message, SIGNATURE)
    except InvalidSignature as error:
        raise IntegrityError("the signature does not verify with the signer's key", reason="BadSignature") from error
