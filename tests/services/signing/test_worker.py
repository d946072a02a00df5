"""What becomes of an accepted job."""

import os
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.services.signing.validity import Validity
from sealgate.services.signing.worker import LEASE, MAX_ATTEMPTS, SigningWorker
from sealgate.store import jobs as store
from sealgate.store import objects as object_store
from sealgate.store.blobs import Staging
from sealgate.store.jobs import Job
from sealgate.trust.keys import key_id
from sealgate.trust.roots import TrustRoots
from sealgate.x509.certificates import get_p384_key
from tests.support.signer import NOW, SCOPE, new_profile
from tests.support.signing import BUCKET, DESTINATION, SigningHouse, make_package

SECOND = timedelta(seconds=1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SigningHouse]:
    made = SigningHouse(tmp_path)
    yield made
    made.close()


@contextmanager
def running(worker: SigningWorker) -> Iterator[None]:
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def start(house: SigningHouse, **changes: Any) -> Job:
    return house.signing.start(SCOPE, house.ask(**changes))


def outcome(house: SigningHouse, job: Job) -> tuple[str, str | None]:
    found = house.signing.get(SCOPE, job.job_id)
    return found.status, found.status_reason


def wait_until_ended(house: SigningHouse, *jobs: Job) -> list[Job]:
    """Poll, as a waiter does, until jobs have ended; the deadline only keeps a broken test from hanging."""
    patience = threading.Event()
    for _ in range(2000):
        found = [house.signing.get(SCOPE, job.job_id) for job in jobs]
        if all(job.status != "InProgress" for job in found):
            return found
        patience.wait(0.005)
    pytest.fail("the jobs did not end")


def lease(house: SigningHouse, job: Job, *, owner: str, until: datetime, attempts: int = 1) -> None:
    with house.db.write() as tx:
        store.jobs.replace(tx, replace(job, lease_owner=owner, lease_until=until, attempts=attempts))


# Success.


def test_a_signed_package_verifies_and_says_what_the_job_says(house: SigningHouse) -> None:
    job = house.sign()
    signature = house.verify(house.signed_bytes(job))
    assert (signature.job_arn, signature.profile_version_arn) == (job.arn, house.profile.version_arn)
    assert signature.signing_time == job.signing_time == NOW.replace(microsecond=0)
    assert signature.expires_at == job.expires_at == datetime(2038, 2, 24, 9, 25, 49, tzinfo=UTC)
    assert house.revocation.find_vouching(signature) == job


def test_a_succeeded_job_says_so_and_where_the_package_is(house: SigningHouse) -> None:
    job = house.sign()
    assert (job.status, job.status_reason, job.completed_at) == ("Succeeded", "Signing Succeeded", NOW)
    assert job.signed_key == f"out/{job.job_id}.zip"
    signed = house.signed_object(job)
    assert (signed.blob, signed.attributes.content_type) == (job.signed_sha256, "application/zip")
    assert signed.size == len(house.signed_bytes(job))
    assert (job.lease_owner, job.lease_until) == (None, None)


def test_the_original_entries_are_not_touched(house: SigningHouse, tmp_path: Path) -> None:
    package = make_package("a.py", "b/", "b/c.py")
    job = house.sign(package)
    path = tmp_path / "signed.zip"
    path.write_bytes(house.signed_bytes(job))
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["a.py", "b/", "b/c.py", "META_INF/", "META_INF/aws_signer_signature_v1.0.SF"]
        assert archive.testzip() is None


@pytest.mark.parametrize(
    ("prefix", "key", "expected"),
    [
        ("", "app.zip", "{}.zip"),
        ("signed-", "app.zip", "signed-{}.zip"),
        ("dir/", "app.bin", "dir/{}.zip"),
        ("", "app", "{}.zip"),
    ],
)
def test_the_signed_key_is_prefix_job_id_and_zip(house: SigningHouse, prefix: str, key: str, expected: str) -> None:
    version_id = house.put(key, make_package())
    started = start(house, version_id=version_id, source_key=key, destination_prefix=prefix)
    assert house.worker.run_one()
    assert house.signing.get(SCOPE, started.job_id).signed_key == expected.format(started.job_id)


