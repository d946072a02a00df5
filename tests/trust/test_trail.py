"""A trail is altered in every way, one at a time, and each alteration is found and named."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from sealgate.errors import IntegrityError
from sealgate.trust.roots import TrustRoots
from sealgate.trust.trail import Entry, Head, Link, Seal, genesis, link, make_seal, parse_head
from sealgate.trust.trail_file import encode_trail, parse_trail
from sealgate.trust.trail_verify import TrailBroken, VerifiedTrail, verify_trail
from sealgate.values import replace
from sealgate.x509.certificates import fingerprint
from sealgate.x509.profile import AUDIT_HEAD, REVOCATION_LIST, StatementKind
from tests.support.authority import NOW
from tests.support.sealed import new_authority, roots_of, shared_authority

ROOT = fingerprint(shared_authority().root_certificate)
ROOTS = roots_of(shared_authority())
START = genesis(ROOT)
SEALED = (3, 6)


def event(number: int) -> str:
    said = {
        "eventID": f"id-{number}",
        "eventName": "CreateFunction20150331",
        "eventTime": "2026-11-24T12:00:00Z",
        "userIdentity": {"type": "Root", "accountId": "000000000000"},
        "additionalEventData": {"signatureStatus": "VALID"},
        "readOnly": False,
        "sourceIPAddress": "127.0.0.1",
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def write(events: list[str], sealed: tuple[int, ...] = SEALED) -> list[Entry]:
    """Write a trail of these events, with a seal after some places."""
    entries: list[Entry] = []
    head, seal = Head(position=0, chain=START), None
    for text in events:
        placed = link(head, text)
        head = Head(position=placed.position, chain=placed.chain)
        entries.append(placed)
        if head.position in sealed:
            at = NOW + timedelta(minutes=head.position - 10)
            seal = make_seal(head, previous=seal, start=START, at=at, signer=shared_authority())
            entries.append(seal)
    return entries


EVENTS = [event(number) for number in range(1, 8)]
TRAIL = write(EVENTS)


def verify(entries: list[Entry], *, expected: Head | None = None, roots: TrustRoots = ROOTS) -> VerifiedTrail:
    return verify_trail(entries, root_sha256=ROOT, roots=roots, at=NOW, expected=expected)


def broken(entries: list[Entry], *, expected: Head | None = None) -> TrailBroken:
    with pytest.raises(TrailBroken) as caught:
        verify(entries, expected=expected)
    return caught.value


def links(entries: list[Entry] = TRAIL) -> list[Link]:
    return [each for each in entries if isinstance(each, Link)]


def seals(entries: list[Entry] = TRAIL) -> list[Seal]:
    return [each for each in entries if isinstance(each, Seal)]


def swap(old: Entry, new: Entry) -> list[Entry]:
    return [new if each is old else each for each in TRAIL]


def test_a_whole_trail_verifies_and_says_how_far_it_is_sealed() -> None:
    found = verify(TRAIL)
    assert found.head == Head(position=7, chain=links()[-1].chain)
    assert (found.seals, found.sealed, found.sealed_at) == (2, 6, NOW - timedelta(minutes=4))


def test_a_trail_without_any_event_or_seal_verifies() -> None:
    assert verify([]).head == Head(position=0, chain=START)
    assert verify(write(EVENTS, sealed=())).sealed == 0


@pytest.mark.parametrize("number", range(1, 8))
def test_each_character_of_each_event_counts(number: int) -> None:
    original = links()[number - 1]
    for at in range(0, len(original.event), 17):
        changed = original.event[:at] + chr(ord(original.event[at]) ^ 1) + original.event[at + 1 :]
        error = broken(swap(original, replace(original, event=changed)))
        assert (error.position, error.reason) == (number, "EventAltered")


@pytest.mark.parametrize("number", range(1, 8))
def test_each_member_of_each_event_counts(number: int) -> None:
    original = links()[number - 1]
    said = json.loads(original.event)
    for member in said:
        for altered in ({**said, member: "other"}, {key: said[key] for key in said if key != member}):
            text = json.dumps(altered, sort_keys=True, separators=(",", ":"))
            assert broken(swap(original, replace(original, event=text))).position == number


@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize("hashed", ["leaf", "chain"])
def test_each_hash_of_each_event_counts(number: int, hashed: str) -> None:
    original = links()[number - 1]
    digest = getattr(original, hashed)
    for changed in (digest[:-1] + ("0" if digest[-1] != "0" else "1"), digest.upper(), "", "x"):
        assert broken(swap(original, replace(original, **{hashed: changed}))).position == number


@pytest.mark.parametrize("number", range(1, 7))
def test_each_removed_event_is_found(number: int) -> None:
    error = broken([each for each in TRAIL if each is not links()[number - 1]])
    assert error.position == number
    assert f"{number} is missing" in error.message


@pytest.mark.parametrize("number", range(1, 8))
def test_each_inserted_event_is_found(number: int) -> None:
    at = TRAIL.index(links()[number - 1])
    before = Head(position=number - 1, chain=links()[number - 2].chain if number > 1 else START)
    assert broken([*TRAIL[:at], link(before, event(99)), *TRAIL[at:]]).position == number
    again = [*TRAIL[: at + 1], links()[number - 1], *TRAIL[at + 1 :]]
    assert broken(again).reason == "Misplaced"


@pytest.mark.parametrize("number", range(1, 7))
def test_each_two_events_in_the_wrong_order_are_found(number: int) -> None:
    one, other = links()[number - 1 : number + 1]
    moved = [other if each is one else one if each is other else each for each in TRAIL]
    assert broken(moved).position == number
    renumbered = [
        replace(other, position=number) if each is one else replace(one, position=number + 1) if each is other else each
        for each in TRAIL
    ]
    assert (broken(renumbered).position, broken(renumbered).reason) == (number, "ChainBroken")


@pytest.mark.parametrize(
    ("rewritten", "first"),
    [
        ([event(99), *EVENTS[1:]], 1),
        ([*EVENTS[:4], event(99), *EVENTS[5:]], 4),
        ([*EVENTS[:4], *EVENTS[5:], event(99)], 4),
        ([*EVENTS[:4], event(99), *EVENTS[4:]], 4),
        ([EVENTS[1], EVENTS[0], *EVENTS[2:]], 1),
    ],
    ids=["altered", "altered later", "removed", "inserted", "moved"],
)
def test_where_all_hashes_were_made_anew_the_next_seal_names_what_it_sealed(rewritten: list[str], first: int) -> None:
    new = iter(write(rewritten, sealed=()))
    error = broken([each if isinstance(each, Seal) else next(new) for each in TRAIL])
    assert (error.position, error.reason) == (first, "TrailRewritten")


@pytest.mark.parametrize("index", [0, 1])
def test_each_part_of_each_seal_counts(index: int) -> None:
    original = seals()[index]
    other = seals()[1 - index]
    for at in range(0, len(original.text), 7):
        changed = original.text[:at] + chr(ord(original.text[at]) ^ 1) + original.text[at + 1 :]
        assert broken(swap(original, replace(original, text=changed))).position == original.position
    for at in range(30, len(original.signature), 97):
        changed = original.signature[:at] + chr(ord(original.signature[at]) ^ 1) + original.signature[at + 1 :]
        assert broken(swap(original, replace(original, signature=changed))).position == original.position
    assert "contradicts" in broken(swap(original, replace(original, position=other.position))).message
    assert broken(swap(original, replace(original, text=other.text))).reason == "ContentsAltered"


def test_a_removed_seal_is_found_by_the_next_one() -> None:
    error = broken([each for each in TRAIL if each is not seals()[0]])
    assert (error.position, error.reason) == (6, "SealMissing")


def test_a_seal_in_another_place_is_found() -> None:
    first, last = seals()
    rest = [each for each in TRAIL if each is not first]
    assert broken([*rest[:4], first, *rest[4:]]).reason == "Misplaced"
    assert broken([*TRAIL, last]).reason == "Misplaced"
    assert broken([*TRAIL[:4], first, *TRAIL[4:]]).reason == "SealMissing"


def test_a_trail_cut_off_verifies_unless_a_head_was_kept_elsewhere() -> None:
    kept = verify(TRAIL).head
    for length in range(len(TRAIL)):
        shorter = TRAIL[:length]
        assert verify(shorter).head.position == len(links(shorter))
        if len(links(shorter)) < 7:
            error = broken(shorter, expected=kept)
            assert (error.position, error.reason) == (len(links(shorter)) + 1, "TrailTruncated")


@pytest.mark.parametrize("number", range(8))
def test_every_head_of_the_trail_is_in_it_and_no_other(number: int) -> None:
    head = Head(position=number, chain=links()[number - 1].chain if number else START)
    assert verify(TRAIL, expected=head).head.position == 7
    assert broken(TRAIL, expected=replace(head, chain="00" * 48)).reason == "TrailRewritten"


def test_a_trail_written_anew_after_its_last_seal_is_found_by_a_head_kept_elsewhere() -> None:
    rolled_back = [*TRAIL[:-1], *write([*EVENTS[:6], event(99)], sealed=())[-1:]]
    assert verify(rolled_back).head.position == 7
    error = broken(rolled_back, expected=verify(TRAIL).head)
    assert (error.position, error.reason) == (7, "TrailRewritten")
    assert "up to event 6 all is sealed" in error.message


def test_a_trail_of_an_authority_that_is_not_trusted_is_refused() -> None:
    with pytest.raises(TrailBroken, match="not trusted"):
        verify(TRAIL, roots=TrustRoots())


def test_another_trusted_authority_seals_nothing_here() -> None:
    stranger = new_authority()
    head = Head(position=3, chain=links()[2].chain)
    forged = make_seal(head, previous=None, start=START, at=NOW, signer=stranger)
    roots = TrustRoots(roots=(*ROOTS.roots, *roots_of(stranger).roots))
    with pytest.raises(TrailBroken, match="another authority's"):
        verify_trail([*TRAIL[:3], forged], root_sha256=ROOT, roots=roots, at=NOW)


def test_a_leaf_for_other_texts_seals_nothing() -> None:
    class Confused:
        def sign_statement(self, text: bytes, *, kind: StatementKind, signing_time: datetime) -> bytes:
            assert kind == AUDIT_HEAD
            return shared_authority().sign_statement(text, kind=REVOCATION_LIST, signing_time=signing_time)

    head = Head(position=3, chain=links()[2].chain)
    forged = make_seal(head, previous=None, start=START, at=NOW, signer=Confused())
    assert broken([*TRAIL[:3], forged]).reason == "UntrustedSigner"


def test_a_seal_from_the_future_is_refused() -> None:
    head = Head(position=3, chain=links()[2].chain)
    late = make_seal(head, previous=None, start=START, at=NOW + timedelta(minutes=6), signer=shared_authority())
    assert broken([*TRAIL[:3], late]).reason == "SignedInFuture"


def lines(entries: list[Entry] = TRAIL) -> list[bytes]:
    return [line.encode() for line in encode_trail(ROOT, entries)]


def read(written: list[bytes]) -> tuple[str, list[Entry]]:
    root, entries = parse_trail(written)
    return root, list(entries)


def test_a_trail_is_read_back_from_its_file() -> None:
    assert read(lines()) == (ROOT, TRAIL)


SPOILED: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "no line": lambda _: [],
    "no first line": lambda given: given[1:],
    "another type": lambda given: [given[0].replace(b"trail-1", b"trail-2"), *given[1:]],
    "no fingerprint": lambda given: [given[0].replace(ROOT.encode(), b"x" * 64), *given[1:]],
    "an empty line": lambda given: [*given, b"\n"],
    "a cut line": lambda given: [*given[:-1], given[-1][:-9]],
    "a list": lambda given: [*given, b"[]"],
    "a member too many": lambda given: [*given, given[1].replace(b"{", b'{"x":1,', 1)],
    "a place that is no number": lambda given: [*given, given[1].replace(b":1,", b":true,", 1)],
    "deep": lambda given: [*given, b"[" * 100_000],
    "half a surrogate pair": lambda given: [*given, given[1].replace(b"id-1", b"\\ud800")],
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())
def test_what_is_no_trail_is_refused(spoil: Callable[[list[bytes]], list[bytes]]) -> None:
    with pytest.raises(IntegrityError) as caught:
        read(spoil(lines()))
    assert caught.value.reason == "MalformedTrail"


def test_a_head_is_written_and_read_as_one_word() -> None:
    head = verify(TRAIL).head
    assert parse_head(f" {head}\n") == head


@pytest.mark.parametrize("text", ["", "1", "x:00", "-1:" + "00" * 48, "1:" + "00" * 47, "1:" + "AA" * 48, "1:é"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError, match="POSITION:HASH"):
        parse_head(text)
