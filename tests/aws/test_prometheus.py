"""The page that Prometheus reads: what is on it, and who gets it."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from prometheus_client.parser import text_string_to_metric_families

from sealgate import __version__
from sealgate.aws.api.lambda_ import lambda_
from sealgate.aws.api.s3 import s3
from sealgate.aws.api.signer import signer
from sealgate.config import Config
from sealgate.server.house import open_house
from sealgate.server.lifecycle import make_app
from tests.support.deployment import zip_of
from tests.support.in_process import InProcess
from tests.support.running import PYTHON
from tests.support.toys import Toys

APIS = (signer, lambda_, s3)
PUBLISHER = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/app/abcdefghij"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Watched:
    """A server with a page for Prometheus."""

    def __init__(self, folder: Path) -> None:
        config = Config(data=folder, metrics=True)
        self.house = open_house(config)
        key = self.house.services.identity.create_account("111122223333", region="us-east-1")
        self.wire = InProcess(app=make_app(self.house, APIS, config), key=key)

    def close(self) -> None:
        self.wire.close()
        self.house.trail.filing.close()
        self.house.db.close()

    def read(self) -> Samples:
        families = text_string_to_metric_families(self.wire.send("GET", "/metrics").body.decode())
        samples = (sample for family in families for sample in family.samples)
        return {(each.name, frozenset(each.labels.items())): each.value for each in samples}

    def value(self, name: str, **labels: str) -> float | None:
        return self.read().get((name, frozenset(labels.items())))

    def deploy(self, policy: str | None, data: bytes | None = None, **members: Any) -> str:
        """Deploy a package, unsigned by default, to a new function; answer its name."""
        client, name = self.wire.client("lambda"), f"function-{uuid.uuid4()}"
        if policy is not None:
            made = client.create_code_signing_config(
                AllowedPublishers={"SigningProfileVersionArns": [PUBLISHER]},
                CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
            )
            members["CodeSigningConfigArn"] = made["CodeSigningConfig"]["CodeSigningConfigArn"]
        members["Code"] = {"ZipFile": data or zip_of()}
        role = "arn:aws:iam::111122223333:role/runner"
        client.create_function(FunctionName=name, Role=role, Runtime=PYTHON, Handler="a.b", **members)
        return name


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    watched = Watched(tmp_path_factory.mktemp("watched") / "data")
    yield watched
    watched.close()


def test_admissions_are_counted_by_outcome_and_reason(watched: Watched) -> None:
    watched.deploy(None)
    watched.deploy("Warn")
    for _ in range(2):
        with pytest.raises(ClientError):
            watched.deploy("Enforce")
    assert watched.value("sealgate_admissions_total", outcome="allow", reason="none") == 1
    assert watched.value("sealgate_admissions_total", outcome="warn", reason="mismatch") == 1
    assert watched.value("sealgate_admissions_total", outcome="deny", reason="mismatch") == 2


def test_dry_runs_are_not_counted(watched: Watched) -> None:
    name = watched.deploy(None)
    before = watched.value("sealgate_admissions_total", outcome="allow", reason="none")
    watched.wire.client("lambda").update_function_code(FunctionName=name, ZipFile=zip_of(), DryRun=True)
    assert watched.value("sealgate_admissions_total", outcome="allow", reason="none") == before


def test_requests_are_counted_by_operation_and_status(watched: Watched) -> None:
    client = watched.wire.client("signer")
    client.list_signing_profiles()
    for _ in range(2):
        with pytest.raises(ClientError):
            client.get_signing_profile(profileName="nobody")
    found = {"service": "signer", "operation": "ListSigningProfiles"}
    missing = {"service": "signer", "operation": "GetSigningProfile"}
    assert watched.value("sealgate_requests_total", **found, status="200") == 1
    assert watched.value("sealgate_requests_total", **missing, status="404") == 2
    assert watched.value("sealgate_request_duration_seconds_count", **missing) == 2
    assert watched.value("sealgate_request_duration_seconds_bucket", **missing, le="+Inf") == 2


def test_requests_for_nothing_that_there_is_have_no_names_of_their_own(watched: Watched) -> None:
    watched.wire.send("DELETE", f"/signing-profiles/{uuid.uuid4()}/{uuid.uuid4()}")
    assert watched.value("sealgate_requests_total", service="signer", operation="none", status="403") == 1


def test_jobs_are_counted_by_status_and_duration(watched: Watched) -> None:
    buckets, jobs = watched.wire.client("s3"), watched.wire.client("signer")
    buckets.create_bucket(Bucket="packages")
    buckets.put_bucket_versioning(Bucket="packages", VersioningConfiguration={"Status": "Enabled"})
    jobs.put_signing_profile(profileName="app", platformId="AWSLambda-SHA384-ECDSA")
    for body in (zip_of(), b"no archive"):
        version = buckets.put_object(Bucket="packages", Key="app.zip", Body=body)["VersionId"]
        jobs.start_signing_job(
            source={"s3": {"bucketName": "packages", "key": "app.zip", "version": version}},
            destination={"s3": {"bucketName": "packages"}},
            profileName="app",
        )
    assert watched.value("sealgate_signing_queue_length") == 2
    while watched.house.worker.run_one():
        pass
    assert watched.value("sealgate_signing_queue_length") == 0
    for status in ("Succeeded", "Failed"):
        assert watched.value("sealgate_signing_job_duration_seconds_count", status=status) == 1


def test_the_ends_of_certificates_and_the_build_are_told(watched: Watched) -> None:
    day = timedelta(days=1).total_seconds()
    root = watched.value("sealgate_certificate_expiry_seconds", certificate="root")
    issuing = watched.value("sealgate_certificate_expiry_seconds", certificate="issuing")
    assert root is not None
    assert issuing is not None
    assert root > issuing > day
    assert any(name == "sealgate_build_info" and ("version", __version__) in labels for name, labels in watched.read())


def test_the_page_is_plain_text_without_a_body_for_head(watched: Watched) -> None:
    answer = watched.wire.send("HEAD", "/metrics")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_a_bucket_may_have_the_name_of_the_page(watched: Watched) -> None:
    client = watched.wire.client("s3")
    client.create_bucket(Bucket="metrics")
    client.put_object(Bucket="metrics", Key="a", Body=b"b")
    assert [each["Key"] for each in client.list_objects_v2(Bucket="metrics")["Contents"]] == ["a"]


def test_it_is_shown_only_where_that_was_asked_for(toys: Toys) -> None:
    answer, other = toys.wire.send("GET", "/metrics"), toys.wire.send("GET", "/metricz")
    assert (answer.status, answer.headers.keys()) == (other.status, other.headers.keys())
    assert b"sealgate_" not in answer.body


def test_each_server_counts_for_itself(watched: Watched, tmp_path: Path) -> None:
    watched.wire.client("signer").list_signing_profiles()
    other = Watched(tmp_path / "data")
    assert not any(name == "sealgate_requests_total" for name, _ in other.read())
    other.close()
