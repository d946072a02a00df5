"""A live trail: put in order, sealed, and altered behind the server's back in every way."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Executable, delete, func, insert, select, update

from sealgate.services.audit.live import find_head
from sealgate.services.audit.sealer import Sealer
from sealgate.services.audit.sequencer import Sequencer
from sealgate.services.audit.trail import AuditTrail
from sealgate.services.rounds import Rounds
from sealgate.store.audit import events_table, resources_table
from sealgate.store.audit_chain import chain_table, find_last_seal, list_links, seals_table
from sealgate.trust.keys import key_id
from sealgate.trust.trail import Head, genesis, link
from sealgate.trust.trail_verify import TrailBroken
from sealgate.x509.certificates import get_p384_key
from tests.support.audit import TrailHouse, a_call
from tests.support.signer import NOW

EVENTS, RESOURCES, CHAIN, SEALS = events_table, resources_table, chain_table, seals_table


@pytest.fixture
def written(trail: TrailHouse) -> TrailHouse:
    """Seven events, sealed after the third and the sixth."""
    for number in range(1, 8):
        trail.add(a_call(event_name=f"Call{number}", read_only=False))
        if number in (3, 6):
            trail.clock.advance(minutes=1)
            trail.settle()
    trail.sequencer.place_all()
    return trail


def change(trail: TrailHouse, *statements: Executable) -> None:
    """Alter the database behind the server's back."""
    with trail.db.write() as tx:
        for statement in statements:
            tx.execute(statement)


class Undo(Exception):
    """Takes an alteration back."""


def break_for_a_moment(trail: TrailHouse, *alterations: Executable) -> TrailBroken:
    """Alter the database, see what is found, and take the alterations back."""
    found: list[TrailBroken] = []

    def alter() -> None:
        with trail.db.write() as tx:
            for alteration in alterations:
                tx.execute(alteration)
            found.append(broken(trail))
            raise Undo

    with pytest.raises(Undo):
        alter()
    return found[0]


def broken(trail: TrailHouse, *, expected: Head | None = None) -> TrailBroken:
    with pytest.raises(TrailBroken) as caught:
        trail.verify(expected=expected)
    return caught.value


def test_events_are_put_in_the_order_of_their_commits_and_sealed(written: TrailHouse) -> None:
    found = written.verify()
    assert (found.head.position, found.seals, found.sealed) == (7, 2, 6)
    assert found.sealed_at == written.clock().replace(microsecond=0)
    assert find_head(written.db) == found.head
    assert [each["eventName"] for each in written.texts()] == [f"Call{number}" for number in range(1, 8)]


def test_an_empty_trail_verifies_and_is_not_sealed(trail: TrailHouse) -> None:
    trail.settle()
    assert trail.verify().head.position == 0
    assert find_head(trail.db) is None
    assert not trail.sealer.seal()


def test_nothing_new_is_not_sealed_again(written: TrailHouse) -> None:
    assert written.sealer.seal()
    assert not written.sealer.seal()
    assert written.verify().sealed == 7


def test_a_trail_longer_than_a_page_verifies(trail: TrailHouse) -> None:
    with trail.db.write() as tx:
        for _ in range(1001):
            trail.recorder.write(tx, a_call())
    trail.settle()
    assert trail.verify().head.position == 1001


def test_several_servers_on_one_database_take_turns(trail: TrailHouse) -> None:
    servers = [Sequencer(db=trail.db, root_sha256=trail.root_sha256) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        adding = [pool.submit(trail.add, a_call(request_id=str(number))) for number in range(40)]
        for _ in range(5):
            list(pool.map(Sequencer.place_all, servers))
        for each in adding:
            each.result()
    servers[0].place_all()
    assert trail.verify().head.position == 40


def test_two_servers_that_seal_at_once_leave_one_seal(written: TrailHouse) -> None:
    sealers = [Sealer(db=written.db, authority=written.authority, clock=written.clock) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Sealer.seal, sealers))
    assert written.verify().seals == 3