def test_source_and_destination_may_be_one_bucket(house: SigningHouse) -> None:
    job = house.sign(destination_bucket=BUCKET)
    assert job.signed_version == house.signed_object(job).version_id != "null"


@pytest.mark.parametrize(
    ("validity", "end"),
    [
        (Validity(value=1, unit="DAYS"), datetime(2026, 11, 25, 9, 25, 49, tzinfo=UTC)),
        (Validity(value=3, unit="MONTHS"), datetime(2027, 2, 24, 9, 25, 49, tzinfo=UTC)),
    ],
)
def test_expiry_is_counted_from_the_jobs_creation(house: SigningHouse, validity: Validity, end: datetime) -> None:
    house.profiles.put(SCOPE, new_profile("short", validity=validity))
    started = start(house, profile_name="short")
    house.clock.advance(hours=2)
    assert house.worker.run_one()
    job = house.signing.get(SCOPE, started.job_id)
    assert (job.expires_at, job.signing_time) == (end, house.clock().replace(microsecond=0))


# Failure.


@pytest.mark.parametrize(
    ("package", "text"),
    [
        (b"", "empty"),
        (b"PK\5\6" + bytes(18), "no entries"),
        (b"this is no ZIP archive at all, but some text", "not a ZIP archive"),
        (make_package()[:-1], "cut short"),
        (make_package("../escape.py"), "'../escape.py'"),
        (make_package("a.py", body=b"\0" * 100).replace(b"\0" * 100, b"\1" * 100), "entry 'a.py': .*checksum"),
    ],
    ids=["empty file", "no entries", "no ZIP", "cut short", "name", "checksum"],
)
def test_a_package_that_cannot_be_signed_fails_with_entry_and_rule(
    house: SigningHouse, package: bytes, text: str
) -> None:
    job = house.sign(package)
    assert job.status == "Failed"
    assert re.search(text, str(job.status_reason)), job.status_reason
    assert (job.completed_at, job.signed_key, job.expires_at, job.seal) == (NOW, None, None, None)
    with house.db.read() as tx:
        assert object_store.is_empty(tx, DESTINATION)


def test_a_signed_package_is_not_signed_again(house: SigningHouse) -> None:
    signed = house.signed_bytes(house.sign())
    assert "signed already" in str(house.sign(signed, client_request_token="again").status_reason)


def test_a_package_above_250_mib_fails(house: SigningHouse) -> None:
    staging = house.blobs.stage()
    os.truncate(staging.fileno(), (250 << 20) + 1)
    house.blobs.keep(staging, "ab" * 32)
    started = start(house)
    with house.db.write() as tx:
        store.jobs.replace(tx, replace(started, source_sha256="ab" * 32))
    assert house.worker.run_one()
    assert "at most 262144000" in str(outcome(house, started)[1])


def test_a_source_that_is_gone_fails(house: SigningHouse) -> None:
    started = start(house)
    house.blobs.path(started.source_sha256).unlink()
    assert house.worker.run_one()
    assert outcome(house, started) == ("Failed", "The source object's content is gone")


def test_a_destination_that_is_gone_fails(house: SigningHouse) -> None:
    house.make_bucket("short-lived")
    started = start(house, destination_bucket="short-lived")
    house.objects.buckets.delete(SCOPE, "short-lived")
    assert house.worker.run_one()
    assert outcome(house, started) == ("Failed", "Destination bucket short-lived: The specified bucket does not exist")


def test_a_destination_that_is_somebody_elses_by_now_is_not_written_to(house: SigningHouse) -> None:
    job = start(house)
    house.objects.buckets.delete(SCOPE, DESTINATION)
    house.clock.advance(seconds=1)
    stranger = replace(SCOPE, account="999988887777")
    house.objects.buckets.create(stranger, DESTINATION, location=SCOPE.region)
    assert house.worker.run_one()
    assert outcome(house, job) == ("Failed", f"Destination bucket {DESTINATION}: it was deleted and made anew")
    house.objects.buckets.delete(stranger, DESTINATION)


