"""ECDSA-Sig-Value (RFC 3279, clause 2.2.3): two integers in a SEQUENCE, in exactly one encoding."""

from __future__ import annotations

from sealgate.cms.ber import INTEGER, SEQUENCE, Reader, encode, encode_integer, parse_integer


def parse_ecdsa_signature(der: bytes) -> tuple[int, int]:
    """Answer r and s, whatever their range.

    Raises:
        EnvelopeError: The bytes are not DER.
    """
    reader = Reader(der)
    with reader.enter(SEQUENCE) as pair:
        r, s = parse_integer(pair.read(INTEGER)), parse_integer(pair.read(INTEGER))
    reader.finish()
    return r, s


def encode_ecdsa_signature(r: int, s: int) -> bytes:
    """Encode r and s."""
    return encode(SEQUENCE, encode_integer(r), encode_integer(s))
