"""Verifying an audit trail: everything is recomputed from the texts of the events. Pure.

What each alteration leads to:

- An event whose text, hashes or place alone was changed is found and named.
- Where all hashes after it were made anew, the next seal does not fit: what is named are the events that it sealed.
- Events cut off at the end, with their seals, leave a trail that is whole. Only a head kept elsewhere shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sealgate.errors import IntegrityError
from sealgate.trust.roots import TrustRoots
from sealgate.trust.statements import verify_statement
from sealgate.trust.trail import Entry, Head, Link, Seal, extend, genesis, hash_event, name_seal, parse_stated
from sealgate.values import value
from sealgate.x509.certificates import fingerprint
from sealgate.x509.profile import AUDIT_HEAD

_SHOWN = 80
"""Characters of an event's member that a message repeats."""


class TrailBroken(IntegrityError):
    """The trail is not the one that was written.

    Attributes:
        position: Where that shows first: the place of an event or a seal, counted from 1.
    """

    def __init__(self, position: int, message: str, *, reason: str) -> None:
        super().__init__(message, reason=reason)
        self.position = position


@value
class VerifiedTrail:
    """What a whole trail is.

    Attributes:
        head: Its end.
        seals: How many seals it has.
        sealed: The place up to which the last seal vouches for it; 0 without one.
        sealed_at: When that was signed; None without one.
    """

    head: Head
    seals: int
    sealed: int
    sealed_at: datetime | None


def verify_trail(
    entries: Iterable[Entry], *, root_sha256: str, roots: TrustRoots, at: datetime, expected: Head | None = None
) -> VerifiedTrail:
    """Verify a trail from its first event to its end.

    1. The events stand in places 1, 2, 3 and so on; each has the hashes that its text leads to.
    2. Each seal names the end of what stands before it, and the seal before it.
    3. Each seal is signed by a leaf for audit heads under the authority's root, at the time it says.
    4. The head kept elsewhere, if one is given, is in the trail.

    Args:
        entries: The trail.
        root_sha256: The fingerprint of the authority's root, where the chain begins.
        roots: What is trusted; the authority's root is among them, or no trail verifies.
        at: The present.
        expected: A head of this trail that was kept elsewhere.

    Raises:
        TrailBroken: It is not the trail that was written, or not all of it.
    """
    if root_sha256 not in map(fingerprint, roots.certificates):
        raise TrailBroken(0, f"the trail begins at a root that is not trusted: {root_sha256}", reason="UntrustedSigner")
    walk = _Walk(root_sha256, roots=roots, at=at, expected=expected)
    for entry in entries:
        if isinstance(entry, Link):
            walk.take_link(entry)
        else:
            walk.take_seal(entry)
    return walk.finish()


class _Walk:
    """How far a verification has come."""

    def __init__(self, root_sha256: str, *, roots: TrustRoots, at: datetime, expected: Head | None) -> None:
        self._start = genesis(root_sha256)
        self._root_sha256 = root_sha256
        self._roots = roots
        self._at = at
        self._expected = expected
        self._head = Head(position=0, chain=self._start)
        self._seal: Seal | None = None
        self._sealed_at: datetime | None = None
        self._seals = 0
        self._compare_expected()

    def take_link(self, found: Link) -> None:
        self._head = follow(self._head, found)
        self._compare_expected()

    def take_seal(self, found: Seal) -> None:
        where = f"the seal at event {found.position}"
        try:
            stated, sealed_at, previous = parse_stated(found.text)
            verified = verify_statement(
                found.text.encode(), found.signature.encode(), kind=AUDIT_HEAD, roots=self._roots, at=self._at
            )
        except IntegrityError as error:
            raise TrailBroken(found.position, f"{where} was altered: {error.message}", reason=error.reason) from error
        if verified.root_sha256 != self._root_sha256:
            raise TrailBroken(found.position, f"{where} is another authority's", reason="UntrustedSigner")
        if verified.signing_time != sealed_at or stated.position != found.position:
            raise TrailBroken(found.position, f"{where} was altered: it contradicts itself", reason="SealAltered")
        _require_place(self._head, found.position, due=self._head.position, name=where)
        if previous != name_seal(self._seal, self._start):
            what = f"{where} does not name the one before it: a seal is missing"
            raise TrailBroken(found.position, what, reason="SealMissing")
        if stated != self._head:
            raise TrailBroken(self._first_unsealed(), self._say_rewritten(found), reason="TrailRewritten")
        self._seal, self._sealed_at, self._seals = found, sealed_at, self._seals + 1

    def finish(self) -> VerifiedTrail:
        expected = self._expected
        if expected is not None and expected.position > self._head.position:
            raise TrailBroken(
                self._head.position + 1,
                f"the trail was cut off: it ends at event {self._head.position}, and there was event "
                f"{expected.position}",
                reason="TrailTruncated",
            )
        return VerifiedTrail(
            head=self._head,
            seals=self._seals,
            sealed=0 if self._seal is None else self._seal.position,
            sealed_at=self._sealed_at,
        )

    def _compare_expected(self) -> None:
        expected = self._expected
        if expected is not None and expected.position == self._head.position and expected != self._head:
            raise TrailBroken(
                self._first_unsealed(),
                f"the trail was written anew: event {expected.position} or one before it is not the one that the head "
                f"kept elsewhere stands for{self._say_sealed()}",
                reason="TrailRewritten",
            )

    def _first_unsealed(self) -> int:
        return 1 if self._seal is None else self._seal.position + 1

    def _say_sealed(self) -> str:
        return "" if self._seal is None else f"; up to event {self._seal.position} all is sealed"

    def _say_rewritten(self, found: Seal) -> str:
        return (
            f"events {self._first_unsealed()} to {found.position} are not those that were sealed: one of them was "
            "altered, removed, inserted or moved, and all hashes after it were made anew"
        )


def follow(head: Head, found: Link) -> Head:
    """Verify one event after a head, and answer the head after it.

    Raises:
        TrailBroken: It is not the event that stands there, or not as it was written.
    """
    due = head.position + 1
    _require_place(head, found.position, due=due, name=_name(found))
    if hash_event(found.event) != found.leaf:
        raise TrailBroken(due, f"{_name(found)} was altered: its text has another hash", reason="EventAltered")
    after = extend(head, found.leaf)
    if after.chain != found.chain:
        what = f"{_name(found)} was altered, or put in another's place: its chain hash is another"
        raise TrailBroken(due, what, reason="ChainBroken")
    return after


def _require_place(head: Head, found: int, *, due: int, name: str) -> None:
    if found > due:
        first, last = head.position + 1, found - (due > head.position)
        gap = f"event {first} is" if first == last else f"events {first} to {last} are"
        raise TrailBroken(first, f"{gap} missing: {name} follows", reason="EventMissing")
    if found < due:
        what = f"{name} does not belong here: it stands after event {head.position}"
        raise TrailBroken(found, what, reason="Misplaced")


def _name(found: Link) -> str:
    """Name an event for a message, as far as its text still says anything."""
    try:
        said: Any = json.loads(found.event)
        names = [str(said[key])[:_SHOWN] for key in ("eventID", "eventName", "eventTime") if key in said]
    except (ValueError, TypeError, RecursionError):
        names = []
    return f"event {found.position}" + (f" ({', '.join(names)})" if names else "")
