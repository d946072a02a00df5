import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sealgate.errors import Conflict, Invalid, NotFound
from sealgate.services.signing.profiles import ProfileService
from sealgate.services.signing.validity import Validity
from sealgate.store.database import Database
from tests.support.database import make_database
from tests.support.paging import collect
from tests.support.signer import NOW, SCOPE, MovableClock, new_profile

OTHER_REGION = replace(SCOPE, region="us-east-1")
OTHER_ACCOUNT = replace(SCOPE, account="999988887777")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def profiles(db: Database) -> ProfileService:
    return ProfileService(db=db, clock=MovableClock())


def names(
    profiles: ProfileService,
    *,
    include_canceled: bool = False,
    statuses: tuple[str, ...] = (),
    platform_id: str | None = None,
    limit: int = 25,
) -> list[str]:
    return [
        profile.name
        for profile in collect(
            lambda token: profiles.list(
                SCOPE,
                include_canceled=include_canceled,
                statuses=statuses,
                platform_id=platform_id,
                limit=limit,
                token=token,
            )
        )
    ]


def test_a_new_profile_is_active_with_a_random_version_and_the_longest_validity(profiles: ProfileService) -> None:
    made = profiles.put(SCOPE, new_profile("app", tags={"team": "red"}))
    assert profiles.get(SCOPE, "app") == made
    assert re.fullmatch(r"[a-zA-Z0-9]{10}", made.version)
    assert made.arn == "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/app"
    assert made.version_arn == f"{made.arn}/{made.version}"
    assert (made.status, made.validity_value, made.validity_type) == ("Active", 135, "MONTHS")
    assert (made.tags, made.created_at) == ({"team": "red"}, NOW)


def test_validity_is_kept_as_given(profiles: ProfileService) -> None:
    made = profiles.put(SCOPE, new_profile(validity=Validity(value=12, unit="MONTHS")))
    assert (made.validity_value, made.validity_type) == (12, "MONTHS")


def test_a_name_stays_taken_even_for_the_same_request_and_after_cancellation(profiles: ProfileService) -> None:
    profiles.put(SCOPE, new_profile("app"))
    for _ in range(2):
        with pytest.raises(Conflict, match=r"^Profile with name app already exists$") as taken:
            profiles.put(SCOPE, new_profile("app"))
        assert taken.value.reason == "ProfileAlreadyExists"
        profiles.cancel(SCOPE, "app")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"platform_id": "AmazonFreeRTOS-Default"}, "not available here"),
        ({"validity": Validity(value=136, unit="MONTHS")}, "validity"),
        ({"signing_parameters": {"a": "b"}}, "^Signing parameters should not be present when using AWSLambda-SHA384"),
        ({"certificate_arn": "arn:aws:acm:::c"}, "Signing material"),
        ({"has_overrides": True}, "Overrides"),
        ({"tags": {"sealgate:mode": "x"}}, "a signing profile can have sealgate:on-revocation only"),
        ({"tags": {str(n): "" for n in range(51)}}, "50 tags"),
    ],
)
def test_what_the_lambda_platform_cannot_have_is_refused(
    profiles: ProfileService, changes: dict[str, Any], text: str
) -> None:
    with pytest.raises(Invalid, match=text):
        profiles.put(SCOPE, new_profile(**changes))
    assert names(profiles) == []


def test_an_unknown_platform_is_not_found(profiles: ProfileService) -> None:
    with pytest.raises(NotFound, match="platform Nowhere"):
        profiles.put(SCOPE, new_profile(platform_id="Nowhere"))


@pytest.mark.parametrize("stranger", [OTHER_REGION, OTHER_ACCOUNT], ids=["region", "account"])
def test_a_profile_is_not_seen_from_another_account_or_region(profiles: ProfileService, stranger: object) -> None:
    made = profiles.put(SCOPE, new_profile("app"))
    other = OTHER_REGION if stranger is OTHER_REGION else OTHER_ACCOUNT
    for look in (
        lambda: profiles.get(other, "app"),
        lambda: profiles.cancel(other, "app"),
        lambda: profiles.tags(other, made.arn),
        lambda: profiles.tag(other, made.arn, {"a": "b"}),
    ):
        with pytest.raises(NotFound):
            look()
    assert profiles.put(other, new_profile("app")).version != made.version


def test_a_profile_is_looked_for_in_the_account_that_the_door_has_let_the_call_into(profiles: ProfileService) -> None:
    made = profiles.put(SCOPE, new_profile("app"))
    assert profiles.get(replace(SCOPE, account="999988887777"), "app", owner=SCOPE.account) == made
    with pytest.raises(NotFound):
        profiles.get(SCOPE, "app", owner="999988887777")


