"""The audit trail as a chain of hashes with signed heads. Pure; `sealgate.trust.trail_verify` verifies one.

    genesis   = SHA-384(0x02 || SHA-256 of the authority's root certificate)
    leaf      = SHA-384(0x00 || text of the event)
    chain(n)  = SHA-384(0x01 || chain(n - 1) || uint64be(n) || leaf(n)),  chain(0) = genesis

A head says what `chain(n)` was at some moment, and a seal is a signed head.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from sealgate.errors import IntegrityError
from sealgate.trust.statements import StatementSigner
from sealgate.values import value
from sealgate.x509.profile import AUDIT_HEAD

_HEAD_TYPE = "sealgate-audit-head-1"
_DIGEST_BYTES = 48


@value
class Link:
    """One event in its place. Nothing in it is verified yet.

    Attributes:
        position: Its place, counted from 1.
        event: Its exact text.
        leaf: Its hash, in lower-case hexadecimal.
        chain: The hash of everything up to it, in lower-case hexadecimal.
    """

    position: int
    event: str
    leaf: str
    chain: str


@value
class Head:
    """What the chain's hash is after some event.

    Attributes:
        position: The event's place; 0 before the first.
        chain: The hash, in lower-case hexadecimal.
    """

    position: int
    chain: str

    def __str__(self) -> str:
        return f"{self.position}:{self.chain}"


@value
class Seal:
    """A signed head. Nothing in it is verified yet.

    Attributes:
        position: The place of the last event that it seals.
        text: The exact text that was signed.
        signature: Its signature block, in PEM.
    """

    position: int
    text: str
    signature: str


Entry = Link | Seal
"""What a trail consists of: events in order, each seal after the event that it names."""


def genesis(root_sha256: str) -> str:
    """Answer the chain's hash before the first event.

    Args:
        root_sha256: The fingerprint of the authority's root.
    """
    return hashlib.sha384(b"\x02" + bytes.fromhex(root_sha256)).hexdigest()


def hash_event(event: str) -> str:
    """Answer the leaf of an event's text."""
    return _leaf(event).hex()


def extend(head: Head, leaf: str) -> Head:
    """Answer the head after one more event."""
    position = head.position + 1
    chain = _chain(bytes.fromhex(head.chain), position, bytes.fromhex(leaf))
    return Head(position=position, chain=chain.hex())


def link(head: Head, event: str) -> Link:
    """Put an event in its place after a head."""
    ((position, leaf, chain),) = follow(head, [event])
    return Link(position=position, event=event, leaf=leaf, chain=chain)


def follow(head: Head, events: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Answer position, leaf and chain of each of the events that come after a head."""
    position, chain = head.position, bytes.fromhex(head.chain)
    for event in events:
        position += 1
        leaf = _leaf(event)
        chain = _chain(chain, position, leaf)
        yield position, leaf.hex(), chain.hex()


def _leaf(event: str) -> bytes:
    return hashlib.sha384(b"\x00" + event.encode()).digest()


def _chain(previous: bytes, position: int, leaf: bytes) -> bytes:
    return hashlib.sha384(b"\x01" + previous + position.to_bytes(8) + leaf).digest()


def make_seal(head: Head, *, previous: Seal | None, start: str, at: datetime, signer: StatementSigner) -> Seal:
    """Sign a head.

    Args:
        head: What to sign.
        previous: The seal before it; None for the first.
        start: The chain's genesis.
        at: The present; its whole second is stated.
        signer: The authority.
    """
    signing_time = at.replace(microsecond=0)
    text = _encode_head(head, sealed_at=signing_time, previous=name_seal(previous, start))
    block = signer.sign_statement(text.encode(), kind=AUDIT_HEAD, signing_time=signing_time)
    return Seal(position=head.position, text=text, signature=block.decode())


def name_seal(seal: Seal | None, start: str) -> str:
    """Answer what a seal calls the one before it: a hash of its text, or the genesis where it is the first."""
    return start if seal is None else hashlib.sha384(b"\x03" + seal.text.encode()).hexdigest()


def _encode_head(head: Head, *, sealed_at: datetime, previous: str) -> str:
    stated = {
        "type": _HEAD_TYPE,
        "position": head.position,
        "chain": head.chain,
        "sealedAt": sealed_at.isoformat(),
        "previous": previous,
    }
    return json.dumps(stated, sort_keys=True, separators=(",", ":"))


def parse_stated(text: str) -> tuple[Head, datetime, str]:
    """Read a seal's text: the head, when it was signed, and the name of the seal before it.

    Raises:
        IntegrityError: It is no such text in its canonical form.
    """
    try:
        stated = json.loads(text)
        head = Head(position=_parse_position(stated["position"]), chain=_parse_digest(stated["chain"]))
        sealed_at = datetime.fromisoformat(stated["sealedAt"])
        previous = _parse_digest(stated["previous"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _malformed() from error
    if sealed_at.tzinfo is not UTC or _encode_head(head, sealed_at=sealed_at, previous=previous) != text:
        raise _malformed()
    return head, sealed_at, previous


def parse_head(text: str) -> Head:
    """Read a head written as `POSITION:HASH`.

    Raises:
        IntegrityError: It is none.
    """
    position, _, chain = text.strip().partition(":")
    try:
        return Head(position=_parse_position(int(position)), chain=_parse_digest(chain))
    except (ValueError, TypeError) as error:
        raise IntegrityError(f"{text!r} is no head such as 17:9f..., POSITION:HASH", reason="MalformedHead") from error


def _parse_position(stated: object) -> int:
    if not isinstance(stated, int) or isinstance(stated, bool) or not 0 <= stated < 1 << 63:
        raise ValueError("must be a place")
    return stated


def _parse_digest(stated: object) -> str:
    if not isinstance(stated, str) or stated != bytes.fromhex(stated).hex() or len(stated) != 2 * _DIGEST_BYTES:
        raise ValueError("must be a SHA-384 hash")
    return stated


def _malformed() -> IntegrityError:
    return IntegrityError("its text is no audit head in its canonical form", reason="MalformedHead")
