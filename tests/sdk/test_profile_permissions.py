"""Permissions on signing profiles through boto3, on the application without a socket."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.api.iam import iam as iam_api
from sealgate.aws.api.signer import signer as signer_api
from sealgate.aws.api.sts import sts as sts_api
from sealgate.server.house import House
from tests.support.cloud import Cloud, open_cloud
from tests.support.command_line import run_aws
from tests.support.iam import allowing, document, trusting
from tests.support.server import RunningServer

PLATFORM = "AWSLambda-SHA384-ECDSA"
START = {"action": "signer:StartSigningJob", "statementId": "start"}
GET = {"action": "signer:GetSigningProfile", "statementId": "get"}
LISTED = "[signer:StartSigningJob, signer:GetSigningProfile, signer:RevokeSignature]"


@pytest.fixture
def cloud(house: House) -> Iterator[Cloud]:
    cloud = open_cloud(house, (iam_api, sts_api, signer_api))
    cloud.client("signer").put_signing_profile(profileName="app", platformId=PLATFORM)
    yield cloud
    cloud.root.close()


@pytest.fixture
def signer(cloud: Cloud) -> Any:
    return cloud.client("signer")


def add(cloud: Cloud, **members: Any) -> str:
    """Give the account itself a permission, with some members changed; answer the revision."""
    asked = {"profileName": "app", "principal": cloud.account} | START | members
    return str(cloud.client("signer").add_profile_permission(**asked)["revisionId"])


def told(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str | None, int, str]:
    """Answer an error's type, finer code, status and message."""
    response: Any = caught.value.response
    error, status = response["Error"], response["ResponseMetadata"]["HTTPStatusCode"]
    return error["Code"], response.get("code"), status, error["Message"]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"profileName": "ghost", "statementId": ""},
            (
                "ResourceNotFoundException",
                "ProfileNotFound",
                404,
                "SigningProfile with name ghost does not exist",
            ),
        ),
        (
            {"statementId": "", "principal": "x"},
            ("ValidationException", "ValidationException", 400, "statementId cannot be empty."),
        ),
        (
            {"statementId": "a b", "principal": "x"},
            (
                "ValidationException",
                "InvalidPermissionStatement",
                400,
                "Statement ID must contain only alphanumeric characters, underscores, and dashes",
            ),
        ),
        (
            {"statementId": "a" * 65, "principal": "x"},
            (
                "ValidationException",
                "InvalidPermissionStatement",
                400,
                "Statement ID must be less than 64 characters length",
            ),
        ),
        *(
            (
                {"principal": principal, "action": "x"},
                (
                    "ValidationException",
                    "InvalidPrincipal",
                    400,
                    "Principal is not a valid AWS account id or IAM Role Arn",
                ),
            )
            for principal in (
                "*",
                "12345678901",
                "arn:aws:iam::123456789012:user/alice",
                "arn:aws:iam::123456789012:root",
                "arn:aws-cn:iam::123456789012:role/r",
            )
        ),
        *(
            (
                {"principal": principal, "action": "x"},
                ("ResourceNotFoundException", "PrincipalNotFound", 404, "Principal not found"),
            )
            for principal in ("123456789012", "arn:aws:iam::123456789012:role/ghost")
        ),
        (
            {"action": "signer:SignPayload", "profileVersion": "AAAAAAAAAA"},
            (
                "ValidationException",
                "ValidationException",
                400,
                f"Action signer:SignPayload not supported for platform {PLATFORM}. Action must be one of {LISTED}",
            ),
        ),
        (
            {"profileVersion": "AAAAAAAAAA", "revisionId": "x"},
            (
                "ResourceNotFoundException",
                "ProfileVersionNotFound",
                404,
                "Version AAAAAAAAAA does not exist for SigningProfile app.",
            ),
        ),
        (
            {"revisionId": "x"},
            (
                "ValidationException",
                "ValidationException",
                400,
                "Resource Policy does not exist but revisionId was specified in the request",
            ),
        ),
    ],
)
def test_what_cannot_be_given_is_refused_in_awss_words_the_first_fault_first(
    cloud: Cloud, signer: Any, members: dict[str, str], expected: tuple[str, str, int, str]
) -> None:
    with pytest.raises(ClientError) as refused:
        add(cloud, **members)
    assert told(refused) == expected
    with pytest.raises(ClientError) as empty:
        signer.list_profile_permissions(profileName="app")
    assert told(empty)[1:] == ("PolicyNotFound", 404, "No policies associated with profile app")


