"""What each operation needs to be allowed, through boto3 on the application without a socket.

One user for each row; what it may do is the row's policy, and nothing else.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.api.iam import iam as iam_api
from sealgate.aws.api.lambda_ import lambda_ as lambda_api
from sealgate.aws.api.s3 import s3 as s3_api
from sealgate.aws.api.signer import signer as signer_api
from sealgate.server.house import House
from tests.support.cloud import Cloud, open_cloud
from tests.support.deployment import zip_of
from tests.support.iam import document
from tests.support.in_process import InProcess
from tests.support.refusals import error_of
from tests.support.running import PYTHON

BUCKET = "packages"
ARN = f"arn:aws:s3:::{BUCKET}"
_USERS = itertools.count(1)


class Place:
    """An account with a versioned bucket, a profile, a function and a config; tests add users, and change nothing.

    Attributes:
        names: What rows write in braces: the account, the version of `key`, the ARN of the config.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        s3, functions = cloud.client("s3"), cloud.client("lambda")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for key in ("tagged", "secret"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"content", Tagging="secret=yes")
        version = s3.put_object(Bucket=BUCKET, Key="key", Body=zip_of())["VersionId"]
        profile = cloud.client("signer").put_signing_profile(
            profileName="app", platformId="AWSLambda-SHA384-ECDSA", tags={"team": "red"}
        )
        config = functions.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [profile["profileVersionArn"]]}
        )["CodeSigningConfig"]["CodeSigningConfigArn"]
        role = f"arn:aws:iam::{cloud.account}:role/runner"
        functions.create_function(
            FunctionName="app", Role=role, Runtime=PYTHON, Handler="app.handler", Code={"ZipFile": zip_of()}
        )
        self.names = {"account": cloud.account, "version": version, "config": config, "role": role}

    def user(self, *statements: dict[str, Any]) -> InProcess:
        """Make a user whom these statements allow or deny something."""
        policies = [document(*self.fill(statements))] if statements else []
        return self.cloud.user(f"user-{next(_USERS)}", *policies)

    def fill(self, value: Any) -> Any:
        """Put the names where a row has them in braces."""
        if isinstance(value, str):
            return value.format(**self.names)
        if isinstance(value, Mapping):
            return {key: self.fill(each) for key, each in value.items()}
        return [self.fill(each) for each in value] if isinstance(value, list | tuple) else value

    def denial(self, caller: InProcess, call: str, members: Mapping[str, Any]) -> str | None:
        """Make a call (`s3.get_object`); answer which action it was denied, None where it was not denied."""
        service, operation = call.split(".")
        try:
            getattr(caller.client(service), operation)(**self.fill(members))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 403:
                return None
            text = str(error.response["Error"]["Message"])
            return text.partition("not authorized to perform: ")[2].partition(" ")[0] or text
        return None


@pytest.fixture(scope="module")
def place(house: House) -> Iterator[Place]:
    cloud = open_cloud(house, (iam_api, s3_api, signer_api, lambda_api))
    yield Place(cloud)
    cloud.root.close()


