"""Operations that the server performs itself go the way of a request."""

import json
from collections.abc import Iterator

import pytest

from sealgate.aws.apis import APIS
from sealgate.services.access.entry import Principal
from sealgate.services.stacks.operations import OperationRefused, Perform
from tests.support.cloud import Cloud, open_cloud
from tests.support.in_process import InProcess
from tests.support.toys import Toys


@pytest.fixture
def cloud(toys: Toys) -> Iterator[Cloud]:
    cloud = open_cloud(toys.house, APIS)
    yield cloud
    cloud.root.close()


def acting_as(cloud: Cloud, caller: InProcess) -> Perform:
    key = caller.key
    principal = Principal(key.account, key.principal_arn, key.user_id, key.access_key_id)
    return cloud.house.operations.acting_as(principal, "us-east-1")


def test_an_operation_answers_its_output_members(cloud: Cloud) -> None:
    perform = acting_as(cloud, cloud.root)
    perform("s3", "CreateBucket", Bucket=f"b-{cloud.account}")
    cloud.client("s3").put_object(Bucket=f"b-{cloud.account}", Key="k", Body=b"0123456789")
    assert perform("s3", "GetObject", Bucket=f"b-{cloud.account}", Key="k", Range="bytes=2-4")["Body"] == b"234"


@pytest.mark.parametrize(
    ("service", "operation", "members", "code"),
    [
        ("iam", "GetRole", {"RoleName": "absent"}, "NoSuchEntity"),
        ("iam", "GetRole", {"RoleName": ""}, "ValidationError"),
        ("iam", "GetRole", {}, "ValidationError"),
        ("iam", "GetRole", {"RoleName": "r", "Extra": 1}, "ValidationError"),
        ("iam", "CreateLoginProfile", {"UserName": "u"}, "NotImplemented"),
    ],
    ids=str,
)
def test_a_refusal_is_that_of_a_request(
    cloud: Cloud, service: str, operation: str, members: dict[str, object], code: str
) -> None:
    with pytest.raises(OperationRefused) as refused:
        acting_as(cloud, cloud.root)(service, operation, **members)
    assert (refused.value.code, refused.value.service) == (code, "IAM")
    assert refused.value.request_id


def test_an_operation_needs_its_callers_rights(cloud: Cloud) -> None:
    perform = acting_as(cloud, cloud.user("nobody"))
    with pytest.raises(OperationRefused, match="is not authorized to perform: iam:CreateUser") as refused:
        perform("iam", "CreateUser", UserName="other")
    assert (refused.value.code, refused.value.status) == ("AccessDenied", 403)


def test_policies_know_through_whom_it_was_called(cloud: Cloud) -> None:
    allowed = {
        "Effect": "Allow",
        "Action": "iam:CreateUser",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:CalledViaLast": "cloudformation.amazonaws.com"}},
    }
    user = cloud.user("via", json.dumps({"Version": "2012-10-17", "Statement": allowed}))
    acting_as(cloud, user)("iam", "CreateUser", UserName="made")
    with pytest.raises(Exception, match="is not authorized"):
        user.client("iam").create_user(UserName="directly")
