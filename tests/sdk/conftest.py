"""One real server for all tests of S3 and STS, each with a bucket of its own; houses for tests that need no socket."""

import itertools
from collections.abc import Iterator

import pytest

from sealgate.config import Config
from sealgate.server.house import House, open_house
from tests.support.s3_client import S3
from tests.support.server import RunningServer, running_server

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server") / "data") as server:
        yield server


@pytest.fixture
def s3(server: RunningServer) -> S3:
    client = server.client("s3")
    bucket = f"bucket-{next(_NUMBERS)}"
    client.create_bucket(Bucket=bucket)
    return S3(server=server, client=client, bucket=bucket)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """What a server is made of, without a listener; its tests have accounts of their own."""
    house = open_house(Config(data=tmp_path_factory.mktemp("house") / "data"))
    yield house
    house.running.hosting.close()
    house.running.runner.close()
    house.trail.filing.close()
    house.db.close()
