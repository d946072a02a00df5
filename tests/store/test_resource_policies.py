from typing import Any

import pytest

from sealgate.store.bucket_policies import BucketPolicy, bucket_policies
from sealgate.store.database import Database
from sealgate.store.objects import Bucket, buckets
from sealgate.store.permissions import ProfilePermission, ProfilePolicy, profile_policies
from sealgate.store.profiles import Profile, profiles
from sealgate.store.schema import metadata
from tests.support.signer import NOW, SCOPE

WHERE: dict[str, Any] = {"account": SCOPE.account, "region": SCOPE.region, "name": "app"}


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx)


def test_a_profiles_permissions_come_back_as_they_were_given_and_in_order(database: Database) -> None:
    profile = Profile(
        **WHERE,
        version="AAAAAAAAAA",
        platform_id="AWSLambda-SHA384-ECDSA",
        validity_value=1,
        validity_type="DAYS",
        status="Active",
        tags={},
        created_at=NOW,
    )
    role = f"arn:aws:iam::{SCOPE.account}:role/é"
    given = (
        ProfilePermission(statement_id="b", action="signer:GetSigningProfile", principal="111122223333"),
        ProfilePermission(
            statement_id="a",
            action="signer:StartSigningJob",
            principal=role,
            principal_id="AROA",
            profile_version="AAAAAAAAAA",
        ),
    )
    policy = ProfilePolicy(**WHERE, revision_id="1", permissions=given)
    with database.write() as tx:
        profiles.insert(tx, profile)
        profile_policies.insert(tx, policy)
    with database.read() as tx:
        assert profile_policies.find(tx, **WHERE) == policy
        assert profile_policies.find(tx, **WHERE | {"name": "other"}) is None
    with database.write() as tx:
        assert profile_policies.delete(tx, **WHERE)


def test_a_buckets_policy_comes_back_as_it_was_given(database: Database) -> None:
    bucket = Bucket(name="b", account=SCOPE.account, region=SCOPE.region, versioning="Unset", created_at=NOW)
    policy = BucketPolicy(bucket="b", document='{"é": []}', named_ids={"arn": "AIDA"})
    with database.write() as tx:
        buckets.insert(tx, bucket)
        bucket_policies.insert(tx, policy)
    with database.read() as tx:
        assert bucket_policies.find(tx, bucket="b") == policy