@pytest.mark.parametrize("end", ["cancel", "revoke"])
def test_a_job_is_not_signed_once_its_profile_has_ended(house: SigningHouse, end: str) -> None:
    started = start(house)
    if end == "cancel":
        house.profiles.cancel(SCOPE, "app")
    else:
        house.revocation.revoke_profile(SCOPE, "app", version=house.profile.version, reason="x", effective_from=NOW)
    assert house.worker.run_one()
    assert outcome(house, started) == ("Failed", "Signing profile app is no longer Active")


def test_nothing_is_signed_once_the_end_of_a_profile_was_acknowledged(
    house: SigningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, keep = start(house), house.blobs.keep

    def cancel_and_keep(staging: Staging, sha256: str) -> None:
        house.profiles.cancel(SCOPE, "app")
        keep(staging, sha256)

    monkeypatch.setattr(house.blobs, "keep", cancel_and_keep)
    assert house.worker.run_one()
    assert outcome(house, started) == ("Failed", "Signing profile app is no longer Active")
    with house.db.read() as tx:
        assert object_store.is_empty(tx, DESTINATION)


def test_a_job_does_not_succeed_unless_its_own_output_verifies_and_a_defect_is_told_to_the_log_only(
    house: SigningHouse, caplog: pytest.LogCaptureFixture
) -> None:
    started = start(house)
    house.roots = TrustRoots(roots=())
    assert house.make_worker().run_one()
    assert outcome(house, started) == ("Failed", "Internal error")
    assert any(record.exc_info for record in caplog.records)


def test_a_job_that_waited_beyond_its_own_expiry_fails(house: SigningHouse) -> None:
    house.profiles.put(SCOPE, new_profile("short", validity=Validity(value=1, unit="DAYS")))
    started = start(house, profile_name="short")
    house.clock.advance(days=1)
    assert house.worker.run_one()
    status, reason = outcome(house, started)
    assert status == "Failed"
    assert "expired before" in str(reason)


def test_a_job_fails_clearly_while_no_issuing_ca_can_sign(
    house: SigningHouse, caplog: pytest.LogCaptureFixture
) -> None:
    started = start(house)
    house.keys.destroy(key_id(get_p384_key(house.authority.root_certificate)))
    house.authority.retire(house.authority.issuing_certificate)
    assert house.worker.run_one()
    status, reason = outcome(house, started)
    assert status == "Failed"
    assert "cannot sign at present" in str(reason)
    assert "sealgate authority issue makes one" in caplog.text


# Leases.


def test_a_job_of_a_dead_worker_is_taken_up_again_when_its_lease_has_run_out(house: SigningHouse) -> None:
    started = start(house)
    lease(house, started, owner="another server", until=NOW + LEASE)
    assert not house.worker.run_one()
    house.clock.now = NOW + LEASE
    assert house.worker.run_one()
    assert outcome(house, started) == ("Succeeded", "Signing Succeeded")


def test_a_restarted_server_takes_its_own_jobs_up_at_once(house: SigningHouse) -> None:
    started = start(house)
    lease(house, started, owner="server", until=NOW + LEASE)
    with running(house.worker):
        (ended,) = wait_until_ended(house, started)
    assert (ended.status, ended.attempts) == ("Succeeded", 2)


def test_a_job_that_was_taken_up_too_often_is_given_up(house: SigningHouse) -> None:
    started = start(house)
    lease(house, started, owner="server", until=NOW, attempts=MAX_ATTEMPTS)
    assert house.worker.run_one()
    assert outcome(house, started) == ("Failed", "Internal error")


def test_a_worker_that_lost_its_job_to_another_changes_nothing(house: SigningHouse) -> None:
    started = start(house)
    lease(house, started, owner="slow server", until=NOW + LEASE)
    claimed = house.signing.get(SCOPE, started.job_id)
    house.clock.now = NOW + LEASE
    assert house.worker.run_one()
    ended = house.signing.get(SCOPE, started.job_id)
    house.make_runner().run(claimed)
    assert house.signing.get(SCOPE, started.job_id) == ended
    assert house.signed_object(ended).blob == ended.signed_sha256


def test_a_worker_whose_job_another_works_on_leaves_it_alone(house: SigningHouse) -> None:
    started = start(house)
    lease(house, started, owner="slow server", until=NOW)
    claimed = house.signing.get(SCOPE, started.job_id)
    lease(house, started, owner="quick server", until=NOW + LEASE, attempts=2)
    held = house.signing.get(SCOPE, started.job_id)
    house.make_runner().run(claimed)
    assert house.signing.get(SCOPE, started.job_id) == held
    with house.db.read() as tx:
        assert object_store.is_empty(tx, DESTINATION)


def test_leases_of_jobs_under_way_are_renewed(house: SigningHouse) -> None:
    started = start(house)
    claimed = house.worker._take()
    assert claimed is not None
    house.clock.advance(seconds=30)
    house.worker.renew_leases()
    found = house.signing.get(SCOPE, started.job_id)
    assert found.lease_until == house.clock() + LEASE
    house.clock.now = NOW + LEASE + SECOND
    assert not house.make_worker(name="other").run_one()


# The pool.


def test_started_jobs_are_done_by_the_pool_without_anyone_asking(house: SigningHouse) -> None:
    with running(house.worker):
        request = house.ask()
        started = [
            house.signing.start(SCOPE, replace(request, client_request_token=str(number))) for number in range(20)
        ]
        ended = wait_until_ended(house, *started)
    assert {job.status for job in ended} == {"Succeeded"}
    assert {job.attempts for job in ended} == {1}
    assert len({house.signed_object(job).key for job in ended}) == 20


def test_a_stopped_worker_gives_back_what_it_has_not_begun(house: SigningHouse) -> None:
    request = house.ask()
    for number in range(3):
        house.signing.start(SCOPE, replace(request, client_request_token=str(number)))
    with running(house.worker):
        pass
    with house.db.read() as tx:
        held = [job for job in store.jobs.select(tx) if job.lease_owner is not None]
    assert held == []


def test_blobs_of_waiting_jobs_are_referred_to(house: SigningHouse) -> None:
    started = start(house)
    with house.db.read() as tx:
        assert store.blob_references(tx) == {started.source_sha256}
    assert house.worker.run_one()
    with house.db.read() as tx:
        assert store.blob_references(tx) == set()


def test_one_worker_serves_every_account_and_region(house: SigningHouse) -> None:
    other = replace(SCOPE, account="999988887777", region="us-east-1")
    profile = house.profiles.put(other, new_profile("theirs"))
    house.objects.buckets.create(other, "their-bucket", location=None)
    ours = start(house)
    theirs = replace(
        ours,
        account=other.account,
        region=other.region,
        profile_name=profile.name,
        profile_version=profile.version,
        profile_version_arn=profile.version_arn,
        destination_bucket="their-bucket",
    )
    with house.db.write() as tx:
        store.jobs.insert(tx, theirs)
    assert house.worker.run_one()
    assert house.worker.run_one()
    assert not house.worker.run_one()
    assert house.signing.get(other, theirs.job_id).status == outcome(house, ours)[0] == "Succeeded"


def test_who_watches_a_job_sees_it_end(house: SigningHouse) -> None:
    with running(house.worker):
        job = start(house)
        while house.signing.watch(SCOPE, job.job_id).status == "InProgress":
            pass
        assert house.signing.watch(SCOPE, job.job_id).status == "Succeeded"


def test_nobody_waits_for_a_worker_that_does_not_work(house: SigningHouse) -> None:
    with running(house.worker):
        pass
    job = start(house)
    assert house.signing.watch(SCOPE, job.job_id).status == "InProgress"
