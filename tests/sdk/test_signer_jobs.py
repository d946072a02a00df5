"""Signing jobs and revocation through boto3 and the stock `aws` command line, over a real socket."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from sealgate.cli.env import OVERLAY
from tests.support.command_line import run_aws
from tests.support.refusals import error_of
from tests.support.server import RunningServer, running_server
from tests.support.signing import make_package

LAMBDA_PLATFORM = "AWSLambda-SHA384-ECDSA"
BUCKET = "packages"
OWNER = "000000000000"
AT_ONCE = {"Delay": 0, "MaxAttempts": 2000}


class House:
    """A profile `app`, a versioned bucket and another one, in one region of a running server."""

    def __init__(self, clients: RunningServer, *, region: str = "us-east-1", bucket: str = BUCKET) -> None:
        self.clients = clients
        self.signer = clients.client("signer", region=region)
        self.s3 = clients.client("s3", region=region)
        self.bucket = bucket
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
        self.s3.create_bucket(Bucket=bucket, **elsewhere)
        self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        self.s3.create_bucket(Bucket=f"{bucket}-plain", **elsewhere)
        self.profile = self.signer.put_signing_profile(profileName="app", platformId=LAMBDA_PLATFORM)

    def put(self, data: bytes) -> str:
        return str(self.s3.put_object(Bucket=self.bucket, Key="app.zip", Body=data)["VersionId"])

    def start(self, data: bytes | None = None, **members: Any) -> str:
        version = self.put(make_package() if data is None else data)
        request: dict[str, Any] = {
            "source": {"s3": {"bucketName": self.bucket, "key": "app.zip", "version": version}},
            "destination": {"s3": {"bucketName": self.bucket, "prefix": "signed-"}},
            "profileName": "app",
        }
        return str(self.signer.start_signing_job(**(request | members))["jobId"])

    def listed(self, **members: Any) -> list[str]:
        pages = self.signer.get_paginator("list_signing_jobs").paginate(**members)
        return [job["jobId"] for page in pages for job in page["jobs"]]

    def wait(self, job_id: str) -> Any:
        self.signer.get_waiter("successful_signing_job").wait(jobId=job_id, WaiterConfig=AT_ONCE)
        return self.signer.describe_signing_job(jobId=job_id)

    def fail(self, job_id: str) -> Any:
        with pytest.raises(WaiterError):
            self.wait(job_id)
        return self.signer.describe_signing_job(jobId=job_id)

    def status(self, client: Any, job_id: str, **members: Any) -> list[str]:
        query: dict[str, Any] = {
            "signatureTimestamp": datetime.now(UTC),
            "platformId": LAMBDA_PLATFORM,
            "profileVersionArn": self.profile["profileVersionArn"],
            "jobArn": f"arn:aws:signer:us-east-1:{OWNER}:/signing-jobs/{job_id}",
            "certificateHashes": ["00" * 96, "11" * 96],
        }
        return list(client.get_revocation_status(**(query | members))["revokedEntities"])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield House(running)


# Jobs.


def test_a_job_is_described_at_once_and_succeeds_with_awss_members(house: House) -> None:
    version = house.put(make_package())
    started = house.signer.start_signing_job(
        source={"s3": {"bucketName": BUCKET, "key": "app.zip", "version": version}},
        destination={"s3": {"bucketName": BUCKET, "prefix": "signed-"}},
        profileName="app",
        profileOwner=OWNER,
    )
    assert started["jobOwner"] == OWNER
    assert house.signer.describe_signing_job(jobId=started["jobId"])["status"] in ("InProgress", "Succeeded")
    job = house.wait(started["jobId"])
    assert job["completedAt"] >= job["createdAt"]
    assert job["signatureExpiresAt"] > job["createdAt"] + timedelta(days=4000)
    for member in ("ResponseMetadata", "createdAt", "completedAt", "signatureExpiresAt"):
        del job[member]
    assert job == {
        "jobId": started["jobId"],
        "source": {"s3": {"bucketName": BUCKET, "key": "app.zip", "version": version}},
        "platformId": LAMBDA_PLATFORM,
        "platformDisplayName": "AWS Lambda",
        "profileName": "app",
        "profileVersion": house.profile["profileVersion"],
        "requestedBy": f"arn:aws:iam::{OWNER}:root",
        "status": "Succeeded",
        "statusReason": "Signing Succeeded",
        "signedObject": {"s3": {"bucketName": BUCKET, "key": f"signed-{started['jobId']}.zip"}},
        "jobOwner": OWNER,
        "jobInvoker": OWNER,
    }


def test_the_signed_object_is_a_zip_with_the_signature(house: House) -> None:
    signed = house.wait(house.start())["signedObject"]["s3"]
    answer = house.s3.get_object(Bucket=signed["bucketName"], Key=signed["key"])
    assert answer["ContentType"] == "application/zip"
    assert b"META_INF/aws_signer_signature_v1.0.SF" in answer["Body"].read()


def test_without_a_prefix_the_signed_key_is_the_job_id(house: House) -> None:
    job_id = house.start(destination={"s3": {"bucketName": f"{BUCKET}-plain"}})
    assert house.wait(job_id)["signedObject"]["s3"] == {"bucketName": f"{BUCKET}-plain", "key": f"{job_id}.zip"}


@pytest.mark.parametrize(
    ("package", "text"),
    [
        (b"", "the file is empty"),
        (b"no ZIP at all, but some text", "not a ZIP archive"),
        (make_package("../escape.py"), "../escape.py"),
    ],
)
def test_a_failed_job_says_why_and_has_no_signed_object(house: House, package: bytes, text: str) -> None:
    job = house.fail(house.start(package))
    assert job["status"] == "Failed"
    assert text in job["statusReason"]
    assert "completedAt" in job
    assert not {"signedObject", "signatureExpiresAt", "revocationRecord"} & job.keys()


def test_a_token_makes_one_job_and_refuses_another_request(house: House) -> None:
    source = {"s3": {"bucketName": BUCKET, "key": "app.zip", "version": house.put(make_package())}}
    first = house.start(source=source, clientRequestToken="mine")
    assert house.start(source=source, clientRequestToken="mine") == first
    with pytest.raises(house.signer.exceptions.ValidationException) as refused:
        house.start(clientRequestToken="mine")
    assert error_of(refused)[2] == "clientRequestToken mine was used before, with other parameters"


@pytest.mark.parametrize(
    ("members", "code", "text"),
    [
        ({"profileName": "ghost"}, "ResourceNotFoundException", "profile with name ghost does not exist"),
        (
            {"profileOwner": "111122223333"},
            "AccessDeniedException",
            (
                f"User: arn:aws:iam::{OWNER}:root is not authorized to perform: signer:StartSigningJob on resource: "
                "arn:aws:signer:us-east-1:111122223333:/signing-profiles/app "
                "because no resource-based policy allows the signer:StartSigningJob action"
            ),
        ),
        ({"source": {}}, "ValidationException", "source.s3 must be present"),
        ({"destination": {}}, "ValidationException", "destination.s3.bucketName must be present"),
        ({"destination": {"s3": {"prefix": "x"}}}, "ValidationException", "destination.s3.bucketName must be present"),
        (
            {"destination": {"s3": {"bucketName": "ghost"}}},
            "ValidationException",
            "Destination bucket ghost: The specified bucket does not exist",
        ),
        (
            {"source": {"s3": {"bucketName": f"{BUCKET}-plain", "key": "app.zip", "version": "null"}}},
            "ValidationException",
            "Source object s3://packages-plain/app.zip (version null): bucket packages-plain is not versioned",
        ),
        (
            {"source": {"s3": {"bucketName": BUCKET, "key": "app.zip", "version": "ghost"}}},
            "ValidationException",
            f"Source object s3://{BUCKET}/app.zip (version ghost): The specified version does not exist.",
        ),
    ],
)
def test_a_job_that_cannot_be_is_refused_at_once(house: House, members: dict[str, Any], code: str, text: str) -> None:
    with pytest.raises(ClientError) as refused:
        house.start(**members)
    assert error_of(refused)[0] == code
    assert error_of(refused)[2] == text


@pytest.mark.parametrize("ended", ["Canceled", "Revoked"])
def test_an_ended_profile_signs_no_more(house: House, ended: str) -> None:
    version = house.signer.put_signing_profile(profileName=ended, platformId=LAMBDA_PLATFORM)["profileVersion"]
    if ended == "Canceled":
        house.signer.cancel_signing_profile(profileName=ended)
    else:
        house.signer.revoke_signing_profile(
            profileName=ended, profileVersion=version, reason="x", effectiveTime=datetime.now(UTC)
        )
    with pytest.raises(house.signer.exceptions.ValidationException) as refused:
        house.start(profileName=ended)
    assert error_of(refused)[2] == f"Cannot start a signing job with a profile in {ended} state"
    assert refused.value.response["code"] == "ProfileNotActive"


def test_an_unknown_job_is_not_found_and_the_waiter_stops_at_once(house: House) -> None:
    ghost = "11111111-1111-4111-8111-111111111111"
    with pytest.raises(house.signer.exceptions.ResourceNotFoundException):
        house.signer.describe_signing_job(jobId=ghost)
    with pytest.raises(WaiterError, match="ResourceNotFoundException"):
        house.signer.get_waiter("successful_signing_job").wait(jobId=ghost)


def test_the_waiter_of_the_command_line_succeeds(house: House) -> None:
    job_id = house.start()
    house.wait(job_id)
    waited = run_aws(
        "signer", "wait", "successful-signing-job", "--job-id", job_id, environment=house.clients.environment()
    )
    assert (waited.returncode, waited.stdout, waited.stderr) == (0, "", "")


# Lists. They see every job of the region, so a region of its own.


@pytest.fixture(scope="module")
def ireland(house: House) -> House:
    return House(house.clients, region="eu-west-1", bucket="packages-in-ireland")


def test_jobs_are_listed_newest_first_filtered_and_paged(ireland: House) -> None:
    good, bad, revoked = ireland.start(), ireland.start(b"no ZIP"), ireland.start()
    expires = ireland.wait(good)["signatureExpiresAt"]
    ireland.fail(bad)
    ireland.wait(revoked)
    ireland.signer.revoke_signature(jobId=revoked, reason="malware")
    listed, everyone = ireland.listed, [revoked, bad, good]
    root = f"arn:aws:iam::{OWNER}:root"

    elements = ireland.signer.list_signing_jobs()["jobs"]
    assert [(job["jobId"], job["isRevoked"]) for job in elements] == [(revoked, True), (bad, False), (good, False)]
    assert listed() == listed(maxResults=1) == listed(maxResults=2) == everyone
    assert listed(status="Failed") == [bad]
    assert listed(status="Succeeded", isRevoked=False) == [good]
    assert listed(isRevoked=True) == [revoked]
    assert listed(isRevoked=False) == [bad, good]
    assert listed(platformId=LAMBDA_PLATFORM, jobInvoker=OWNER, requestedBy=root) == everyone
    assert listed(jobInvoker="111122223333") == listed(requestedBy="x") == listed(platformId="x") == []
    assert listed(signatureExpiresAfter=expires - timedelta(seconds=1)) == [revoked, good]
    assert listed(signatureExpiresBefore=expires - timedelta(seconds=1)) == []


def test_an_element_of_the_list_has_awss_members(ireland: House) -> None:
    job_id = ireland.start()
    created_at = ireland.wait(job_id)["createdAt"]
    element = ireland.signer.list_signing_jobs(maxResults=1)["jobs"][0]
    assert element.pop("createdAt") == created_at
    assert element.pop("signatureExpiresAt") > created_at
    assert element.pop("source")["s3"]["key"] == "app.zip"
    assert element == {
        "jobId": job_id,
        "signedObject": {"s3": {"bucketName": "packages-in-ireland", "key": f"signed-{job_id}.zip"}},
        "signingMaterial": {},
        "status": "Succeeded",
        "isRevoked": False,
        "profileName": "app",
        "profileVersion": ireland.profile["profileVersion"],
        "platformId": LAMBDA_PLATFORM,
        "platformDisplayName": "AWS Lambda",
        "jobOwner": OWNER,
        "jobInvoker": OWNER,
    }


@pytest.mark.parametrize(
    ("members", "place"), [({"status": "Done"}, "status"), ({"jobInvoker": "not a number"}, "jobInvoker")]
)
def test_a_filter_against_the_models_rules_is_refused(house: House, members: dict[str, Any], place: str) -> None:
    with pytest.raises(house.signer.exceptions.ValidationException, match=f"at '{place}' failed"):
        house.signer.list_signing_jobs(**members)


# Revocation.


def test_a_revoked_signature_shows_its_record_and_stays_succeeded(house: House) -> None:
    job_id = house.start()
    house.wait(job_id)
    for reason in ("malware", "again"):
        house.signer.revoke_signature(jobId=job_id, reason=reason, jobOwner=OWNER)
    job = house.signer.describe_signing_job(jobId=job_id)
    assert job["status"] == "Succeeded"
    assert job["revocationRecord"]["reason"] == "malware"
    assert job["revocationRecord"]["revokedBy"] == f"arn:aws:iam::{OWNER}:root"
    assert job["revocationRecord"]["revokedAt"] >= job["completedAt"]


def test_what_cannot_be_revoked_is_refused(house: House) -> None:
    failed = house.fail(house.start(b"no ZIP"))["jobId"]
    for members, code in (
        ({"jobId": failed, "reason": "x"}, "ValidationException"),
        ({"jobId": "11111111-1111-4111-8111-111111111111", "reason": "x"}, "ResourceNotFoundException"),
        ({"jobId": failed, "reason": "x", "jobOwner": "111122223333"}, "AccessDeniedException"),
        ({"jobId": failed, "reason": "x" * 501}, "ValidationException"),
    ):
        with pytest.raises(ClientError) as refused:
            house.signer.revoke_signature(**members)
        assert error_of(refused)[0] == code


def test_the_command_line_asks_for_a_revocation_status_with_the_overlay(house: House) -> None:
    told = run_aws(
        *("signer", "get-revocation-status", "--signature-timestamp", "2026-11-24T09:25:49Z"),
        *("--platform-id", LAMBDA_PLATFORM, "--profile-version-arn", house.profile["profileVersionArn"]),
        *("--job-arn", f"arn:aws:signer:us-east-1:{OWNER}:/signing-jobs/none", "--certificate-hashes", "00" * 96),
        environment=house.clients.environment() | {"AWS_DATA_PATH": str(OVERLAY)},
    )
    assert (told.returncode, json.loads(told.stdout), told.stderr) == (0, {"revokedEntities": []}, "")


@pytest.mark.parametrize("service", ["signer", "signer-data"])
def test_the_revocation_status_names_the_revoked_job(house: House, service: str) -> None:
    client = house.clients.client(service)
    job_id = house.start()
    house.wait(job_id)
    assert house.status(client, job_id) == []
    house.signer.revoke_signature(jobId=job_id, reason="malware")
    assert house.status(client, job_id) == [f"arn:aws:signer:us-east-1:{OWNER}:/signing-jobs/{job_id}"]


def test_the_revocation_status_names_a_profile_for_signatures_made_later(house: House) -> None:
    made = house.signer.put_signing_profile(profileName="lost", platformId=LAMBDA_PLATFORM)
    effective = datetime.now(UTC) - timedelta(hours=1)
    house.signer.revoke_signing_profile(
        profileName="lost", profileVersion=made["profileVersion"], reason="x", effectiveTime=effective
    )
    arn = made["profileVersionArn"]
    for moment, expected in ((effective - timedelta(seconds=1), []), (effective + timedelta(seconds=1), [arn])):
        status = house.status(house.signer, "none", profileVersionArn=arn, signatureTimestamp=moment)
        assert status == expected


def test_the_revocation_status_of_another_platform_is_refused(house: House) -> None:
    with pytest.raises(house.signer.exceptions.ValidationException) as refused:
        house.status(house.signer, "none", platformId="AmazonFreeRTOS-Default")
    assert error_of(refused)[2] == "Invalid platformId: AmazonFreeRTOS-Default"


def test_under_strict_aws_the_lambda_platform_has_no_revocation_status(tmp_path: Path) -> None:
    with running_server(tmp_path / "data", strict_aws=True) as strict:
        house = House(strict)
        with pytest.raises(house.signer.exceptions.ValidationException) as refused:
            house.status(house.signer, "none")
    assert error_of(refused) == ("ValidationException", 400, "Invalid platformId: AWSLambda-SHA384-ECDSA")
