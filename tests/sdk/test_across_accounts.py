"""Signing and deploying across accounts, through boto3 on the application without a socket."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.api.iam import iam as iam_api
from sealgate.aws.api.lambda_ import lambda_ as lambda_api
from sealgate.aws.api.s3 import s3 as s3_api
from sealgate.aws.api.signer import signer as signer_api
from sealgate.aws.api.sts import sts as sts_api
from sealgate.server.house import House
from tests.support.cloud import Cloud, open_cloud
from tests.support.deployment import zip_of
from tests.support.iam import allowing, document, trusting
from tests.support.in_process import InProcess
from tests.support.refusals import error_of
from tests.support.running import PYTHON

ACTIONS = ("StartSigningJob", "GetSigningProfile", "RevokeSignature")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """A security account with the profile `app`, and a development account with a versioned bucket.

    Attributes:
        bucket: In the development account.
        version: Of the package `app.zip` in it.
        profile: As PutSigningProfile answered it.
    """

    security: Cloud
    development: Cloud
    bucket: str
    version: str
    profile: dict[str, Any]

    def permit(self, *actions: str, principal: str | None = None, **members: Any) -> None:
        """Permit things on the profile, to the development account unless a principal is given."""
        signer, revision = self.security.client("signer"), ""
        for number, action in enumerate(actions):
            revision = signer.add_profile_permission(
                profileName="app",
                action=f"signer:{action}",
                principal=principal or self.development.account,
                statementId=f"s{number}",
                revisionId=revision,
                **members,
            )["revisionId"]

    def start(self, caller: InProcess, *, prefix: str = "signed/", **members: Any) -> Any:
        """Start a job with the security account's profile on the development account's package."""
        request: dict[str, Any] = {
            "profileName": "app",
            "profileOwner": self.security.account,
            "source": {"s3": {"bucketName": self.bucket, "key": "app.zip", "version": self.version}},
            "destination": {"s3": {"bucketName": self.bucket, "prefix": prefix}},
        }
        return caller.client("signer").start_signing_job(**request | members)

    def sign(self, caller: InProcess) -> Any:
        """Have the package signed; answer how the job ended."""
        job_id = self.start(caller)["jobId"]
        while self.security.house.worker.run_one():
            pass
        return caller.client("signer").describe_signing_job(jobId=job_id)


@pytest.fixture
def accounts(house: House) -> Iterator[Accounts]:
    security = open_cloud(house, (iam_api, sts_api, s3_api, signer_api, lambda_api))
    development = security.other()
    bucket, s3 = f"packages-{development.account}", development.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="app.zip", Body=zip_of())["VersionId"]
    profile = security.client("signer").put_signing_profile(profileName="app", platformId="AWSLambda-SHA384-ECDSA")
    yield Accounts(security=security, development=development, bucket=bucket, version=version, profile=profile)
    security.root.close()


def refused(caught: pytest.ExceptionInfo[ClientError]) -> str:
    """Answer what a denial is about and why, without who was denied."""
    code, status, text = error_of(caught)
    assert (code, status) == ("AccessDeniedException", 403)
    return text.partition(" is not authorized to perform: ")[2]


def test_a_signature_by_another_accounts_profile_from_its_permission_to_its_revocation(accounts: Accounts) -> None:
    security, development = accounts.security, accounts.development
    accounts.permit(*ACTIONS)
    builder = development.user("builder", allowing("signer:*"), allowing("s3:*"))
    job = accounts.sign(builder)
    assert (job["status"], job["jobOwner"], job["jobInvoker"], job["requestedBy"]) == (
        "Succeeded",
        security.account,
        development.account,
        f"arn:aws:iam::{development.account}:user/builder",
    )
    for cloud in (security, development):
        signer = cloud.client("signer")
        assert signer.describe_signing_job(jobId=job["jobId"])["jobOwner"] == security.account
        assert [each["jobId"] for each in signer.list_signing_jobs()["jobs"]] == [job["jobId"]]
        assert len(signer.list_signing_jobs(jobInvoker=development.account)["jobs"]) == 1
        assert signer.list_signing_jobs(jobInvoker=security.account)["jobs"] == []
    signer = builder.client("signer")
    profile = signer.get_signing_profile(profileName="app", profileOwner=security.account)
    assert profile["arn"] == accounts.profile["arn"]

    functions = development.client("lambda")
    signed = {"S3Bucket": accounts.bucket, "S3Key": job["signedObject"]["s3"]["key"]}
    function = {
        "Role": f"arn:aws:iam::{development.account}:role/runner",
        "Runtime": PYTHON,
        "Handler": "app.handler",
        "Code": signed,
    }
    own = development.client("signer").put_signing_profile(profileName="own", platformId="AWSLambda-SHA384-ECDSA")

    def config(publisher: str) -> str:
        made = functions.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [publisher]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
        )
        return str(made["CodeSigningConfig"]["CodeSigningConfigArn"])

    with pytest.raises(functions.exceptions.CodeVerificationFailedException):
        functions.create_function(
            FunctionName="foreign", CodeSigningConfigArn=config(own["profileVersionArn"]), **function
        )
    listed = config(accounts.profile["profileVersionArn"])
    made = functions.create_function(FunctionName="app", CodeSigningConfigArn=listed, **function)
    assert made["SigningProfileVersionArn"] == accounts.profile["profileVersionArn"]

    with pytest.raises(ClientError) as elsewhere:
        signer.revoke_signature(jobId=job["jobId"], reason="malware")
    assert error_of(elsewhere)[0] == "ResourceNotFoundException"
    signer.revoke_signature(jobId=job["jobId"], reason="malware", jobOwner=security.account)
    record = security.client("signer").describe_signing_job(jobId=job["jobId"])["revocationRecord"]
    assert record["revokedBy"] == f"arn:aws:iam::{development.account}:user/builder"
    with pytest.raises(functions.exceptions.CodeVerificationFailedException):
        functions.update_function_code(FunctionName="app", **signed)


@pytest.mark.parametrize("action", ACTIONS)
def test_each_permission_gives_its_own_action_only(accounts: Accounts, action: str) -> None:
    security, development = accounts.security, accounts.development
    accounts.permit(action)
    job_id = accounts.start(development.root, profileName="app")["jobId"] if action == "StartSigningJob" else None
    signer, owner = development.client("signer"), security.account
    unknown = "11111111-1111-4111-8111-111111111111"
    own = security.client("signer").list_signing_jobs()["jobs"]
    assert [each["jobId"] for each in own] == ([] if job_id is None else [job_id])
    outcomes = {}
    calls: dict[str, Callable[[], Any]] = {
        "GetSigningProfile": lambda: signer.get_signing_profile(profileName="app", profileOwner=owner),
        "StartSigningJob": lambda: accounts.start(development.root),
        "RevokeSignature": lambda: signer.revoke_signature(jobId=job_id or unknown, reason="x", jobOwner=owner),
    }
    for name, call in calls.items():
        try:
            call()
        except ClientError as error:
            outcomes[name] = error.response["Error"]["Code"]
        else:
            outcomes[name] = "allowed"
    expected = dict.fromkeys(ACTIONS, "AccessDeniedException")
    if action != "RevokeSignature":  # of a job that does not exist, nothing is known, its profile neither
        expected[action] = "allowed"
    assert outcomes == expected


def test_the_caller_needs_its_own_accounts_word_too(accounts: Accounts) -> None:
    accounts.permit(*ACTIONS)
    arn = accounts.profile["arn"]
    nobody = accounts.development.user("nobody", allowing("s3:*"))
    with pytest.raises(ClientError) as denied:
        accounts.start(nobody)
    assert refused(denied) == (
        f"signer:StartSigningJob on resource: {arn} "
        "because no identity-based policy allows the signer:StartSigningJob action"
    )
    elsewhere = accounts.development.user("elsewhere", allowing("signer:*", f"{arn}x"))
    with pytest.raises(ClientError, match="no identity-based policy"):
        accounts.start(elsewhere)
    third = accounts.security.other()
    with pytest.raises(ClientError) as foreign:
        accounts.start(third.root)
    assert refused(foreign).endswith("because no resource-based policy allows the signer:StartSigningJob action")


def test_a_permission_for_a_role_is_for_nobody_else_in_its_account(accounts: Accounts) -> None:
    development = accounts.development
    allowed = allowing("*")
    role = development.role("signer", trusting(f"arn:aws:iam::{development.account}:root"), allowed)
    accounts.permit("StartSigningJob", principal=role)
    user = development.user("builder", allowed)
    with pytest.raises(ClientError, match="no resource-based policy allows"):
        accounts.start(user)
    session = user.client("sts").assume_role(RoleArn=role, RoleSessionName="build")
    started = accounts.start(development.become(session["Credentials"]))
    job = development.client("signer").describe_signing_job(jobId=started["jobId"])
    assert job["requestedBy"] == f"arn:aws:sts::{development.account}:assumed-role/signer/build"


def test_a_permission_for_one_version_holds_for_it(accounts: Accounts) -> None:
    accounts.permit("GetSigningProfile", profileVersion=accounts.profile["profileVersion"])
    signer = accounts.development.client("signer")
    assert signer.get_signing_profile(profileName="app", profileOwner=accounts.security.account)["status"] == "Active"


def test_a_permission_within_the_account_lets_a_role_in_without_more(accounts: Accounts) -> None:
    security = accounts.security
    root = f"arn:aws:iam::{security.account}:root"
    role = security.role("reader", trusting(root))
    accounts.permit("GetSigningProfile", principal=role)
    user = security.user("builder", allowing("sts:AssumeRole"))
    session = user.client("sts").assume_role(RoleArn=role, RoleSessionName="build")["Credentials"]
    assert security.become(session).client("signer").get_signing_profile(profileName="app")["status"] == "Active"
    with pytest.raises(ClientError, match="no identity-based policy"):
        user.client("signer").get_signing_profile(profileName="app")


def test_a_job_reads_and_writes_what_its_caller_may_and_nothing_else(accounts: Accounts) -> None:
    accounts.permit("StartSigningJob")
    bucket = f"arn:aws:s3:::{accounts.bucket}"
    signing = {"Effect": "Allow", "Action": "signer:StartSigningJob", "Resource": "*"}
    read = {"Effect": "Allow", "Action": "s3:GetObjectVersion", "Resource": f"{bucket}/app.zip"}
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{bucket}/signed/*.zip"}
    no_zip = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": f"{bucket}/signed/no-*.zip"}
    caller = accounts.development.user("builder", document(signing, read, write, no_zip))
    accounts.start(caller)
    for prefix, reason in (
        ("", "because no identity-based policy allows the s3:PutObject action"),
        ("signed", "because no identity-based policy allows the s3:PutObject action"),
        ("signed/no-", "with an explicit deny in an identity-based policy"),
    ):
        with pytest.raises(ClientError) as denied:
            accounts.start(caller, prefix=prefix)
        text = refused(denied)
        assert text.startswith(f's3:PutObject on resource: "{bucket}/{prefix}')
        assert text.endswith(f'.zip" {reason}')
    blind = accounts.development.user("blind", document(signing, write))
    with pytest.raises(ClientError) as unread:
        accounts.start(blind)
    assert refused(unread) == (
        f's3:GetObjectVersion on resource: "{bucket}/app.zip" '
        "because no identity-based policy allows the s3:GetObjectVersion action"
    )


def test_the_owner_of_a_profile_may_write_nothing_into_the_callers_bucket(accounts: Accounts) -> None:
    with pytest.raises(ClientError) as denied:
        accounts.start(accounts.security.root)
    assert refused(denied).startswith("s3:GetObjectVersion")
    statement = {"Effect": "Allow", "Principal": {"AWS": accounts.security.account}}
    everything = [f"arn:aws:s3:::{accounts.bucket}", f"arn:aws:s3:::{accounts.bucket}/*"]
    policy = document({**statement, "Action": ["s3:GetObjectVersion", "s3:PutObject"], "Resource": everything})
    accounts.development.client("s3").put_bucket_policy(Bucket=accounts.bucket, Policy=policy)
    job = accounts.sign(accounts.security.root)
    assert (job["status"], job["jobInvoker"]) == ("Succeeded", accounts.security.account)
    key = job["signedObject"]["s3"]["key"]
    assert accounts.development.client("s3").head_object(Bucket=accounts.bucket, Key=key)["ContentLength"]
