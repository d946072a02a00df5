"""What a step makes is noted in the transaction that makes it: a crash leaves both, or neither."""

from collections.abc import Callable
from typing import Any

import pytest

from sealgate.server.house import House
from sealgate.services.stacks.resources.registry import RESOURCE_TYPES
from sealgate.services.stacks.templates.validation import read_properties
from tests.support.deployment import zip_of
from tests.support.resources import Stack
from tests.support.running import PYTHON
from tests.support.stack_user import LAMBDA_TRUST

STATEMENT = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
DOCUMENT = {"Version": "2012-10-17", "Statement": STATEMENT}
PUBLISHER = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/app/abcdefghij"
CONFIG = {"AllowedPublishers": {"SigningProfileVersionArns": [PUBLISHER]}}


def bucket(stack: Stack) -> str:
    """Make a bucket with a package in it."""
    name = f"code-{stack.cloud.account}"
    stack.client("s3").create_bucket(Bucket=name)
    stack.client("s3").put_object(Bucket=name, Key="k", Body=zip_of())
    return name


def function(stack: Stack) -> dict[str, Any]:
    """Declare a function, which has its name."""
    role = f"arn:aws:iam::{stack.cloud.account}:role/runner"
    code = {"ZipFile": "# one\n"}
    return {"FunctionName": "own", "Code": code, "Handler": "index.handler", "Role": role, "Runtime": PYTHON}


def layer(stack: Stack) -> dict[str, Any]:
    return {"LayerName": "own", "Content": {"S3Bucket": bucket(stack), "S3Key": "k"}}


def version(stack: Stack) -> dict[str, Any]:
    return {"FunctionName": stack.make("AWS::Lambda::Function", **function(stack)).ref}


def alias(stack: Stack) -> dict[str, Any]:
    return {**version(stack), "FunctionVersion": "$LATEST", "Name": "live"}


def bucket_policy(stack: Stack) -> dict[str, Any]:
    name = bucket(stack)
    statement = {**STATEMENT, "Principal": "*", "Resource": f"arn:aws:s3:::{name}"}
    return {"Bucket": name, "PolicyDocument": {**DOCUMENT, "Statement": statement}}


PROPERTIES: dict[str, dict[str, Any]] = {
    "AWS::IAM::Group": {"GroupName": "own"},
    "AWS::IAM::ManagedPolicy": {"ManagedPolicyName": "own", "PolicyDocument": DOCUMENT},
    "AWS::IAM::Role": {"RoleName": "own", "AssumeRolePolicyDocument": LAMBDA_TRUST},
    "AWS::IAM::User": {"UserName": "own"},
    "AWS::Lambda::CodeSigningConfig": CONFIG,
    "AWS::Logs::LogGroup": {"LogGroupName": "own"},
    "AWS::SSM::Parameter": {"Name": "own", "Type": "String", "Value": "v"},
    "AWS::Signer::SigningProfile": {"ProfileName": "own", "PlatformId": "AWSLambda-SHA384-ECDSA"},
}
PREPARED: dict[str, Callable[[Stack], dict[str, Any]]] = {
    "AWS::Lambda::Alias": alias,
    "AWS::Lambda::Function": function,
    "AWS::Lambda::LayerVersion": layer,
    "AWS::Lambda::Version": version,
    "AWS::S3::Bucket": lambda stack: {"BucketName": f"own-{stack.cloud.account}"},
    "AWS::S3::BucketPolicy": bucket_policy,
}
"""Those whose properties name what is there before: it is made."""


class Notes:
    """What was noted, each with whether that was durable at once, hence not with what it is about."""

    def __init__(self, house: House) -> None:
        self.found: list[tuple[str, bool]] = []
        self._db = house.db

    def __call__(self, physical_id: str) -> None:
        durable: list[bool] = []
        self._db.after_commit(lambda: durable.append(True))
        self.found.append((physical_id, bool(durable)))


@pytest.mark.parametrize("kind", [*PROPERTIES, *PREPARED])
def test_what_is_made_is_noted_with_it_and_is_not_made_again(house: House, stack: Stack, kind: str) -> None:
    found = RESOURCE_TYPES[kind]
    properties = read_properties(found, "Thing", PREPARED[kind](stack) if kind in PREPARED else PROPERTIES[kind])
    noted = Notes(house)
    made = found.create(stack.call(kind=kind, record=noted), properties)
    assert noted.found[0] == (made.physical_id, False)
    assert found.create(stack.call(kind=kind, recorded=made.physical_id), properties) == made


def test_an_access_key_is_noted_with_it(house: House, stack: Stack) -> None:
    user = stack.make("AWS::IAM::User")
    key = stack.make("AWS::IAM::AccessKey", UserName=user.ref)
    noted = Notes(house)
    made = key.kind.create(stack.call(kind="AWS::IAM::AccessKey", record=noted), key.properties)
    assert noted.found == [(made.physical_id, False)]