COLUMNS = {
    "event_id": "other",
    "account": "999988887777",
    "region": "elsewhere",
    "event_time": NOW,
    "text": func.replace(EVENTS.c.text, "Call", "Kall"),
    "event_name": "Nothing",
    "event_source": "other",
    "user_name": None,
    "access_key_id": "AKIAOTHER",
    "read_only": True,
    "category": "Data",
}


def test_each_column_of_each_event_counts(written: TrailHouse) -> None:
    for number, (column, altered) in itertools.product(range(1, 8), COLUMNS.items()):
        alteration = update(EVENTS).where(EVENTS.c.number == number).values({column: altered})
        assert break_for_a_moment(written, alteration).position == number, column


def test_each_other_row_of_each_event_counts(written: TrailHouse) -> None:
    for number in range(1, 8):
        place = CHAIN.c.position == number
        about = RESOURCES.c.event_id == select(EVENTS.c.event_id).where(EVENTS.c.number == number).scalar_subquery()
        alterations = (
            delete(EVENTS).where(EVENTS.c.number == number),
            delete(RESOURCES).where(about),
            update(RESOURCES).where(about).values(name="arn:x"),
            update(CHAIN).where(place).values(leaf="00" * 48),
            update(CHAIN).where(place).values(chain="00" * 48),
            update(CHAIN).where(place).values(number=99),
        )
        for alteration in alterations:
            assert break_for_a_moment(written, alteration).position == number, str(alteration)


def test_each_two_events_that_changed_places_are_found(written: TrailHouse) -> None:
    for number in range(1, 7):
        moves = ((number, -1), (number + 1, number), (number, number + 1))
        alterations = [update(CHAIN).where(CHAIN.c.position == place).values(number=other) for place, other in moves]
        assert break_for_a_moment(written, *alterations).position == number


def test_each_place_that_was_taken_away_is_found(written: TrailHouse) -> None:
    for number in range(1, 7):
        assert break_for_a_moment(written, delete(CHAIN).where(CHAIN.c.position == number)).position == number


def rewrite(trail: TrailHouse) -> None:
    """Make every hash anew, as somebody does who knows how."""
    with trail.db.read() as tx:
        rows = list_links(tx, after=0, limit=100)
    head = Head(position=0, chain=genesis(trail.root_sha256))
    for row in rows:
        with trail.db.read() as tx:
            event = tx.execute(select(EVENTS.c.text).where(EVENTS.c.number == row.number)).scalar_one()
        placed = link(head, event)
        head = Head(position=placed.position, chain=placed.chain)
        hashes = {"leaf": placed.leaf, "chain": placed.chain}
        change(trail, update(CHAIN).where(CHAIN.c.position == row.position).values(hashes))


def altered(number: int) -> Executable:
    changed = func.replace(EVENTS.c.text, "192.0.2.7", "192.0.2.8")
    return update(EVENTS).where(EVENTS.c.number == number).values(text=changed)


@pytest.mark.parametrize(("number", "first"), [(1, 1), (3, 1), (4, 4), (6, 4)])
def test_an_alteration_with_all_hashes_made_anew_is_shown_by_the_next_seal(
    written: TrailHouse, number: int, first: int
) -> None:
    change(written, altered(number))
    rewrite(written)
    error = broken(written)
    assert (error.position, error.reason) == (first, "TrailRewritten")


def test_what_was_not_sealed_yet_is_shown_by_a_head_kept_elsewhere(written: TrailHouse) -> None:
    kept = find_head(written.db)
    change(written, altered(7))
    rewrite(written)
    assert written.verify().head.position == 7
    assert broken(written, expected=kept).position == 7


def test_a_trail_cut_off_is_shown_by_a_head_kept_elsewhere(written: TrailHouse) -> None:
    kept = find_head(written.db)
    change(
        written,
        delete(EVENTS).where(EVENTS.c.number > 4),
        delete(CHAIN).where(CHAIN.c.position > 4),
        delete(SEALS).where(SEALS.c.position > 4),
    )
    assert written.verify().head.position == 4
    error = broken(written, expected=kept)
    assert (error.position, error.reason) == (5, "TrailTruncated")


