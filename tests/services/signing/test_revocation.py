from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.arn import job_arn
from sealgate.errors import Conflict, Invalid, NotFound, SealgateError
from sealgate.services.signing.platforms import LAMBDA_PLATFORM
from sealgate.services.signing.profiles import ProfileService
from sealgate.services.signing.revocation import RevocationService, StatusQuery
from sealgate.store import jobs as job_store
from sealgate.store.database import Database
from sealgate.store.jobs import Job
from sealgate.store.profiles import Profile
from sealgate.values import replace
from tests.support.database import make_database
from tests.support.signer import NOW, SCOPE, SEAL, MovableClock, a_job, a_signature, new_profile

STRANGER = replace(SCOPE, account="999988887777")
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


class House:
    """A profile and a job that it has signed, an hour ago, with the services about them."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.clock = MovableClock(NOW - HOUR)
        self.profiles = ProfileService(db=db, clock=self.clock)
        self.revocation = RevocationService(db=db, clock=self.clock, strict_aws=False)
        self.profile = self.profiles.put(SCOPE, new_profile("app"))
        self.job = self.add_job()
        self.clock.now = NOW

    def add_job(self, **changes: Any) -> Job:
        signed = self.clock.now.replace(microsecond=0)
        job = a_job(
            **{
                "profile_version": self.profile.version,
                "profile_version_arn": self.profile.version_arn,
                "signing_time": signed,
                "expires_at": signed + timedelta(days=1),
            }
            | changes
        )
        with self.db.write() as tx:
            job_store.jobs.insert(tx, job)
        return job

    def stored_job(self) -> Job:
        with self.db.read() as tx:
            job = job_store.jobs.find(tx, account=self.job.account, region=self.job.region, job_id=self.job.job_id)
        assert job is not None
        return job

    def stored_profile(self) -> Profile:
        return self.profiles.get(SCOPE, "app")

    def revoke_profile(self, effective_from: datetime, *, reason: str = "key lost") -> None:
        self.revocation.revoke_profile(
            SCOPE, "app", version=self.profile.version, reason=reason, effective_from=effective_from
        )

    def status(self, **changes: Any) -> tuple[str, ...]:
        query = StatusQuery(
            platform_id=LAMBDA_PLATFORM,
            profile_version_arn=self.profile.version_arn,
            job_arn=self.job.arn,
            signing_time=a_signature(self.job).signing_time,
            certificate_hashes=("00" * 96,),
        )
        return self.revocation.status(SCOPE, replace(query, **changes))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database = make_database(tmp_path)
    yield House(database)
    database.close()


# Signatures.


def test_a_revoked_signature_says_when_by_whom_and_why_and_the_job_stays_succeeded(house: House) -> None:
    house.revocation.revoke_signature(SCOPE, house.job.job_id, reason="malware")
    revoked = house.stored_job()
    assert (revoked.revoked_at, revoked.revoked_by, revoked.revocation_reason) == (NOW, SCOPE.caller_arn, "malware")
    assert revoked.status == "Succeeded"


def test_revoking_a_signature_again_succeeds_and_keeps_the_first_record(house: House) -> None:
    house.revocation.revoke_signature(SCOPE, house.job.job_id, reason="malware")
    first = house.stored_job()
    house.clock.advance(hours=1)
    house.revocation.revoke_signature(SCOPE, house.job.job_id, reason="other")
    assert house.stored_job() == first


@pytest.mark.parametrize("status", ["InProgress", "Failed"])
def test_a_job_without_a_signature_cannot_be_revoked(house: House, status: str) -> None:
    other = house.add_job(job_id="22222222-2222-4222-8222-222222222222", client_request_token="other", status=status)
    with pytest.raises(Conflict, match=status):
        house.revocation.revoke_signature(SCOPE, other.job_id, reason="malware")


@pytest.mark.parametrize("job_id", ["22222222-2222-4222-8222-222222222222", "", "x\0", "../jobs"])
def test_an_unknown_job_cannot_be_revoked(house: House, job_id: str) -> None:
    with pytest.raises(NotFound):
        house.revocation.revoke_signature(SCOPE, job_id, reason="malware")


def test_nobody_else_can_revoke_a_signature(house: House) -> None:
    with pytest.raises(NotFound):
        house.revocation.revoke_signature(STRANGER, house.job.job_id, reason="malice")
    assert house.stored_job().revoked_at is None


def test_whom_the_door_lets_into_an_account_may_revoke_there(house: House) -> None:
    house.revocation.revoke_signature(STRANGER, house.job.job_id, reason="malware", owner=SCOPE.account)
    assert house.stored_job().revoked_by == STRANGER.caller_arn


# Profiles.


def test_a_revoked_profile_says_when_by_whom_why_and_from_when_on(house: House) -> None:
    house.revoke_profile(NOW - HOUR)
    revoked = house.stored_profile()
    assert (revoked.status, revoked.revocation_effective_from, revoked.revoked_at) == ("Revoked", NOW - HOUR, NOW)
    assert (revoked.revoked_by, revoked.revocation_reason) == (SCOPE.caller_arn, "key lost")


def test_a_revocation_can_take_effect_earlier_and_never_later(house: House) -> None:
    house.revoke_profile(NOW - HOUR)
    first = house.stored_profile()
    house.clock.advance(hours=1)
    house.revoke_profile(NOW - HOUR, reason="again")
    assert house.stored_profile() == first
    house.revoke_profile(NOW - 2 * HOUR, reason="again")
    assert house.stored_profile() == replace(first, revocation_effective_from=NOW - 2 * HOUR)
    with pytest.raises(Conflict, match="earlier"):
        house.revoke_profile(NOW - HOUR)


def test_a_canceled_profile_can_be_revoked_and_a_revoked_one_not_canceled(house: House) -> None:
    house.profiles.cancel(SCOPE, "app")
    house.revoke_profile(NOW)
    assert house.stored_profile().status == "Revoked"
    with pytest.raises(Conflict) as refused:
        house.profiles.cancel(SCOPE, "app")
    assert refused.value.message == (
        "Signing Profile app cannot be canceled because it has been revoked. A revoked profile cannot be canceled."
    )


@pytest.mark.parametrize(
    ("changes", "kind", "text"),
    [
        ({"effective_from": NOW + SECOND}, Invalid, "future"),
        ({"version": "BBBBBBBBBB"}, NotFound, "Version BBBBBBBBBB does not exist for SigningProfile app."),
        ({"name": "ghost"}, NotFound, "ghost"),
        ({"scope": STRANGER}, NotFound, "app"),
    ],
    ids=["future", "version", "name", "account"],
)
def test_a_profile_is_not_revoked_when(
    house: House, changes: dict[str, Any], kind: type[SealgateError], text: str
) -> None:
    call: dict[str, Any] = {
        "scope": SCOPE,
        "name": "app",
        "version": house.profile.version,
        "reason": "key lost",
        "effective_from": NOW,
    }
    with pytest.raises(kind, match=text):
        house.revocation.revoke_profile(**(call | changes))
    assert house.stored_profile().status == "Active"


# Who knows.


def test_nothing_revokes_a_signature_before_it_is_revoked(house: House) -> None:
    assert house.revocation.knowledge().find_revocation(a_signature(house.job)) is None
    assert house.status() == ()


def test_a_revoked_job_revokes_its_signature_and_no_other(house: House) -> None:
    house.revocation.revoke_signature(SCOPE, house.job.job_id, reason="malware")
    knowledge = house.revocation.knowledge()
    found = knowledge.find_revocation(a_signature(house.job))
    assert found is not None
    assert (found.subject, found.arn, found.reason) == ("job", house.job.arn, "malware")
    for other in (
        house.job.arn.replace("eu-west-1", "us-east-1"),
        house.job.arn.replace("arn:aws:", "arn:aws-cn:"),
        house.job.arn + "/",
        "not an ARN",
    ):
        assert knowledge.find_revocation(a_signature(house.job, job_arn=other)) is None


@pytest.mark.parametrize(
    ("since_signed", "is_revoked"),
    [(-SECOND, True), (timedelta(0), False), (SECOND, False)],
    ids=["made after the effective time", "made at the effective time", "made before the effective time"],
)
def test_a_revoked_profile_revokes_what_it_signed_strictly_later(
    house: House, since_signed: timedelta, *, is_revoked: bool
) -> None:
    signature = a_signature(house.job)
    house.revoke_profile(signature.signing_time + since_signed)
    found = house.revocation.knowledge().find_revocation(signature)
    assert (found is not None) == is_revoked
    assert house.status() == ((house.profile.version_arn,) if is_revoked else ())


def test_a_revoked_profile_does_not_revoke_another_version_of_its_name(house: House) -> None:
    house.revoke_profile(NOW - 2 * HOUR)
    other = house.profile.arn + "/BBBBBBBBBB"
    signature = a_signature(house.job, profile_version_arn=other)
    assert house.revocation.knowledge().find_revocation(signature) is None
    assert house.status(profile_version_arn=other) == ()


# GetRevocationStatus.


def test_the_status_names_everything_that_is_revoked(house: House) -> None:
    house.revocation.revoke_signature(SCOPE, house.job.job_id, reason="malware")
    house.revoke_profile(NOW - 2 * HOUR)
    assert house.status() == (house.profile.version_arn, house.job.arn)
    assert house.status(platform_id="Notation-OCI-SHA384-ECDSA") == (house.profile.version_arn, house.job.arn)


@pytest.mark.parametrize("platform_id", ["AmazonFreeRTOS-Default", "Nowhere"])
def test_the_status_of_a_platform_without_revocation_cannot_be_asked(house: House, platform_id: str) -> None:
    with pytest.raises(Invalid, match=f"^Invalid platformId: {platform_id}$"):
        house.status(platform_id=platform_id)


def test_under_strict_aws_the_lambda_platform_is_refused_as_aws_refuses_it(house: House) -> None:
    house.revocation = RevocationService(db=house.db, clock=house.clock, strict_aws=True)
    with pytest.raises(Invalid, match=r"^Invalid platformId: AWSLambda-SHA384-ECDSA$"):
        house.status()


@pytest.mark.parametrize("member", ["job_arn", "profile_version_arn"])
@pytest.mark.parametrize(
    "arn",
    [
        "x",
        "arn:aws:lambda:eu-west-1:111122223333:function:f",
        job_arn("cn-north-1", SCOPE.account, "j"),
        "arn:aws-cn:signer:cn-north-1:111122223333:/signing-profiles/app/AAAAAAAAAA",
        "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/app",
    ],
)
def test_the_status_of_an_arn_that_is_not_the_partitions_signers_is_refused(
    house: House, member: str, arn: str
) -> None:
    with pytest.raises(Invalid, match="ARN"):
        house.status(**{member: arn})


def test_names_of_the_wrong_kind_are_refused_and_not_called_good(house: House) -> None:
    house.revocation.revoke_signature(SCOPE, house.job.job_id, reason="malware")
    for wrong in ({"job_arn": house.profile.version_arn}, {"profile_version_arn": house.job.arn}):
        with pytest.raises(Invalid, match="is not the ARN of"):
            house.status(**wrong)


@pytest.mark.parametrize("name", ["", "0" * 2049])
def test_the_name_of_a_certificate_has_the_models_length(house: House, name: str) -> None:
    with pytest.raises(Invalid, match="certificateHashes"):
        house.status(certificate_hashes=("00" * 96, name))
    assert house.status(certificate_hashes=("00" * 96, "0" * 2048)) == ()


def test_the_tutorials_spelling_of_a_version_is_answered_as_it_was_asked(house: House) -> None:
    house.revoke_profile(NOW - 2 * HOUR)
    spelled = f"{house.profile.arn}/versions/{house.profile.version}"
    assert house.status(profile_version_arn=spelled) == (spelled,)
    house.revocation = RevocationService(db=house.db, clock=house.clock, strict_aws=True)
    with pytest.raises(Invalid, match="is not the ARN of a version of a signing profile"):
        house.status(profile_version_arn=spelled, platform_id="Notation-OCI-SHA384-ECDSA")


# Vouching.


def test_a_job_vouches_for_the_signature_that_it_made(house: House) -> None:
    assert house.revocation.find_vouching(a_signature(house.job)) == house.job


@pytest.mark.parametrize(
    "altered",
    [
        lambda job: a_signature(job, job_arn=job.arn.replace("1111-4111", "2222-4111")),
        lambda job: a_signature(job, job_arn=job.arn.replace("arn:aws:", "arn:aws-cn:")),
        lambda job: a_signature(job, profile_version_arn=job.profile_version_arn[:-1] + "-"),
        lambda job: a_signature(job, signing_time=job.signing_time - SECOND),
        lambda job: a_signature(job, expires_at=job.expires_at + SECOND),
        lambda job: a_signature(job, seal=replace(SEAL, entries=4)),
        lambda job: a_signature(job, seal=None),
    ],
    ids=["job", "partition", "profile version", "signing time", "expiry", "seal", "no seal"],
)
def test_no_job_vouches_for_a_signature_with_another(house: House, altered: Callable[[Job], Any]) -> None:
    assert house.revocation.find_vouching(altered(house.job)) is None


@pytest.mark.parametrize("status", ["InProgress", "Failed"])
def test_a_job_that_has_not_succeeded_vouches_for_nothing(house: House, status: str) -> None:
    job = house.add_job(job_id="22222222-2222-4222-8222-222222222222", client_request_token="other", status=status)
    assert house.revocation.find_vouching(a_signature(job)) is None


# The list.


def test_the_revocation_list_holds_everything_and_judges_as_the_database_does(house: House) -> None:
    empty = house.revocation.revocation_list(valid_for=timedelta(days=7))
    assert (empty.jobs, empty.profile_versions) == ((), ())
    assert empty.issued_at == NOW.replace(microsecond=0)
    assert empty.next_update - empty.issued_at == timedelta(days=7)
    house.revocation.revoke_signature(SCOPE, house.job.job_id, reason="malware")
    house.revoke_profile(NOW - 2 * HOUR)
    full = house.revocation.revocation_list(valid_for=timedelta(days=7))
    assert [entry.arn for entry in full.jobs] == [house.job.arn]
    assert [entry.arn for entry in full.profile_versions] == [house.profile.version_arn]
    for signature in (a_signature(house.job), a_signature(house.job, job_arn="other")):
        assert full.find_revocation(signature) == house.revocation.knowledge().find_revocation(signature) is not None
