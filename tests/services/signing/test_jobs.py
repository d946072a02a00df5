"""Signing jobs as callers see them: asked for, answered, listed. The work itself: test_signing_worker.py."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.errors import Conflict, Invalid, NotFound, SealgateError
from sealgate.services.objects.service import ObjectName
from sealgate.services.paging import ListTokens, encode_token
from sealgate.services.signing.service import SigningService
from sealgate.store.jobs import Job, JobFilter
from tests.support.paging import collect
from tests.support.signer import NOW, SCOPE, new_profile
from tests.support.signing import BUCKET, DESTINATION, SigningHouse, make_package

STRANGER = replace(SCOPE, account="999988887777", caller_arn="arn:aws:iam::999988887777:root")
THIRD = replace(SCOPE, account="123456789012", caller_arn="arn:aws:iam::123456789012:root")
ELSEWHERE = replace(SCOPE, region="us-east-1")


EVERY_JOB = ListTokens("jobs", SCOPE.account, SCOPE.region, JobFilter())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SigningHouse]:
    made = SigningHouse(tmp_path)
    yield made
    made.close()


def jobs(house: SigningHouse, *, limit: int = 25, **conditions: Any) -> list[Job]:
    where = JobFilter(**conditions)
    return collect(lambda token: house.signing.list(SCOPE, where, limit=limit, token=token))


# Starting.


def test_a_started_job_is_in_progress_and_found_at_once(house: SigningHouse) -> None:
    started = house.signing.start(SCOPE, house.ask())
    assert house.signing.get(SCOPE, started.job_id) == started
    assert (started.status, started.created_at, started.requested_by) == ("InProgress", NOW, SCOPE.caller_arn)
    assert (started.account, started.invoker_account) == (SCOPE.account, SCOPE.account)
    assert started.profile_version_arn == house.profile.version_arn
    assert (started.completed_at, started.expires_at, started.signed_key, started.status_reason) == (None,) * 4


def test_the_same_request_with_the_same_token_is_answered_and_not_done_again(house: SigningHouse) -> None:
    request = house.ask()
    first = house.signing.start(SCOPE, request)
    assert house.worker.run_one()
    house.profiles.cancel(SCOPE, "app")
    assert house.signing.start(SCOPE, request).job_id == first.job_id
    assert len(jobs(house)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"destination_prefix": "other/"},
        {"destination_bucket": BUCKET},
        {"source_key": "other.zip"},
        {"source_bucket": DESTINATION},
        {"source_version": "other"},
        {"profile_name": "other"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_token_used_for_another_request_is_refused(house: SigningHouse, changes: dict[str, Any]) -> None:
    request = house.ask()
    house.signing.start(SCOPE, request)
    with pytest.raises(Invalid, match="clientRequestToken") as refused:
        house.signing.start(SCOPE, replace(request, **changes))
    assert refused.value.reason == "IdempotentParameterMismatch"


def test_eight_threads_with_one_token_make_one_job(house: SigningHouse) -> None:
    request = house.ask()
    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(lambda _: house.signing.start(SCOPE, request), range(8)))
    assert len({job.job_id for job in started}) == 1
    assert len(jobs(house)) == 1


def test_a_token_belongs_to_one_account_and_region(house: SigningHouse) -> None:
    house.signing.start(SCOPE, house.ask())
    with pytest.raises(NotFound, match="profile with name app"):
        house.signing.start(STRANGER, house.ask())


@pytest.mark.parametrize("token", ["", "x" * 2049, "a\0b", "a\nb"])
def test_a_token_is_printable_and_not_too_long(house: SigningHouse, token: str) -> None:
    with pytest.raises(Invalid, match="clientRequestToken"):
        house.signing.start(SCOPE, house.ask(client_request_token=token))


def test_a_missing_profile_is_worded_as_aws_words_it_here(house: SigningHouse) -> None:
    with pytest.raises(NotFound, match=r"^profile with name ghost does not exist$") as missing:
        house.signing.start(SCOPE, house.ask(profile_name="ghost"))
    assert missing.value.reason == "ProfileNotFound"


@pytest.mark.parametrize("status", ["Canceled", "Revoked"])
def test_an_ended_profile_signs_no_more(house: SigningHouse, status: str) -> None:
    if status == "Canceled":
        house.profiles.cancel(SCOPE, "app")
    else:
        house.revocation.revoke_profile(SCOPE, "app", version=house.profile.version, reason="lost", effective_from=NOW)
    with pytest.raises(Conflict, match=f"with a profile in {status} state") as refused:
        house.signing.start(SCOPE, house.ask())
    assert refused.value.reason == "ProfileNotActive"


def test_a_profile_that_ends_while_a_job_is_looked_at_signs_no_more(
    house: SigningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, look = house.ask(), house.objects.get_version

    def cancel_and_look(*place: Any) -> Any:
        house.profiles.cancel(SCOPE, "app")
        return look(*place)

    monkeypatch.setattr(house.objects, "get_version", cancel_and_look)
    with pytest.raises(Conflict, match="Canceled"):
        house.signing.start(SCOPE, request)
    assert jobs(house) == []


def test_an_accepted_job_is_announced_once_it_is_there_and_an_answered_one_is_not(house: SigningHouse) -> None:
    announced: list[int] = []
    signing = SigningService(
        db=house.db,
        objects=house.objects,
        clock=house.clock,
        wake=lambda: announced.append(len(jobs(house))),
        await_end=house.worker.await_end,
    )
    request = house.ask()
    for _ in range(2):
        signing.start(SCOPE, request)
    assert announced == [1]


def test_a_job_of_another_accounts_profile_belongs_to_that_account_and_is_shown_to_both(house: SigningHouse) -> None:
    job = house.signing.start(STRANGER, house.ask(), owner=SCOPE.account)
    assert (job.account, job.invoker_account, job.requested_by) == (
        SCOPE.account,
        STRANGER.account,
        STRANGER.caller_arn,
    )
    for scope in (SCOPE, STRANGER):
        assert house.signing.get(scope, job.job_id) == job
        assert house.signing.list(scope, JobFilter(), limit=25, token=None).items == (job,)
    with pytest.raises(NotFound):
        house.signing.get(replace(STRANGER, region="us-east-1"), job.job_id)
    with pytest.raises(NotFound):
        house.signing.get(THIRD, job.job_id)


def test_a_token_is_the_callers_own(house: SigningHouse) -> None:
    version = house.put("app.zip", make_package())
    own = house.signing.start(SCOPE, house.ask(version))
    foreign = house.signing.start(STRANGER, house.ask(version), owner=SCOPE.account)
    assert own.job_id != foreign.job_id
    assert house.signing.start(STRANGER, house.ask(version), owner=SCOPE.account) == foreign
    with pytest.raises(Invalid, match="with other parameters"):
        house.signing.start(STRANGER, house.ask(version), owner=STRANGER.account)


@pytest.mark.parametrize(
    ("changes", "kind", "text"),
    [
        ({"source_bucket": "ghost"}, Invalid, r"^Source object s3://ghost/app.zip .*bucket does not exist"),
        ({"source_key": "ghost.zip"}, Invalid, r"ghost.zip .*version does not exist"),
        ({"source_version": "ghost"}, Invalid, r"version ghost.*version does not exist"),
        ({"source_version": "null"}, Invalid, r"version null.*version does not exist"),
        ({"source_bucket": DESTINATION}, Invalid, r"is not versioned"),
        ({"destination_bucket": "ghost"}, Invalid, r"^Destination bucket ghost: .*does not exist"),
        ({"destination_prefix": "x" * 985}, Invalid, r"prefix is too long"),
        ({"destination_prefix": "é" * 493}, Invalid, r"prefix is too long"),
    ],
)
def test_places_that_cannot_be_used_are_refused_at_once(
    house: SigningHouse, changes: dict[str, Any], kind: type[SealgateError], text: str
) -> None:
    with pytest.raises(kind, match=text):
        house.signing.start(SCOPE, house.ask(**changes))
    assert jobs(house) == []


def test_buckets_of_another_region_are_refused(house: SigningHouse) -> None:
    house.objects.buckets.create(ELSEWHERE, "far-away", location=None)
    for member in ("source_bucket", "destination_bucket"):
        with pytest.raises(Invalid, match="another region, us-east-1"):
            house.signing.start(SCOPE, house.ask(**{member: "far-away"}))


def test_a_delete_marker_cannot_be_signed(house: SigningHouse) -> None:
    house.put("app.zip", make_package())
    deleted = house.objects.delete(SCOPE, ObjectName(bucket=BUCKET, key="app.zip"))
    assert deleted.version_id is not None
    with pytest.raises(
        Invalid, match=r"^Source object s3://packages/app.zip .* is a delete marker and has no content$"
    ):
        house.signing.start(SCOPE, house.ask(deleted.version_id))


def test_the_version_null_of_a_suspended_bucket_can_be_signed(house: SigningHouse) -> None:
    house.objects.buckets.set_versioning(SCOPE, BUCKET, "Suspended")
    assert house.put("app.zip", make_package()) == "null"
    assert house.signing.start(SCOPE, house.ask("null")).source_version == "null"


def test_the_longest_prefix_that_fits_is_accepted(house: SigningHouse) -> None:
    assert house.sign(destination_prefix="x" * 984).status == "Succeeded"


# Looking.


@pytest.mark.parametrize("job_id", ["11111111-1111-4111-8111-111111111111", "with-payload", "", "\0"])
def test_an_unknown_job_is_not_found(house: SigningHouse, job_id: str) -> None:
    with pytest.raises(NotFound) as missing:
        house.signing.get(SCOPE, job_id)
    assert missing.value.reason == "JobNotFound"


@pytest.mark.parametrize("scope", [STRANGER, ELSEWHERE], ids=["account", "region"])
def test_a_job_is_not_seen_from_another_account_or_region(house: SigningHouse, scope: Any) -> None:
    started = house.signing.start(SCOPE, house.ask())
    with pytest.raises(NotFound):
        house.signing.get(scope, started.job_id)
    assert house.signing.list(scope, JobFilter(), limit=25, token=None).items == ()


@pytest.mark.parametrize("limit", [1, 2, 5, 25])
def test_pages_of_jobs_join_to_the_whole_newest_first(house: SigningHouse, limit: int) -> None:
    started = []
    for number in range(5):
        started.append(house.signing.start(SCOPE, house.ask(client_request_token=str(number))))
        house.clock.advance(seconds=number % 2)  # some are as old as their neighbour
    found = jobs(house, limit=limit)
    assert {job.job_id for job in found} == {job.job_id for job in started}
    assert [job.created_at for job in found] == sorted((job.created_at for job in started), reverse=True)


def test_jobs_are_filtered_by_every_condition_and_by_all_together(house: SigningHouse) -> None:
    good = house.sign(client_request_token="good")
    bad = house.sign(b"no ZIP", client_request_token="bad")
    waiting = house.signing.start(SCOPE, house.ask(client_request_token="waiting"))
    house.revocation.revoke_signature(SCOPE, good.job_id, reason="malware")
    assert good.expires_at is not None
    expected: list[tuple[dict[str, Any], set[str]]] = [
        ({"status": "Succeeded"}, {good.job_id}),
        ({"status": "Failed"}, {bad.job_id}),
        ({"status": "InProgress"}, {waiting.job_id}),
        ({"platform_id": "AWSLambda-SHA384-ECDSA"}, {good.job_id, bad.job_id, waiting.job_id}),
        ({"platform_id": "Nowhere"}, set()),
        ({"requested_by": SCOPE.caller_arn, "status": "Failed"}, {bad.job_id}),
        ({"requested_by": "somebody"}, set()),
        ({"invoker_account": SCOPE.account, "status": "Succeeded"}, {good.job_id}),
        ({"invoker_account": "999988887777"}, set()),
        ({"is_revoked": True}, {good.job_id}),
        ({"is_revoked": False}, {bad.job_id, waiting.job_id}),
        ({"expires_before": good.expires_at + timedelta(seconds=1)}, {good.job_id}),
        ({"expires_before": good.expires_at}, set()),
        ({"expires_after": good.expires_at - timedelta(seconds=1)}, {good.job_id}),
        ({"expires_after": good.expires_at}, set()),
        ({"is_revoked": True, "status": "Failed"}, set()),
    ]
    for conditions, ids in expected:
        assert {job.job_id for job in jobs(house, **conditions)} == ids, conditions


@pytest.mark.parametrize(
    "token",
    [
        "",
        "!",
        encode_token(NOW.isoformat(), "x"),
        EVERY_JOB.encode("one"),
        EVERY_JOB.encode("yesterday", "x"),
        EVERY_JOB.encode("2026-01-01", "x"),
        EVERY_JOB.encode(NOW.isoformat(), "\0"),
    ],
)
def test_a_token_that_was_not_given_out_is_refused(house: SigningHouse, token: str) -> None:
    with pytest.raises(Invalid, match="token"):
        house.signing.list(SCOPE, JobFilter(), limit=1, token=token)


def test_a_token_continues_only_the_list_that_gave_it(house: SigningHouse) -> None:
    for number in range(3):
        house.signing.start(SCOPE, house.ask(client_request_token=str(number)))
    token = house.signing.list(SCOPE, JobFilter(), limit=1, token=None).next_token
    assert len(house.signing.list(SCOPE, JobFilter(), limit=2, token=token).items) == 2
    for scope, where in ((SCOPE, JobFilter(status="InProgress")), (STRANGER, JobFilter()), (ELSEWHERE, JobFilter())):
        with pytest.raises(Invalid, match="token"):
            house.signing.list(scope, where, limit=1, token=token)


def test_what_is_signed_is_what_the_version_held_when_the_job_was_accepted(house: SigningHouse) -> None:
    request = house.ask(house.put("app.zip", make_package("first.py")))
    started = house.signing.start(SCOPE, request)
    name = ObjectName(bucket=BUCKET, key="app.zip", version_id=request.source_version)
    house.objects.delete(SCOPE, name)
    assert house.worker.run_one()
    job = house.signing.get(SCOPE, started.job_id)
    assert b"first.py" in house.signed_bytes(job)


def test_profiles_with_a_hyphen_sign_too(house: SigningHouse) -> None:
    house.profiles.put(SCOPE, new_profile("my-signer-profile"))
    assert house.sign(profile_name="my-signer-profile").status == "Succeeded"
