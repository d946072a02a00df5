import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from sealgate.errors import IntegrityError
from sealgate.services.audit.actors import Actor, actor_of, describe_actor, name_of, unknown_actor
from sealgate.services.audit.event_ids import new_event_id
from sealgate.services.audit.events import AuditEvent, read_record, record_event
from sealgate.services.audit.subjects import resource_of, storable
from sealgate.store.audit import EventRecord, EventResource
from tests.support.audit import PROFILE, a_call
from tests.support.signer import NOW, SCOPE

ROLE = "arn:aws:iam::111122223333:role/ci/signer"
SESSION = actor_of(
    "arn:aws:sts::111122223333:assumed-role/signer/build-7",
    user_id="AROASIGNER:build-7",
    access_key_id="ASIABUILD",
    role_arn=ROLE,
    session_began_at=NOW,
    source_identity="ann",
)
ACTORS = {
    "root": (
        actor_of(SCOPE.caller_arn, user_id=SCOPE.account, access_key_id="AKIAROOT"),
        "root",
        {
            "type": "Root",
            "principalId": SCOPE.account,
            "arn": SCOPE.caller_arn,
            "accountId": SCOPE.account,
            "accessKeyId": "AKIAROOT",
        },
    ),
    "user": (
        actor_of("arn:aws:iam::111122223333:user/team/ann", user_id="AIDAANN", access_key_id="AKIAANN"),
        "ann",
        {
            "type": "IAMUser",
            "principalId": "AIDAANN",
            "arn": "arn:aws:iam::111122223333:user/team/ann",
            "accountId": SCOPE.account,
            "accessKeyId": "AKIAANN",
            "userName": "ann",
        },
    ),
    "session": (
        SESSION,
        "build-7",
        {
            "type": "AssumedRole",
            "principalId": "AROASIGNER:build-7",
            "arn": "arn:aws:sts::111122223333:assumed-role/signer/build-7",
            "accountId": SCOPE.account,
            "accessKeyId": "ASIABUILD",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROASIGNER",
                    "arn": ROLE,
                    "accountId": SCOPE.account,
                    "userName": "signer",
                },
                "attributes": {"creationDate": "2026-11-24T09:25:49Z", "mfaAuthenticated": "false"},
                "sourceIdentity": "ann",
            },
        },
    ),
    "unknown": (unknown_actor("AKIANOBODY"), None, {"type": "Unknown", "accessKeyId": "AKIANOBODY"}),
    "no arn": (actor_of("-", user_id="", access_key_id=""), None, {"type": "Unknown"}),
    "another arn": (
        actor_of("arn:aws:iam::111122223333:group/x", user_id="", access_key_id=""),
        None,
        {"type": "Unknown"},
    ),
}


@pytest.mark.parametrize(("actor", "name", "identity"), ACTORS.values(), ids=ACTORS.keys())
def test_who_did_it_is_told_as_in_cloudtrail(actor: Actor, name: str | None, identity: dict[str, Any]) -> None:
    assert describe_actor(actor) == identity
    assert name_of(identity) == name


def made(event: AuditEvent) -> tuple[EventRecord, dict[str, Any]]:
    record = record_event(event, recorded_at=NOW)
    return record, json.loads(record.text)


