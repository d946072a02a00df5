from datetime import timedelta
from typing import Any

import pytest

from sealgate.store import profiles as store
from sealgate.store.database import Database
from sealgate.store.profiles import Profile, ProfileStatus
from sealgate.store.schema import metadata
from tests.support.signer import NOW, SCOPE


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx)


def profile(name: str, **changes: Any) -> Profile:
    members: dict[str, Any] = {
        "account": SCOPE.account,
        "region": SCOPE.region,
        "name": name,
        "version": "AAAAAAAAAA",
        "platform_id": "platform",
        "validity_value": 135,
        "validity_type": "MONTHS",
        "status": "Active",
        "tags": {"ü": "1"},
        "created_at": NOW,
    }
    return Profile(**(members | changes))


def revoked(name: str, **changes: Any) -> Profile:
    record: dict[str, Any] = {
        "status": "Revoked",
        "revocation_effective_from": NOW - timedelta(hours=1),
        "revoked_at": NOW,
        "revoked_by": SCOPE.caller_arn,
        "revocation_reason": "lost",
    }
    return profile(name, **(record | changes))


def insert(database: Database, *profiles: Profile) -> None:
    with database.write() as tx:
        for each in profiles:
            store.profiles.insert(tx, each)


def listed(
    database: Database, *statuses: ProfileStatus, platform_id: str | None = None, after: str = "", limit: int = 9
) -> list[str]:
    with database.read() as tx:
        found = store.list_profiles(
            tx,
            account=SCOPE.account,
            region=SCOPE.region,
            statuses=statuses or store.PROFILE_STATUSES,
            platform_id=platform_id,
            after=after,
            limit=limit,
        )
    return [each.name for each in found]


def test_a_profile_comes_back_as_it_was_inserted(database: Database) -> None:
    inserted = [profile("active"), revoked("revoked")]
    insert(database, *inserted)
    with database.read() as tx:
        for each in inserted:
            assert store.profiles.find(tx, account=each.account, region=each.region, name=each.name) == each


def test_profiles_are_listed_by_name_status_and_platform(database: Database) -> None:
    insert(
        database,
        profile("c"),
        profile("a", platform_id="other"),
        profile("b", status="Canceled"),
        revoked("d"),
        profile("elsewhere", region="us-east-1"),
        profile("foreign", account="999988887777"),
    )
    assert listed(database) == ["a", "b", "c", "d"]
    assert listed(database, after="b") == ["c", "d"]
    assert listed(database, limit=1) == ["a"]
    assert listed(database, "Active") == ["a", "c"]
    assert listed(database, "Canceled", "Revoked") == ["b", "d"]
    assert listed(database, platform_id="other") == ["a"]


def test_revoked_profiles_of_every_account_are_listed_in_the_order_of_their_revocation(database: Database) -> None:
    later = revoked("a", revoked_at=NOW + timedelta(seconds=1))
    insert(database, later, profile("b"), revoked("c", account="999988887777", region="us-east-1"))
    with database.read() as tx:
        assert [each.name for each in store.list_revoked_profiles(tx)] == ["c", "a"]


def test_the_profiles_of_a_name_are_those_of_every_account(database: Database) -> None:
    ours, theirs = revoked("app"), profile("app", account="999999999999", region="us-east-1")
    insert(database, theirs, ours, profile("other"))
    with database.read() as tx:
        assert store.list_profiles_of_name(tx, "app") == [ours, theirs]
        assert store.list_profiles_of_name(tx, "nobody") == []