def allow(*actions: str, on: str | list[str] = "*", **conditions: Any) -> dict[str, Any]:
    """A statement that allows; a condition is written `StringEquals={...}`."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    return statement | ({"Condition": conditions} if conditions else {})


def deny(*actions: str, on: str | list[str] = "*", **conditions: Any) -> dict[str, Any]:
    return allow(*actions, on=on, **conditions) | {"Effect": "Deny"}


OBJECT = {"Bucket": BUCKET, "Key": "key"}
VERSION = {**OBJECT, "VersionId": "{version}"}
ABSENT = {"Bucket": BUCKET, "Key": "absent"}
SECRET = {"Bucket": BUCKET, "Key": "secret"}
TAGGED = {"Bucket": BUCKET, "Key": "tagged"}
WRITTEN = {"Bucket": BUCKET, "Key": "new", "Body": b"x"}
TAGS = {"Tagging": {"TagSet": [{"Key": "team", "Value": "red"}]}}
COPY = {"Bucket": BUCKET, "Key": "copy"}
UNKNOWN_VERSION = "0" * 32

S3_ROWS: list[tuple[list[dict[str, Any]], str, dict[str, Any], str | None]] = [
    # Reading.
    ([allow("s3:GetObject", on=f"{ARN}/key")], "get_object", OBJECT, None),
    ([allow("s3:GetObject", on=f"{ARN}/other")], "get_object", OBJECT, "s3:GetObject"),
    ([allow("s3:GetObject")], "get_object", VERSION, "s3:GetObjectVersion"),
    ([allow("s3:GetObjectVersion")], "get_object", VERSION, None),
    ([allow("s3:GetObjectVersion")], "get_object", OBJECT, "s3:GetObject"),
    ([allow("s3:GetObjectVersion", StringEquals={"s3:VersionId": "x"})], "get_object", VERSION, "s3:GetObjectVersion"),
    ([allow("s3:GetObject")], "get_object", ABSENT, "s3:ListBucket"),
    ([allow("s3:GetObject", "s3:ListBucket")], "get_object", ABSENT, None),
    (
        [allow("s3:GetObjectVersion", "s3:ListBucket")],
        "get_object",
        {**OBJECT, "VersionId": UNKNOWN_VERSION},
        "s3:ListBucketVersions",
    ),
    ([allow("s3:GetObjectTagging")], "get_object_tagging", OBJECT, None),
    ([allow("s3:GetObjectTagging")], "get_object_tagging", VERSION, "s3:GetObjectVersionTagging"),
    ([allow("s3:GetObjectTagging")], "get_object_tagging", ABSENT, "s3:ListBucket"),
    ([allow("s3:GetObject", StringEquals={"s3:ExistingObjectTag/secret": "no"})], "get_object", SECRET, "s3:GetObject"),
    ([allow("s3:GetObject", StringEquals={"s3:ExistingObjectTag/secret": "yes"})], "get_object", SECRET, None),
    (
        [allow("s3:GetObject"), deny("s3:*", StringEquals={"s3:ExistingObjectTag/secret": "yes"})],
        "get_object",
        SECRET,
        "s3:GetObject",
    ),
    (
        [allow("s3:GetObjectVersion"), deny("s3:*", Null={"s3:ExistingObjectTag/secret": "true"})],
        "get_object",
        VERSION,
        "s3:GetObjectVersion",
    ),
    # Writing.
    ([allow("s3:PutObject", on=f"{ARN}/new")], "put_object", WRITTEN, None),
    ([allow("s3:PutObject", on=ARN)], "put_object", WRITTEN, "s3:PutObject"),
    ([allow("s3:PutObject")], "put_object", {**WRITTEN, "Tagging": "team=red"}, "s3:PutObjectTagging"),
    ([allow("s3:PutObject", "s3:PutObjectTagging")], "put_object", {**WRITTEN, "Tagging": "team=red"}, None),
    ([allow("s3:PutObject")], "put_object", {**WRITTEN, "ACL": "private"}, "s3:PutObjectAcl"),
    (
        [allow("s3:PutObject*"), deny("s3:PutObject", StringNotEquals={"s3:RequestObjectTag/team": "red"})],
        "put_object",
        {**WRITTEN, "Tagging": "team=blue"},
        "s3:PutObject",
    ),
    (
        [allow("s3:PutObject"), deny("s3:PutObject", Null={"s3:x-amz-server-side-encryption": "true"})],
        "put_object",
        WRITTEN,
        "s3:PutObject",
    ),
    (
        [allow("s3:PutObject"), deny("s3:PutObject", Null={"s3:if-none-match": "true"})],
        "put_object",
        WRITTEN,
        "s3:PutObject",
    ),
    ([allow("s3:PutObjectTagging")], "put_object_tagging", {**TAGGED, **TAGS}, None),
    ([allow("s3:PutObjectTagging")], "put_object_tagging", {**VERSION, **TAGS}, "s3:PutObjectVersionTagging"),
    (
        [allow("s3:PutObjectTagging", StringEquals={"s3:RequestObjectTag/team": "blue"})],
        "put_object_tagging",
        {**OBJECT, **TAGS},
        "s3:PutObjectTagging",
    ),
    ([allow("s3:DeleteObjectTagging")], "delete_object_tagging", VERSION, "s3:DeleteObjectVersionTagging"),
    # Copying.
    ([allow("s3:PutObject")], "copy_object", {**COPY, "CopySource": f"{BUCKET}/key"}, "s3:GetObject"),
    ([allow("s3:GetObject")], "copy_object", {**COPY, "CopySource": f"{BUCKET}/key"}, "s3:PutObject"),
    (
        [allow("s3:GetObject", on=f"{ARN}/key"), allow("s3:PutObject", on=f"{ARN}/copy")],
        "copy_object",
        {**COPY, "CopySource": f"{BUCKET}/key"},
        None,
    ),
    (
        [allow("s3:GetObject", "s3:PutObject")],
        "copy_object",
        {**COPY, "CopySource": f"{BUCKET}/key?versionId={{version}}"},
        "s3:GetObjectVersion",
    ),
    (
        [allow("s3:GetObject", "s3:PutObject")],
        "copy_object",
        {**COPY, "CopySource": f"{BUCKET}/tagged"},
        "s3:GetObjectTagging",
    ),
    (
        [allow("s3:GetObject", "s3:PutObject", "s3:GetObjectTagging")],
        "copy_object",
        {**COPY, "CopySource": f"{BUCKET}/tagged"},
        "s3:PutObjectTagging",
    ),
    (
        [allow("s3:GetObject", "s3:PutObject")],
        "copy_object",
        {**COPY, "CopySource": f"{BUCKET}/tagged", "TaggingDirective": "REPLACE"},
        None,
    ),
    ([allow("s3:GetObject", "s3:PutObject")], "copy_object", {**COPY, "CopySource": f"{BUCKET}/no"}, "s3:ListBucket"),
    (
        [allow("s3:PutObject")],
        "upload_part_copy",
        {**COPY, "CopySource": f"{BUCKET}/key", "PartNumber": 1, "UploadId": "x"},
        "s3:GetObject",
    ),
    # Deleting.
    ([allow("s3:DeleteObject")], "delete_object", ABSENT, None),
    ([allow("s3:DeleteObject")], "delete_object", VERSION, "s3:DeleteObjectVersion"),
    # Listing.
    ([allow("s3:ListBucket", on=ARN)], "list_objects_v2", {"Bucket": BUCKET}, None),
    ([allow("s3:ListBucket", on=f"{ARN}/*")], "list_objects_v2", {"Bucket": BUCKET}, "s3:ListBucket"),
    ([allow("s3:ListBucket", StringLike={"s3:prefix": "a/*"})], "list_objects", {"Bucket": BUCKET}, "s3:ListBucket"),
    (
        [allow("s3:ListBucket", StringLike={"s3:prefix": "a/*"}, NumericLessThan={"s3:max-keys": "10"})],
        "list_objects",
        {"Bucket": BUCKET, "Prefix": "a/b", "MaxKeys": 5},
        None,
    ),
    ([allow("s3:ListBucket")], "list_object_versions", {"Bucket": BUCKET}, "s3:ListBucketVersions"),
    ([allow("s3:ListAllMyBuckets")], "list_buckets", {}, None),
    ([allow("s3:*", StringEquals={"s3:authType": "REST-HEADER"})], "list_buckets", {}, None),
    ([allow("s3:*", StringEquals={"s3:signatureversion": "AWS"})], "list_buckets", {}, "s3:ListAllMyBuckets"),
    ([], "list_buckets", {}, "s3:ListAllMyBuckets"),
    # Buckets.
    ([allow("s3:CreateBucket")], "create_bucket", {"Bucket": "another", "ACL": "private"}, "s3:PutBucketAcl"),
    ([], "put_bucket_policy", {"Bucket": BUCKET, "Policy": "{{}}"}, "s3:PutBucketPolicy"),
    ([allow("s3:GetBucketPolicy")], "get_bucket_policy_status", {"Bucket": BUCKET}, "s3:GetBucketPolicyStatus"),
]


@pytest.mark.parametrize(("policy", "operation", "members", "denied"), S3_ROWS)
def test_s3(
    place: Place, policy: list[dict[str, Any]], operation: str, members: dict[str, Any], denied: str | None
) -> None:
    assert place.denial(place.user(*policy), f"s3.{operation}", members) == denied


def test_each_key_of_a_batch_is_asked_about_by_itself(place: Place) -> None:
    s3 = place.cloud.client("s3")
    versions = [s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")["VersionId"] for key in ("free", "bound", "versioned")]
    caller = place.user(allow("s3:DeleteObject"), deny("s3:DeleteObject", on=f"{ARN}/bound")).client("s3")
    objects = [{"Key": "bound"}, {"Key": "free"}, {"Key": "versioned", "VersionId": versions[2]}, {"Key": "absent"}]
    answer = caller.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})
    assert [each["Key"] for each in answer["Deleted"]] == ["free", "absent"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        ("bound", "AccessDenied"),
        ("versioned", "AccessDenied"),
    ]
    assert "s3:DeleteObjectVersion" in answer["Errors"][1]["Message"]
    assert {"bound", "versioned"} <= {each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}


def test_a_head_of_what_is_not_there_is_denied_to_who_may_not_list(place: Place) -> None:
    for policy, status in (([allow("s3:GetObject")], 403), ([allow("s3:GetObject", "s3:ListBucket")], 404)):
        with pytest.raises(ClientError) as refused:
            place.user(*policy).client("s3").head_object(**ABSENT)
        assert error_of(refused)[1] == status


PROFILE = "arn:aws:signer:us-east-1:{account}:/signing-profiles/app"
PLATFORM = "AWSLambda-SHA384-ECDSA"
NEW_PROFILE = {"profileName": "new", "platformId": "x"}
TAGGED_PROFILE = NEW_PROFILE | {"tags": {"a": "b"}}
JOB = {
    "profileName": "app",
    "source": {"s3": {"bucketName": BUCKET, "key": "key", "version": "{version}"}},
    "destination": {"s3": {"bucketName": BUCKET, "prefix": "signed/"}},
}
NO_JOB = "11111111-1111-4111-8111-111111111111"

SIGNER_ROWS: list[tuple[list[dict[str, Any]], str, dict[str, Any], str | None]] = [
    ([allow("signer:GetSigningProfile", on=PROFILE)], "get_signing_profile", {"profileName": "app"}, None),
    (
        [allow("signer:GetSigningProfile", on=PROFILE + "x")],
        "get_signing_profile",
        {"profileName": "app"},
        "signer:GetSigningProfile",
    ),
    (
        [allow("signer:GetSigningProfile", StringEquals={"aws:ResourceTag/team": "red"})],
        "get_signing_profile",
        {"profileName": "app"},
        None,
    ),
    (
        [allow("signer:*"), deny("signer:*", StringEquals={"aws:ResourceTag/team": "red"})],
        "cancel_signing_profile",
        {"profileName": "app"},
        "signer:CancelSigningProfile",
    ),
    (
        [allow("signer:*", StringEquals={"signer:ProfileVersion": "AAAAAAAAAA"})],
        "get_signing_profile",
        {"profileName": "app"},
        "signer:GetSigningProfile",
    ),
    ([allow("signer:PutSigningProfile")], "put_signing_profile", NEW_PROFILE, None),
    (
        [allow("signer:PutSigningProfile")],
        "put_signing_profile",
        TAGGED_PROFILE,
        "signer:TagResource",
    ),
    (
        [allow("signer:*") | {"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}}],
        "put_signing_profile",
        TAGGED_PROFILE,
        "signer:PutSigningProfile",
    ),
    ([allow("signer:StartSigningJob")], "start_signing_job", JOB, "s3:GetObjectVersion"),
    ([allow("signer:StartSigningJob", "s3:GetObjectVersion")], "start_signing_job", JOB, "s3:PutObject"),
    ([allow("s3:*")], "start_signing_job", JOB, "signer:StartSigningJob"),
    ([allow("signer:DescribeSigningJob")], "describe_signing_job", {"jobId": NO_JOB}, None),
    ([allow("signer:StartSigningJob")], "list_signing_jobs", {}, "signer:ListSigningJobs"),
    ([allow("signer:RevokeSignature")], "revoke_signature", {"jobId": NO_JOB, "reason": "x"}, None),
    (
        [allow("signer:*"), deny("signer:ListProfilePermissions", on=PROFILE)],
        "list_profile_permissions",
        {"profileName": "app"},
        "signer:ListProfilePermissions",
    ),
]


@pytest.mark.parametrize(("policy", "operation", "members", "denied"), SIGNER_ROWS)
def test_signer(
    place: Place, policy: list[dict[str, Any]], operation: str, members: dict[str, Any], denied: str | None
) -> None:
    assert place.denial(place.user(*policy), f"signer.{operation}", members) == denied


FUNCTION = {
    "FunctionName": "new",
    "Role": "{role}",
    "Runtime": PYTHON,
    "Handler": "app.handler",
    "Code": {"S3Bucket": BUCKET, "S3Key": "key"},
}
CONFIG_KEY = "lambda:CodeSigningConfigArn"
CREATE = allow("lambda:CreateFunction", "iam:PassRole", "s3:GetObject")
ATTACH = {"FunctionName": "app", "CodeSigningConfigArn": "{config}"}
_FETCH_DENIED = (
    "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for "
    "{}. S3 Error Code: AccessDenied. S3 Error Message: User: "
)

LAMBDA_ROWS: list[tuple[list[dict[str, Any]], str, dict[str, Any], str | None]] = [
    ([allow("lambda:CreateFunction", "s3:GetObject")], "create_function", FUNCTION, "iam:PassRole"),
    ([allow("lambda:CreateFunction", "iam:PassRole")], "create_function", FUNCTION, "s3:GetObject"),
    ([CREATE], "create_function", FUNCTION | {"Tags": {"a": "b"}}, "lambda:TagResource"),
    (
        [allow("lambda:CreateCodeSigningConfig")],
        "create_code_signing_config",
        {
            "AllowedPublishers": {
                "SigningProfileVersionArns": ["arn:aws:signer:us-east-1:{account}:/signing-profiles/app/0123456789"]
            },
            "Tags": {"sealgate:on-revocation": "Enforce"},
        },
        "lambda:TagResource",
    ),
    (
        [CREATE, deny("lambda:CreateFunction", Null={CONFIG_KEY: "true"})],
        "create_function",
        FUNCTION,
        "lambda:CreateFunction",
    ),
    (
        [allow("iam:PassRole", StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}), allow("lambda:*", "s3:*")],
        "create_function",
        FUNCTION,
        "iam:PassRole",
    ),
    (
        [allow("lambda:UpdateFunctionCode", "s3:GetObject")],
        "update_function_code",
        {"FunctionName": "app", "S3Bucket": BUCKET, "S3Key": "key", "S3ObjectVersion": "{version}"},
        "s3:GetObjectVersion",
    ),
    (
        [allow("lambda:UpdateFunctionCode", "s3:GetObject")],
        "update_function_code",
        {"FunctionName": "app", "S3Bucket": BUCKET, "S3Key": "absent"},
        "s3:ListBucket",
    ),
    (
        [allow("lambda:UpdateFunctionCode", on="arn:aws:lambda:us-east-1:{account}:function:other")],
        "update_function_code",
        {"FunctionName": "arn:aws:lambda:us-east-1:{account}:function:app", "ZipFile": b"x"},
        "lambda:UpdateFunctionCode",
    ),
    (
        [allow("lambda:*"), deny("lambda:PutFunctionCodeSigningConfig", ArnNotEquals={CONFIG_KEY: "{config}"})],
        "put_function_code_signing_config",
        ATTACH,
        None,
    ),
    (
        [allow("lambda:*"), deny("lambda:PutFunctionCodeSigningConfig", ArnEquals={CONFIG_KEY: "{config}"})],
        "put_function_code_signing_config",
        ATTACH,
        "lambda:PutFunctionCodeSigningConfig",
    ),
    (
        [allow("lambda:PutFunctionCodeSigningConfig", on="arn:aws:lambda:us-east-1:{account}:function:app")],
        "put_function_code_signing_config",
        ATTACH,
        "lambda:PutFunctionCodeSigningConfig",
    ),
    (
        [allow("lambda:*"), deny("lambda:DeleteFunctionCodeSigningConfig")],
        "delete_function_code_signing_config",
        {"FunctionName": "app"},
        "lambda:DeleteFunctionCodeSigningConfig",
    ),
]


@pytest.mark.parametrize(("policy", "operation", "members", "denied"), LAMBDA_ROWS)
def test_lambda(
    place: Place, policy: list[dict[str, Any]], operation: str, members: dict[str, Any], denied: str | None
) -> None:
    assert place.denial(place.user(*policy), f"lambda.{operation}", members) == denied


@pytest.mark.parametrize("key", ["key", "absent"])
def test_lambda_says_which_object_its_caller_may_not_read(place: Place, key: str) -> None:
    policy = [allow("lambda:*"), *([] if key == "key" else [allow("s3:GetObject")])]
    with pytest.raises(ClientError) as denied:
        place.user(*policy).client("lambda").update_function_code(FunctionName="app", S3Bucket=BUCKET, S3Key=key)
    code, status, text = error_of(denied)
    assert (code, status) == ("AccessDeniedException", 403)
    assert text.startswith(_FETCH_DENIED.format(f"{BUCKET}/{key}"))