def test_an_event_has_cloudtrails_members() -> None:
    record, said = made(a_call())
    assert said == {
        "eventVersion": "1.11",
        "userIdentity": ACTORS["root"][2],
        "eventTime": "2026-11-24T09:25:49Z",
        "eventSource": "signer.amazonaws.com",
        "eventName": "GetSigningProfile",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2",
        "requestParameters": {"profileName": "app"},
        "responseElements": None,
        "requestID": "request",
        "eventID": record.event_id,
        "readOnly": True,
        "resources": [{"ARN": PROFILE, "type": "AWS::Signer::SigningProfile", "accountId": SCOPE.account}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": SCOPE.account,
        "eventCategory": "Management",
    }
    assert record == EventRecord(
        event_id=record.event_id,
        account=SCOPE.account,
        region=SCOPE.region,
        recorded_at=NOW,
        event_time=NOW.replace(microsecond=0),
        text=record.text,
        event_name="GetSigningProfile",
        event_source="signer.amazonaws.com",
        user_name="root",
        access_key_id="AKIAROOT",
        read_only=True,
        category="Management",
        resources=(EventResource(type="AWS::Signer::SigningProfile", name=PROFILE),),
    )


FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:app"
ADMISSION = {
    "function": FUNCTION,
    "packageSha256": "ab" * 32,
    "signature": {"profileVersionArn": f"{PROFILE}/AbCdEf0123", "jobArn": None},
}


@pytest.mark.parametrize(
    "event",
    [
        a_call(),
        a_call(error_code="AccessDenied", error_message="no", response_elements={"a": 1}, additional={"b": 2}),
        a_call(actor=unknown_actor(), account="", resources=("*",)),
        a_call(actor=SESSION, category="Data"),
        a_call(sealgate={"admission": ADMISSION}),
        a_call(event_name="\0" * 3000, resources=("arn:aws:s3:::b/\0",)),
    ],
    ids=["read", "refused", "nobody", "session", "deployment", "hostile"],
)
def test_the_row_follows_from_the_text(event: AuditEvent) -> None:
    record, _ = made(event)
    assert read_record(record.text, recorded_at=record.recorded_at) == record


def test_a_deployment_is_filed_under_its_package_and_signer_too() -> None:
    record, _ = made(a_call(sealgate={"admission": ADMISSION}))
    assert [each.name for each in record.resources] == [
        PROFILE,
        FUNCTION,
        "sha256:" + "ab" * 32,
        f"{PROFILE}/AbCdEf0123",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"eventID": "x"}', '{"id": 1, "time": 2}', "null"])
def test_what_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError):
        read_record(text, recorded_at=NOW)


def test_sizes_are_bounded() -> None:
    _, said = made(
        a_call(
            request_parameters={"tags": "x" * 200_000},
            user_agent="u" * 5000,
            error_code="E",
            error_message="m" * 5000,
            resources=tuple(f"arn:aws:s3:::b/{number}" for number in range(1000)),
        )
    )
    assert said["requestParameters"] == {
        "omitted": True,
        "originalSize": 200_011,
        "reason": "size limit exceeded",
    }
    assert (len(said["userAgent"]), len(said["errorMessage"]), len(said["resources"])) == (1024, 1024, 20)


@pytest.mark.parametrize(
    ("arn", "kind"),
    [
        (PROFILE, "AWS::Signer::SigningProfile"),
        (f"{PROFILE}/AbCdEf0123", "AWS::Signer::SigningProfile"),
        ("arn:aws:signer:r:1:/signing-jobs/x", "AWS::Signer::SigningJob"),
        ("arn:aws:lambda:r:1:function:app", "AWS::Lambda::Function"),
        ("arn:aws:lambda:r:1:code-signing-config:csc-1", "AWS::Lambda::CodeSigningConfig"),
        ("arn:aws:s3:::bucket", "AWS::S3::Bucket"),
        ("arn:aws:s3:::bucket/key/\n", "AWS::S3::Object"),
        ("arn:aws:iam::1:role/x", "AWS::IAM::Role"),
        ("arn:aws:else", "AWS::Other::Resource"),
    ],
)
def test_resources_have_the_kinds_of_cloudformation(arn: str, kind: str) -> None:
    assert resource_of(arn) == EventResource(type=kind, name=arn)


def test_a_column_holds_no_nul_and_no_more_than_an_index_takes() -> None:
    assert storable("a\0b") == "a\N{REPLACEMENT CHARACTER}b"
    assert len(storable("\N{GRINNING FACE}" * 1000).encode()) == 2000
    assert storable("é" * 1001) == "é" * 1000


def test_ids_are_uuids_that_follow_the_time() -> None:
    ids = [new_event_id(NOW + timedelta(milliseconds=number)) for number in (0, 1, 2, 100_000_000)]
    assert ids == sorted(ids)
    assert all(str(uuid.UUID(each)) == each for each in ids)
    assert {(uuid.UUID(each).version, uuid.UUID(each).variant) for each in ids} == {(7, uuid.RFC_4122)}


def test_events_of_one_moment_have_different_ids() -> None:
    assert len({record_event(a_call(), recorded_at=NOW).event_id for _ in range(100)}) == 100
