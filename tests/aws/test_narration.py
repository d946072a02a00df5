"""What the events of calls say, and what none of them ever says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from sealgate.aws.api.cloudformation import cloudformation
from sealgate.aws.api.iam import iam
from sealgate.aws.api.lambda_ import lambda_
from sealgate.aws.api.logs import logs
from sealgate.aws.api.s3 import s3
from sealgate.aws.api.signer import signer
from sealgate.aws.api.sts import sts
from sealgate.aws.errors import WireError
from sealgate.aws.narration import Circumstances, Narration, lower_camel, narrate, tell_call, tell_unknown
from sealgate.aws.operation import Api
from sealgate.services.audit.actors import actor_of
from sealgate.services.audit.notes import Notes
from tests.support.audit import a_judgement, an_artifact

NOW = datetime(2026, 11, 24, 9, 25, 49, 569123, tzinfo=UTC)
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:app"
CALL = Circumstances(
    actor=actor_of("arn:aws:iam::111122223333:root", user_id="111122223333", access_key_id="AKIAROOT"),
    account="111122223333",
    region="eu-west-1",
    at=NOW,
    request_id="request",
    source_ip="192.0.2.7",
    user_agent="aws-cli/2",
)


def narration(api: Api, name: str) -> Narration:
    (operation,) = (each for each in api.operations if each.name == name)
    return narrate(operation)


@pytest.mark.parametrize(
    ("api", "operation", "name", "read_only", "category"),
    [
        (lambda_, "CreateFunction", "CreateFunction20150331", False, "Management"),
        (lambda_, "UpdateFunctionCode", "UpdateFunctionCode20150331v2", False, "Management"),
        (lambda_, "GetFunctionCodeSigningConfig", "GetFunctionCodeSigningConfig", True, "Management"),
        (lambda_, "Invoke", "Invoke", False, "Data"),
        (signer, "TagResource", "TagResource", False, "Management"),
        (signer, "DescribeSigningJob", "DescribeSigningJob", True, "Management"),
        (s3, "CreateBucket", "CreateBucket", False, "Management"),
        (s3, "PutObject", "PutObject", False, "Data"),
        (s3, "ListObjectsV2", "ListObjectsV2", True, "Data"),
        (sts, "AssumeRole", "AssumeRole", True, "Management"),
        (logs, "FilterLogEvents", "FilterLogEvents", True, "Management"),
        (cloudformation, "ValidateTemplate", "ValidateTemplate", True, "Management"),
    ],
)
def test_operations_have_the_names_and_kinds_of_cloudtrail(
    api: Api, operation: str, name: str, read_only: bool, category: str
) -> None:
    told = narration(api, operation)
    assert (told.name, told.read_only, told.category) == (name, read_only, category)
    assert told.source == f"{api.service}.amazonaws.com"


@pytest.mark.parametrize("api", [signer, lambda_, s3, iam, sts], ids=lambda api: api.service)
def test_every_bound_operation_can_be_told(api: Api) -> None:
    for operation in api.operations:
        if operation.binding is not None:
            assert narrate(operation).parameters({}) == {}


def test_packages_environments_and_credentials_are_left_out() -> None:
    given = {
        "FunctionName": "app",
        "Code": {"ZipFile": b"secret", "S3Bucket": "packages"},
        "Environment": {"Variables": {"PASSWORD": "secret"}},
        "Tags": {"team": "a"},
        "KMSKeyArn": "arn:kms",
        "Publish": False,
    }
    assert narration(lambda_, "CreateFunction").parameters(given) == {
        "functionName": "app",
        "code": {"s3Bucket": "packages"},
        "environment": {},
        "tags": {"team": "a"},
        "kMSKeyArn": "arn:kms",
        "publish": False,
    }
    key = {"UserName": "ann", "AccessKeyId": "AKIAANN", "SecretAccessKey": "secret", "CreateDate": NOW}
    told = narration(iam, "CreateAccessKey").elements({"AccessKey": key})
    assert told == {"accessKey": {"userName": "ann", "accessKeyId": "AKIAANN", "createDate": "2026-11-24T09:25:49Z"}}
    session = {"Credentials": {"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "SessionToken": "secret"}}
    assert narration(sts, "GetSessionToken").elements(session) == {"credentials": {"accessKeyId": "ASIA"}}
    assert narration(s3, "PutObject").parameters({"Bucket": "b", "Key": "k", "Body": object()}) == {
        "bucket": "b",
        "key": "k",
    }


@pytest.mark.parametrize(
    ("member", "told"),
    [("FunctionName", "functionName"), ("KMSKeyArn", "kMSKeyArn"), ("ACL", "acl"), ("S3Key", "s3Key")],
)
def test_members_are_named_as_in_cloudtrail(member: str, told: str) -> None:
    assert lower_camel(member) == told


def judged(outcome: str, failed: str | None, *, config: str | None = "arn:config", signed: bool = True) -> Notes:
    signer = ("arn:version", "arn:job") if signed else (None, None)
    whole = ("integrity", "passed", "whole")
    artifact = an_artifact(findings=(whole,), profile_version_arn=signer[0], job_arn=signer[1])
    return Notes(judgement=a_judgement(artifact, config_arn=config, outcome=outcome, failed=failed))


SIGNED = {"signingProfileVersionArn": "arn:version", "signingJobArn": "arn:job"}


@pytest.mark.parametrize(
    ("notes", "additional"),
    [
        (Notes(), None),
        (judged("ALLOW", None), {"signatureStatus": "VALID", **SIGNED}),
        (judged("WARN", "MISMATCH", signed=False), {"signatureStatus": "MISMATCH"}),
        (judged("WARN", "EXPIRED"), {"signatureStatus": "EXPIRED", **SIGNED}),
        (judged("DENY", "MISMATCH"), None),
        (judged("ALLOW", None, config=None), None),
    ],
    ids=["nothing judged", "valid", "unsigned", "expired", "refused", "no config"],
)
def test_a_deployment_let_in_says_how_its_signature_stands(notes: Notes, additional: Mapping[str, Any] | None) -> None:
    told = tell_call(narration(lambda_, "CreateFunction"), CALL, members={}, answer={}, notes=notes)
    assert told.additional == additional


def test_a_refused_deployment_says_what_each_check_found() -> None:
    error = WireError(code="CodeVerificationFailedException", status=400, message="no")
    told = tell_call(
        narration(lambda_, "CreateFunction"),
        CALL,
        members={"FunctionName": "app"},
        answer=None,
        error=error,
        resources=(FUNCTION,),
        notes=judged("DENY", "MISMATCH"),
    )
    assert (told.error_code, told.error_message) == ("CodeVerificationFailedException", "no")
    assert told.response_elements is None
    assert told.sealgate is not None
    admission = told.sealgate["admission"]
    assert admission["checks"] == [{"check": "integrity", "status": "passed", "detail": "whole"}]
    assert (admission["outcome"], admission["failed"], admission["function"]) == ("DENY", "MISMATCH", FUNCTION)
    assert admission["signature"] == {"profileVersionArn": "arn:version", "jobArn": "arn:job"}


def test_a_read_tells_no_answer_and_a_change_does() -> None:
    read = tell_call(narration(signer, "GetSigningProfile"), CALL, members={}, answer={"profileName": "app"})
    assert read.response_elements is None
    change = tell_call(narration(signer, "PutSigningProfile"), CALL, members={}, answer={"arn": "arn:x"})
    assert change.response_elements == {"arn": "arn:x"}


def test_a_denial_has_the_name_that_it_has_in_cloudtrail() -> None:
    denied = WireError(code="AccessDeniedException", status=403, message="no")
    assert tell_call(
        narration(signer, "PutSigningProfile"), CALL, members=None, answer=None, error=denied
    ).error_code == ("AccessDenied")
    told = tell_unknown("lambda", None, CALL, denied)
    assert (told.event_name, told.event_source) == ("UnknownOperation", "lambda.amazonaws.com")
    assert tell_unknown("signer", "GetSigningProfile", CALL, denied).read_only
