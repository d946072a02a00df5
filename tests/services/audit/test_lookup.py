from datetime import timedelta
from typing import Any

import pytest

from sealgate.services.audit.actors import actor_of
from sealgate.services.audit.errors import InvalidLookupAttributes, InvalidNextToken, InvalidTimeRange
from sealgate.services.audit.lookup import Lookup, LookupService
from sealgate.services.paging import Page, encode_token
from sealgate.services.scope import Scope
from sealgate.store.audit import EventRecord
from tests.support.audit import PROFILE, TrailHouse, a_call
from tests.support.signer import NOW, SCOPE

ANN = actor_of("arn:aws:iam::111122223333:user/ann", user_id="AIDAANN", access_key_id="AKIAANN")


def look(
    trail: TrailHouse,
    what: Lookup | None = None,
    *,
    scope: Scope = SCOPE,
    limit: int | None = None,
    token: str | None = None,
) -> Page[EventRecord]:
    return LookupService(db=trail.db, settle=trail.filing.settle, clock=trail.clock).lookup(
        scope, what or Lookup(), limit=limit, token=token
    )


def names(page: Page[EventRecord]) -> list[str]:
    return [each.event_name for each in page.items]


@pytest.fixture
def busy(trail: TrailHouse) -> TrailHouse:
    """Events of a second each, the last one a change by somebody else."""
    for number in range(5):
        trail.add(a_call(event_name=f"Get{number}", event_time=NOW + timedelta(seconds=number)))
    trail.add(
        a_call(
            event_name="Put",
            event_source="lambda.amazonaws.com",
            event_time=NOW + timedelta(seconds=5),
            actor=ANN,
            read_only=False,
            resources=("arn:aws:s3:::bucket",),
        )
    )
    trail.clock.advance(seconds=10)
    return trail


def test_the_newest_events_come_first(busy: TrailHouse) -> None:
    assert names(look(busy)) == ["Put", "Get4", "Get3", "Get2", "Get1", "Get0"]


def test_pages_follow_each_other_and_new_events_do_not_disturb_them(busy: TrailHouse) -> None:
    seen, token = [], None
    while True:
        page = look(busy, limit=2, token=token)
        seen += names(page)
        token = page.next_token
        if token is None:
            break
        busy.add(a_call(event_name="New", event_time=busy.clock()))
    assert seen == ["Put", "Get4", "Get3", "Get2", "Get1", "Get0"]


@pytest.mark.parametrize(
    "attribute",
    [
        ("EventName", "Put"),
        ("EventSource", "lambda.amazonaws.com"),
        ("Username", "ann"),
        ("AccessKeyId", "AKIAANN"),
        ("ReadOnly", "false"),
        ("ResourceType", "AWS::S3::Bucket"),
        ("ResourceName", "arn:aws:s3:::bucket"),
        ("ResourceName", "bucket"),
    ],
)
def test_every_attribute_can_be_looked_up(busy: TrailHouse, attribute: tuple[str, str]) -> None:
    assert names(look(busy, Lookup(attribute=attribute))) == ["Put"]


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:signer:eu-west-1:{}:/signing-profiles/it",
        "arn:aws:signer:eu-west-1:{}:/signing-jobs/it",
        "arn:aws:lambda:eu-west-1:{}:function:it",
        "arn:aws:lambda:eu-west-1:{}:code-signing-config:it",
        "arn:aws:iam::{}:user/it",
        "arn:aws:iam::{}:role/it",
    ],
)
def test_a_resource_of_the_account_is_found_by_its_bare_name(trail: TrailHouse, arn: str) -> None:
    trail.add(a_call(event_name="Own", resources=(arn.format(SCOPE.account),)))
    trail.add(a_call(event_name="Foreign", resources=(arn.format("999988887777"),)))
    assert names(look(trail, Lookup(attribute=("ResourceName", "it")))) == ["Own"]


def test_an_event_is_found_by_its_id(busy: TrailHouse) -> None:
    (put,) = look(busy, limit=1).items
    assert look(busy, Lookup(attribute=("EventId", put.event_id))).items == (put,)
    assert look(busy, Lookup(attribute=("EventId", "\0"))).items == ()


def test_a_time_range_has_both_its_ends(busy: TrailHouse) -> None:
    start, end = (NOW.replace(microsecond=0) + timedelta(seconds=number) for number in (1, 3))
    assert names(look(busy, Lookup(since=start, until=end))) == ["Get3", "Get2", "Get1"]
    with pytest.raises(InvalidTimeRange):
        look(busy, Lookup(since=end, until=start))


def test_look_ups_see_ninety_days_back(busy: TrailHouse) -> None:
    busy.clock.advance(days=90, seconds=-7)
    assert names(look(busy, Lookup(since=NOW - timedelta(days=200)))) == ["Put", "Get4"]


def test_another_account_or_region_sees_nothing(busy: TrailHouse) -> None:
    for scope in (
        Scope(account="999988887777", region=SCOPE.region, caller_arn="arn"),
        Scope(account=SCOPE.account, region="us-east-1", caller_arn="arn"),
    ):
        assert look(busy, scope=scope).items == ()


def test_data_events_are_not_looked_up(trail: TrailHouse) -> None:
    trail.add(a_call(category="Data"))
    assert look(trail).items == ()


@pytest.mark.parametrize("attribute", [("ReadOnly", "maybe"), ("Colour", "red")])
def test_what_cannot_be_looked_up_is_refused(trail: TrailHouse, attribute: tuple[str, str]) -> None:
    with pytest.raises(InvalidLookupAttributes, match=attribute[0]):
        look(trail, Lookup(attribute=attribute))


def tampered(token: str) -> list[str]:
    return ["", "x", token[:-4], encode_token("a", "b", "c"), encode_token("a"), encode_token("x", "9" * 40, "1")]


def test_a_token_serves_the_look_up_that_gave_it_out_only(busy: TrailHouse) -> None:
    token = look(busy, limit=2).next_token
    assert token is not None
    others: list[dict[str, Any]] = [
        {"what": Lookup(attribute=("ReadOnly", "true"))},
        {"what": Lookup(since=NOW)},
        {"scope": Scope(account="999988887777", region=SCOPE.region, caller_arn="arn")},
    ]
    for other in others:
        with pytest.raises(InvalidNextToken):
            look(busy, **other, token=token)
    for text in tampered(token):
        with pytest.raises(InvalidNextToken):
            look(busy, token=text)


def test_events_say_what_they_are_about(busy: TrailHouse) -> None:
    oldest = look(busy).items[-1]
    assert [each.name for each in oldest.resources] == [PROFILE]
