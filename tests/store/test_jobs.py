from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from sealgate.store import jobs as store
from sealgate.store.database import Database
from sealgate.store.jobs import Job, JobFilter
from sealgate.store.schema import metadata
from tests.support.signer import NOW, a_job

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx)


def job(number: int, **changes: Any) -> Job:
    """Make a job that is told apart by a number, each a second younger than the one before."""
    text = str(number)
    return replace(
        a_job(job_id=text, client_request_token=text, source_sha256=text, created_at=NOW + number * SECOND), **changes
    )


def waiting(number: int, **changes: Any) -> Job:
    return job(number, status="InProgress", **changes)


def insert(database: Database, *jobs: Job) -> None:
    with database.write() as tx:
        for each in jobs:
            store.jobs.insert(tx, each)


def listed(database: Database, where: JobFilter | None = None, *, before: Job | None = None) -> list[str]:
    position = None if before is None else (before.created_at, before.job_id)
    with database.read() as tx:
        found = store.list_jobs(
            tx, account=job(0).account, region=job(0).region, where=where or JobFilter(), before=position, limit=25
        )
    return [each.job_id for each in found]


def test_a_job_comes_back_as_it_was_inserted(database: Database) -> None:
    inserted = [job(1), waiting(2, lease_owner="me", lease_until=NOW, attempts=3, signing_time=None, seal=None)]
    insert(database, *inserted)
    with database.read() as tx:
        for each in inserted:
            assert store.jobs.find(tx, account=each.account, region=each.region, job_id=each.job_id) == each
            token = each.client_request_token
            assert store.find_job_by_token(tx, invoker=each.account, region=each.region, token=token) == each
        assert store.find_job_by_token(tx, invoker=job(1).account, region="elsewhere", token="1") is None


def test_jobs_are_listed_newest_first_and_on_from_any_position_even_between_equal_times(database: Database) -> None:
    insert(database, *(job(number, created_at=NOW + (number // 2) * SECOND) for number in range(5)))
    assert listed(database) == ["4", "3", "2", "1", "0"]
    for number in range(5):
        position = job(number, created_at=NOW + (number // 2) * SECOND)
        assert listed(database, before=position) == [str(older) for older in reversed(range(number))]


def test_the_jobs_that_an_account_has_asked_for_stand_among_its_own_in_order(database: Database) -> None:
    mine, other = job(0).account, "999988887777"
    foreign = job(1, account=other)
    insert(database, job(0), foreign, job(2, invoker_account=other), job(3, account=other, invoker_account=other))
    assert listed(database) == ["2", "1", "0"]
    assert listed(database, before=job(2)) == ["1", "0"]
    with database.read() as tx:
        find = partial(store.find_invoked_job, tx, region=foreign.region)
        assert find(invoker=mine, job_id="1") == foreign
        assert find(invoker=mine, job_id="0") is None
        assert find(invoker=other, job_id="3") is None


def test_every_condition_of_a_filter_counts(database: Database) -> None:
    revoked = job(2, revoked_at=NOW, expires_at=NOW + SECOND)
    insert(database, job(0), waiting(1, expires_at=None, requested_by="other"), revoked)
    assert listed(database, JobFilter(status="Succeeded")) == ["2", "0"]
    assert listed(database, JobFilter(requested_by="other")) == ["1"]
    assert listed(database, JobFilter(invoker_account="nobody")) == []
    assert listed(database, JobFilter(platform_id="nowhere")) == []
    assert listed(database, JobFilter(is_revoked=True)) == ["2"]
    assert listed(database, JobFilter(is_revoked=False)) == ["1", "0"]
    assert listed(database, JobFilter(expires_before=NOW + 2 * SECOND)) == ["2"]
    assert listed(database, JobFilter(expires_after=NOW + 2 * SECOND)) == ["0"]
    assert listed(database, JobFilter(is_revoked=True, status="InProgress")) == []


def test_waiting_jobs_are_those_without_a_living_worker_the_oldest_first(database: Database) -> None:
    insert(
        database,
        waiting(3),
        waiting(1),
        waiting(2, lease_owner="dead", lease_until=NOW),
        waiting(4, lease_owner="alive", lease_until=NOW + SECOND),
        job(5),
    )
    with database.read() as tx:
        assert [each.job_id for each in store.list_waiting_jobs(tx, now=NOW, limit=9)] == ["1", "2", "3"]
        assert [each.job_id for each in store.list_waiting_jobs(tx, now=NOW, limit=1)] == ["1"]


def test_leases_are_renewed_and_released_for_their_owner_only(database: Database) -> None:
    mine, theirs = (waiting(number, lease_owner=owner, lease_until=NOW) for number, owner in ((1, "me"), (2, "they")))
    insert(database, mine, theirs)
    with database.write() as tx:
        store.renew_leases(tx, owner="me", job_ids={"1", "2"}, until=NOW + SECOND)
        assert [each.lease_until for each in store.list_waiting_jobs(tx, now=NOW, limit=9)] == [NOW]
        store.release_leases(tx, owner="they")
        found = store.jobs.find(tx, account=theirs.account, region=theirs.region, job_id="2")
    assert found == replace(theirs, lease_owner=None, lease_until=None)


def test_a_job_in_progress_holds_its_source(database: Database) -> None:
    insert(database, job(1), waiting(2))
    with database.read() as tx:
        assert store.blob_references(tx) == {"2"}


def test_revoked_jobs_are_listed_in_the_order_of_their_revocation(database: Database) -> None:
    insert(database, job(1, revoked_at=NOW + SECOND), job(2), job(3, revoked_at=NOW, account="999988887777"))
    with database.read() as tx:
        assert [each.job_id for each in store.list_revoked_jobs(tx)] == ["3", "1"]


def test_a_job_is_found_by_its_id_alone(database: Database) -> None:
    ours, theirs = job(1), job(1, account="999999999999", invoker_account="999999999999", region="us-east-1")
    insert(database, theirs, ours, job(2))
    with database.read() as tx:
        assert store.list_jobs_of_id(tx, ours.job_id) == [ours, theirs]
        assert store.list_jobs_of_id(tx, "3") == []
