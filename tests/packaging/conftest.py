"""One real server for all tests of packaging, and a folder and bucket for each."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.packaging import PROFILE, Workshop
from tests.support.server import RunningServer, running_server

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server") / "data") as server:
        server.client("signer").put_signing_profile(profileName=PROFILE, platformId="AWSLambda-SHA384-ECDSA")
        yield server


@pytest.fixture
def workshop(server: RunningServer, tmp_path: Path) -> Workshop:
    bucket = f"packages-{next(_NUMBERS)}"
    s3 = server.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return Workshop(server=server, bucket=bucket, folder=tmp_path)