def test_canceling_is_final_and_repeatable(profiles: ProfileService) -> None:
    profiles.put(SCOPE, new_profile("app"))
    profiles.cancel(SCOPE, "app")
    profiles.cancel(SCOPE, "app")
    assert profiles.get(SCOPE, "app").status == "Canceled"
    with pytest.raises(NotFound, match=r"^Signing Profile with name ghost does not exist\.$") as missing:
        profiles.cancel(SCOPE, "ghost")
    assert missing.value.reason == "ProfileNotFound"


def test_lists_show_active_profiles_unless_asked_for_others(profiles: ProfileService) -> None:
    for name in ("bb", "aa", "cc"):
        profiles.put(SCOPE, new_profile(name))
    profiles.cancel(SCOPE, "bb")
    assert names(profiles) == ["aa", "cc"]
    assert names(profiles, include_canceled=True) == ["aa", "bb", "cc"]
    assert names(profiles, statuses=("Canceled",)) == ["bb"]
    assert names(profiles, statuses=("Canceled", "Active")) == ["aa", "bb", "cc"]
    assert names(profiles, statuses=("Revoked",), include_canceled=True) == []
    assert names(profiles, platform_id="AWSLambda-SHA384-ECDSA") == ["aa", "cc"]
    assert names(profiles, platform_id="Nowhere") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_of_profiles_join_to_the_whole(profiles: ProfileService, limit: int) -> None:
    for number in range(6):
        profiles.put(SCOPE, new_profile(f"p{number}"))
    assert names(profiles, limit=limit) == [f"p{number}" for number in range(6)]


def test_a_token_continues_only_the_list_that_gave_it(profiles: ProfileService) -> None:
    for scope in (SCOPE, OTHER_ACCOUNT, OTHER_REGION):
        for number in range(3):
            profiles.put(scope, new_profile(f"p{number}"))
    ask: dict[str, Any] = {"include_canceled": False, "statuses": (), "platform_id": None, "limit": 1}
    token = profiles.list(SCOPE, **ask, token=None).next_token
    assert profiles.list(SCOPE, **ask | {"limit": 2, "statuses": ("Active",)}, token=token).items[0].name == "p1"
    for scope, other in (
        (SCOPE, {"include_canceled": True}),
        (SCOPE, {"platform_id": "Nowhere"}),
        (OTHER_ACCOUNT, {}),
        (OTHER_REGION, {}),
    ):
        with pytest.raises(Invalid, match="token"):
            profiles.list(scope, **ask | other, token=token)


def test_tags_are_added_changed_and_removed(profiles: ProfileService) -> None:
    arn = profiles.put(SCOPE, new_profile("app", tags={"a": "1", "b": "2"})).arn
    profiles.tag(SCOPE, arn, {"b": "3", "c": "4"})
    profiles.untag(SCOPE, arn, ["a", "nothing"])
    assert profiles.tags(SCOPE, arn) == {"b": "3", "c": "4"}


def test_a_profile_has_fifty_tags_at_most_and_no_reserved_ones(profiles: ProfileService) -> None:
    arn = profiles.put(SCOPE, new_profile("app", tags={str(n): "" for n in range(50)})).arn
    profiles.tag(SCOPE, arn, {"0": "changed"})
    with pytest.raises(Invalid, match="50 tags"):
        profiles.tag(SCOPE, arn, {"more": ""})
    with pytest.raises(Invalid, match="Sealgate:mode"):
        profiles.tag(SCOPE, arn, {"Sealgate:mode": ""})


def test_the_tags_of_an_ended_profile_can_be_read_and_no_longer_changed(profiles: ProfileService) -> None:
    arn = profiles.put(SCOPE, new_profile("app", tags={"a": "1"})).arn
    profiles.cancel(SCOPE, "app")
    assert profiles.tags(SCOPE, arn) == {"a": "1"}
    with pytest.raises(Conflict, match="Canceled"):
        profiles.tag(SCOPE, arn, {"a": "2"})
    with pytest.raises(Conflict, match="Canceled"):
        profiles.untag(SCOPE, arn, ["a"])


@pytest.mark.parametrize(
    "arn",
    [
        "app",
        "arn:aws:signer:eu-west-1:111122223333:/signing-jobs/11111111-1111-4111-8111-111111111111",
        "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/app/AAAAAAAAAA",
        "arn:aws:lambda:eu-west-1:111122223333:/signing-profiles/app",
    ],
)
def test_nothing_but_a_profile_has_tags(profiles: ProfileService, arn: str) -> None:
    profiles.put(SCOPE, new_profile("app"))
    with pytest.raises(Invalid):
        profiles.tags(SCOPE, arn)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/ghost",
        "arn:aws-cn:signer:eu-west-1:111122223333:/signing-profiles/app",
        "arn:aws:signer:eu-west-1::/signing-profiles/app",
    ],
)
def test_a_profile_that_is_not_the_callers_is_not_found_by_its_arn(profiles: ProfileService, arn: str) -> None:
    profiles.put(SCOPE, new_profile("app"))
    with pytest.raises(NotFound):
        profiles.tags(SCOPE, arn)