def test_a_policy_grows_by_its_revisions(cloud: Cloud, signer: Any) -> None:
    first = add(cloud, revisionId="")
    assert add(cloud) == add(cloud, revisionId="outdated") == first
    with pytest.raises(ClientError) as taken:
        add(cloud, statementId="start", action="signer:GetSigningProfile", revisionId=first)
    assert told(taken)[1:] == (
        "InvalidPermissionStatement",
        400,
        "Statement with statementId start is already in the policy",
    )
    with pytest.raises(ClientError) as absent:
        add(cloud, **GET)
    assert told(absent) == (
        "ValidationException",
        "ValidationException",
        400,
        "Resource Policy exists for Profile Name app. But no revisionId was provided in the request",
    )
    with pytest.raises(ClientError) as wrong:
        add(cloud, **GET, revisionId="wrong")
    assert told(wrong) == (
        "ConflictException",
        "PolicyRevisionIdMismatch",
        409,
        f"Specified revisionId (wrong) does not match the revisionId of the existing policy ({first})",
    )
    second = add(cloud, **GET, revisionId=first)
    assert second != first
    listed = signer.list_profile_permissions(profileName="app")
    assert listed["revisionId"] == second
    assert [each["statementId"] for each in listed["permissions"]] == ["start", "get"]


def test_permissions_are_listed_as_they_were_given_with_the_size_of_what_is_kept(cloud: Cloud, signer: Any) -> None:
    profile = signer.get_signing_profile(profileName="app")
    role = cloud.role("signer", trusting(cloud.account), Path="/ci/")
    given = [
        {**START, "principal": cloud.account},
        {**GET, "principal": role, "profileVersion": profile["profileVersion"]},
    ]
    add(cloud, **given[1], revisionId=add(cloud, **given[0]))
    listed = signer.list_profile_permissions(profileName="app")
    assert listed["permissions"] == given
    kept = [
        {
            "Sid": "start",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{cloud.account}:root"},
            "Action": "signer:StartSigningJob",
            "Resource": profile["arn"],
        },
        {
            "Sid": "get",
            "Effect": "Allow",
            "Principal": {"AWS": role},
            "Action": "signer:GetSigningProfile",
            "Resource": profile["arn"],
            "Condition": {"StringEquals": {"signer:ProfileVersion": profile["profileVersion"]}},
        },
    ]
    assert listed["policySizeBytes"] == len(json.dumps(kept, separators=(",", ":")))
    with pytest.raises(ClientError, match="token"):
        signer.list_profile_permissions(profileName="app", nextToken="x")


def test_a_policy_has_at_most_2000_bytes(cloud: Cloud, signer: Any) -> None:
    revision = add(cloud, statementId="0" * 64)
    for number in range(1, 8):
        revision = add(cloud, statementId=f"{number:064}", revisionId=revision)
    with pytest.raises(ClientError) as full:
        add(cloud, statementId="x" * 64, revisionId=revision)
    assert told(full) == (
        "ServiceLimitExceededException",
        "ServiceLimitExceeded",
        402,
        "Policy cannot exceed maximum size of 2000 bytes",
    )
    listed = signer.list_profile_permissions(profileName="app")
    assert listed["revisionId"] == revision
    assert len(listed["permissions"]) == 8


def test_permissions_are_taken_back_until_none_is_left(cloud: Cloud, signer: Any) -> None:
    def remove(statement_id: str, revision_id: str) -> str | None:
        answer = signer.remove_profile_permission(profileName="app", statementId=statement_id, revisionId=revision_id)
        revision: str | None = answer.get("revisionId")
        return revision

    revision = add(cloud, **GET, revisionId=add(cloud))
    with pytest.raises(ClientError) as wrong:
        remove("ghost", "wrong")
    assert told(wrong)[:3] == ("ConflictException", "PolicyRevisionIdMismatch", 409)
    with pytest.raises(ClientError) as unknown:
        remove("ghost", revision)
    assert told(unknown)[1:] == ("PolicyNotFound", 404, "No policy named ghost associated with app profile")
    left = remove("get", revision)
    assert left not in (None, revision)
    assert remove("start", str(left)) is None
    with pytest.raises(ClientError) as empty:
        remove("start", str(left))
    assert told(empty)[1:] == ("PolicyNotFound", 404, "No policy named start associated with app profile")
    add(cloud)


