"""What the signer of packages makes of a service that fails, is slow, or signs something else."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.errors import Conflict, IntegrityError, NotFound, PackageError
from sealgate.package.canonical import PackagePlan, plan_package
from sealgate.packaging.bucket import Bucket
from sealgate.packaging.signer import Demands, Outcome, PackageSigner
from tests.support.authority import ARN, NOW
from tests.support.packing import member, write
from tests.support.sealed import EXPIRY, roots_of, shared_authority, sign_bytes

PLAN = plan_package([member("app.py", b"x")])
JOB = {"status": "Succeeded", "signedObject": {"s3": {"bucketName": "b", "key": "signed.zip"}}}
NO_JOB = NotFound("there is no such job", reason="ResourceNotFoundException")


class Service:
    """S3 and Signer in one: answers what it was told to, and keeps what it was asked."""

    endpoint = "http://127.0.0.1:1"

    def __init__(self, jobs: Sequence[Any], signed: bytes = b"", found: Sequence[str] = ()) -> None:
        self._jobs = iter(jobs)
        self._signed = signed
        self._found = [{"Key": key, "LastModified": NOW} for key in found]
        self.asked: list[str] = []

    def call(self, operation: str, **members: Any) -> Any:
        self.asked.append(operation)
        match operation:
            case "list_objects_v2":
                return {"Contents": self._found} if self._found else {}
            case "put_object":
                return {"VersionId": "v"} if members["Body"].read() else {}
            case "get_object":
                return {"Body": io.BytesIO(self._signed), "VersionId": "v"}
            case "start_signing_job":
                return {"jobId": "job"}
        assert operation == "describe_signing_job"
        job = next(self._jobs)
        if isinstance(job, Exception):
            raise job
        return job


class Bench:
    """A signer of packages on a service, and how long it has waited."""

    def __init__(self, service: Service, folder: Path, at: datetime = NOW) -> None:
        self.waits: list[float] = []
        self.signer = PackageSigner(
            service=service,
            bucket=Bucket(s3=service, name="b", prefix=""),
            profile="app",
            owner=None,
            demands=Demands(
                roots=roots_of(shared_authority()),
                profile_version_arn=ARN,
                renew_before=timedelta(days=30),
                clock=lambda: at,
            ),
            folder=folder,
            sleep=self.waits.append,
        )

    def sign(self, plan: PackagePlan = PLAN) -> Outcome:
        return self.signer.sign([plan, plan])[plan.identity].outcome


def signed(plan: PackagePlan = PLAN, **change: Any) -> bytes:
    return sign_bytes(write(plan), **change)[0]


def test_a_job_is_waited_for_ever_longer_but_never_long(tmp_path: Path) -> None:
    bench = Bench(Service([{"status": "InProgress"}] * 9 + [JOB], signed()), tmp_path)

    assert bench.sign() is Outcome.SIGNED
    assert bench.waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


def test_a_job_that_never_ends_is_given_up(tmp_path: Path) -> None:
    bench = Bench(Service([{"status": "InProgress"}] * 1000), tmp_path)

    with pytest.raises(Conflict, match="still in progress after 60"):
        bench.sign()


def test_a_job_that_fails_is_told_with_its_reason(tmp_path: Path) -> None:
    bench = Bench(Service([{"status": "Failed", "statusReason": "the profile is gone"}]), tmp_path)

    with pytest.raises(Conflict, match="signing job job has failed: the profile is gone"):
        bench.sign()


def test_a_package_that_was_named_twice_is_signed_once(tmp_path: Path) -> None:
    service = Service([JOB], signed())
    Bench(service, tmp_path).sign()

    assert service.asked.count("start_signing_job") == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: signed(plan_package([member("app.py", b"y")])), "has signed something else"),
        (lambda: write(PLAN), "carries no signature"),
        (lambda: signed(profile_version_arn=ARN[:-1] + "X"), "it was signed by"),
        (lambda: b"PK" + signed()[2:-1], "end record"),
    ],
    ids=["another package", "unsigned", "another profile version", "damaged"],
)
def test_what_comes_back_is_verified(tmp_path: Path, answer: Any, words: str) -> None:
    bench = Bench(Service([JOB], answer()), tmp_path)

    with pytest.raises((IntegrityError, PackageError), match=words):
        bench.sign()


@pytest.mark.parametrize(
    ("job", "at", "outcome"),
    [
        (JOB, NOW, Outcome.REUSED),
        (JOB, EXPIRY - timedelta(days=30), Outcome.SIGNED),
        (JOB | {"revocationRecord": {"reason": "stolen"}}, NOW, Outcome.SIGNED),
        ({"status": "Failed"}, NOW, Outcome.SIGNED),
        (NO_JOB, NOW, Outcome.SIGNED),
    ],
    ids=["good", "about to expire", "revoked", "failed", "unknown"],
)
def test_a_package_is_taken_again_only_if_it_is_good(tmp_path: Path, job: Any, at: datetime, outcome: Outcome) -> None:
    jobs = [job, JOB] if at == NOW else [JOB]
    bench = Bench(Service(jobs, signed(), found=["signed/x.zip"]), tmp_path, at)

    assert bench.sign() is outcome


def test_a_service_that_cannot_answer_is_no_reason_to_sign_anew(tmp_path: Path) -> None:
    bench = Bench(Service([Conflict("try later")], signed(), found=["signed/x.zip"]), tmp_path)

    with pytest.raises(Conflict, match="try later"):
        bench.sign()
