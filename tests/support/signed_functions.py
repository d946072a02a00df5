"""Signed functions of one account that really run, and what is stored of them; without a socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sealgate.aws.api.lambda_ import lambda_ as lambda_api
from sealgate.aws.api.s3 import s3 as s3_api
from sealgate.aws.api.signer import signer as signer_api
from sealgate.aws.operation import Api
from sealgate.clock import Clock, system_clock
from sealgate.config import Config
from sealgate.runtime.code_folder import CodeEntry, CodeFolder
from sealgate.server.house import House, open_house
from sealgate.store.functions import Function, find_latest
from tests.support.cloud import Cloud, open_cloud
from tests.support.invoking import Functions, package

BUCKET = "packages"


@contextmanager
def running_house(folder: Path, *, clock: Clock = system_clock, **config: Any) -> Iterator[House]:
    """Open a house that runs functions, and leave no process behind."""
    house = open_house(Config(data=folder, **config), clock=clock)
    try:
        yield house
    finally:
        house.running.hosting.close()
        house.running.runner.close()
        house.trail.filing.close()
        house.db.close()


class SignedFunctions:
    """An account with the profile `app`, a bucket, and functions whose packages this profile has signed.

    Args:
        house: The server's.
        apis: Operations that a test needs besides.
    """

    def __init__(self, house: House, *apis: Api) -> None:
        self.house = house
        self.cloud: Cloud = open_cloud(house, (s3_api, signer_api, lambda_api, *apis))
        self.client = self.cloud.client("lambda")
        self.functions = Functions(self.client, role=f"arn:aws:iam::{self.cloud.account}:role/absent")
        self._s3, self._signer = self.cloud.client("s3"), self.cloud.client("signer")
        self.bucket = f"{BUCKET}-{self.cloud.account}"
        self._s3.create_bucket(Bucket=self.bucket)
        self._s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.make_profile("app")

    def make_profile(self, name: str, **members: Any) -> str:
        """Make a profile; answer the ARN of its version."""
        made = self._signer.put_signing_profile(profileName=name, platformId="AWSLambda-SHA384-ECDSA", **members)
        return str(made["profileVersionArn"])

    def sign(self, data: bytes, *, profile: str = "app") -> tuple[bytes, str]:
        """Answer a signed package, and the id of the job."""
        version = self._s3.put_object(Bucket=self.bucket, Key="app.zip", Body=data)["VersionId"]
        job = self._signer.start_signing_job(
            source={"s3": {"bucketName": self.bucket, "key": "app.zip", "version": version}},
            destination={"s3": {"bucketName": self.bucket, "prefix": "signed/"}},
            profileName=profile,
        )["jobId"]
        while self.house.worker.run_one():
            pass
        key = self._signer.describe_signing_job(jobId=job)["signedObject"]["s3"]["key"]
        return bytes(self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()), str(job)

    def revoke(self, job: str) -> None:
        """Revoke what a job has signed."""
        self._signer.revoke_signature(jobId=job, reason="stolen")

    def make(self, files: Mapping[str, str] | str, *, profile: str = "app", **members: Any) -> tuple[str, str]:
        """Create a function of a signed package, unpacked; answer its name, and the id of the job."""
        data, job = self.sign(package(files), profile=profile)
        name = self.functions.make("", Code={"ZipFile": data}, **members)
        self.unpack()
        return name, job

    def unpack(self) -> None:
        """Wait until what was deployed is unpacked."""
        self.house.running.hosting._unpacking.submit(int).result()

    def row(self, name: str) -> Function:
        """What is stored of a function."""
        with self.house.db.read() as tx:
            function = find_latest(tx, account=self.cloud.account, region="us-east-1", name=name)
        assert function is not None
        return function

    def entry(self, sha256: str) -> CodeEntry:
        """What is unpacked of a package."""
        return CodeFolder(self.house.folder.code).entry(sha256)

    def end_processes(self) -> None:
        """End every process: what is invoked next starts anew."""
        self.house.running.host.end(lambda _: True)

    def close(self) -> None:
        self.cloud.root.close()