@pytest.mark.parametrize("status", ["Canceled", "Revoked"])
def test_the_permissions_of_a_profile_that_has_ended_stay_as_they_are(cloud: Cloud, signer: Any, status: str) -> None:
    revision = add(cloud)
    if status == "Canceled":
        signer.cancel_signing_profile(profileName="app")
    else:
        version = signer.get_signing_profile(profileName="app")["profileVersion"]
        signer.revoke_signing_profile(profileName="app", profileVersion=version, reason="x", effectiveTime=0)
    with pytest.raises(ClientError) as added:
        add(cloud, statementId="")
    assert told(added)[1:] == ("ProfileNotActive", 400, f"Cannot add permission to a profile in {status} state")
    with pytest.raises(ClientError) as removed:
        signer.remove_profile_permission(profileName="app", statementId="start", revisionId=revision)
    assert told(removed)[3] == f"Cannot remove permission from a profile in {status} state"
    assert signer.list_profile_permissions(profileName="app")["revisionId"] == revision


def test_a_role_that_bears_the_name_of_the_one_that_was_meant_is_given_nothing(cloud: Cloud) -> None:
    other = cloud.other()
    sts = other.user("builder", allowing("sts:AssumeRole")).client("sts")
    trust, allowed = trusting(other.account), allowing("signer:GetSigningProfile")

    def look() -> str:
        answer = sts.assume_role(RoleArn=role, RoleSessionName="build")
        signer = other.become(answer["Credentials"]).client("signer")
        return str(signer.get_signing_profile(profileName="app", profileOwner=cloud.account)["status"])

    role = other.role("reader", trust, allowed)
    add(cloud, **GET, principal=role)
    assert look() == "Active"
    other.client("iam").delete_role_policy(RoleName="reader", PolicyName="p0")
    other.client("iam").delete_role(RoleName="reader")
    other.role("reader", trust, allowed)
    with pytest.raises(ClientError, match="no resource-based policy allows"):
        look()


def test_only_who_may_manages_permissions(cloud: Cloud) -> None:
    arn = f"arn:aws:signer:us-east-1:{cloud.account}:/signing-profiles/"
    manager = cloud.user("manager", allowing("signer:*ProfilePermission*", f"{arn}app")).client("signer")
    forbidden = document(
        {"Effect": "Allow", "Action": "signer:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "signer:AddProfilePermission", "Resource": f"{arn}*"},
    )
    signing = cloud.user("signing", forbidden).client("signer")
    asked = {"profileName": "app", "principal": cloud.account, **START}
    revision = manager.add_profile_permission(**asked)["revisionId"]
    with pytest.raises(ClientError, match="explicit deny in an identity-based policy"):
        signing.add_profile_permission(**asked | {"statementId": "more", "revisionId": revision})
    with pytest.raises(ClientError) as elsewhere:
        manager.add_profile_permission(**asked | {"profileName": "other"})
    assert told(elsewhere)[0] == "AccessDeniedException"
    manager.remove_profile_permission(profileName="app", statementId="start", revisionId=revision)


def test_a_permission_is_given_by_the_command_line(server: RunningServer) -> None:
    signer = server.client("signer")
    signer.put_signing_profile(profileName="permitted", platformId=PLATFORM)
    members = ("--action", "signer:GetSigningProfile", "--principal", "000000000000", "--statement-id", "read")
    add = ("signer", "add-profile-permission", "--profile-name", "permitted", *members)
    command = run_aws(*add, environment=server.environment())
    assert (command.returncode, command.stderr) == (0, "")
    listed = signer.list_profile_permissions(profileName="permitted")
    assert json.loads(command.stdout) == {"revisionId": listed["revisionId"]}