def test_a_trail_cut_off_below_its_last_seal_shows_it_itself(written: TrailHouse) -> None:
    change(written, delete(EVENTS).where(EVENTS.c.number > 4), delete(CHAIN).where(CHAIN.c.position > 4))
    assert broken(written).position == 5
    with pytest.raises(TrailBroken, match="gone"):
        written.sealer.seal()


def test_an_event_slipped_in_before_the_end_is_found(written: TrailHouse) -> None:
    change(
        written,
        update(CHAIN).where(CHAIN.c.position == 7).values(number=8),
        update(EVENTS).where(EVENTS.c.number == 7).values(number=8),
    )
    assert written.verify().head.position == 7
    with written.db.read() as tx:
        copied = dict(tx.execute(select(EVENTS).where(EVENTS.c.number == 1)).mappings().one())
    change(written, insert(EVENTS).values(copied | {"number": 7, "event_id": "slipped-in"}))
    error = broken(written)
    assert (error.position, error.reason) == (7, "EventInserted")
    assert "slipped-in" in error.message


OTHER = SEALS.alias()
SEAL_ALTERATIONS: dict[str, Callable[[int], dict[str, Any]]] = {
    "text": lambda place: {"text": func.replace(SEALS.c.text, f":{place},", ":9,")},
    "signature": lambda _: {"signature": func.replace(SEALS.c.signature, "A", "B")},
    "place": lambda place: {"position": place - 1},
    "exchanged": lambda place: {
        name: select(OTHER.c[name]).where(OTHER.c.position == 9 - place).scalar_subquery()
        for name in ("text", "signature")
    },
}


def test_each_part_of_each_seal_counts(written: TrailHouse) -> None:
    for place, (part, altered) in itertools.product((3, 6), SEAL_ALTERATIONS.items()):
        alteration = update(SEALS).where(SEALS.c.position == place).values(altered(place))
        assert break_for_a_moment(written, alteration).position in (place, place - 1), part


def test_a_seal_that_was_taken_away_is_found(written: TrailHouse) -> None:
    change(written, delete(SEALS).where(SEALS.c.position == 3))
    assert broken(written).reason == "SealMissing"


def test_nothing_is_sealed_that_does_not_follow_from_the_last_seal(written: TrailHouse) -> None:
    with written.db.read() as tx:
        last = find_last_seal(tx)
    change(written, altered(7))
    with pytest.raises(TrailBroken, match="event 7"):
        written.sealer.seal()
    change(written, altered(2))
    rewrite(written)
    with pytest.raises(TrailBroken, match="event 7"):
        written.sealer.seal()
    with written.db.read() as tx:
        assert find_last_seal(tx) == last


def test_without_an_issuing_ca_the_lack_of_seals_is_said_once(
    trail: TrailHouse, caplog: pytest.LogCaptureFixture
) -> None:
    trail.authority._keys.destroy(key_id(get_p384_key(trail.authority.root_certificate)))
    trail.clock.advance(days=2 * 365)
    for _ in range(2):
        trail.add(a_call())
        trail.sequencer.place_all()
        trail.sealer.try_to_seal()
    (said,) = caplog.records
    assert "sealgate authority issue makes one" in said.getMessage()
    assert said.exc_info is None
    assert trail.verify().sealed == 0


def test_a_running_trail_orders_and_seals_when_it_stops(trail: TrailHouse) -> None:
    running = AuditTrail(db=trail.db, journal=trail.journal, authority=trail.authority, clock=trail.clock)
    running.start()
    for number in range(3):
        running.recorder.record(a_call(request_id=str(number)))
    running.stop()
    found = trail.verify()
    assert (found.head.position, found.sealed) == (3, 3)


def test_a_round_that_fails_is_followed_by_another() -> None:
    done = threading.Event()
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError
        done.set()

    rounds = Rounds("test", seconds=0.001, work=work, at_end=True)
    rounds.start()
    assert done.wait(10)
    rounds.stop()
    assert len(calls) > 2


def test_a_trail_goes_on_after_a_restart(trail: TrailHouse) -> None:
    trail.add(a_call())
    trail.settle()
    trail.add(a_call())
    Sequencer(db=trail.db, root_sha256=trail.root_sha256).place_all()
    assert trail.verify().head.position == 2
