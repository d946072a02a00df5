"""How often a call commits: what it changes and its audit event together, once; and one that changes nothing never."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import event

from sealgate.aws.apis import APIS
from sealgate.config import Config
from sealgate.server.house import open_house
from tests.support.cloud import Cloud, open_cloud

Call = Callable[[Cloud], Any]
PROFILE = {"profileName": "app", "platformId": "AWSLambda-SHA384-ECDSA"}


class Server:
    """One without a socket, that tells what it says to its database.

    Attributes:
        said: Each statement.
    """

    def __init__(self, folder: Path) -> None:
        self.said: list[str] = []
        self._house = open_house(Config(data=folder))
        engine = self._house.db.engine
        event.listen(engine, "connect", lambda driver, _: driver.set_trace_callback(self.said.append))
        self.cloud = open_cloud(self._house, APIS)

    def said_of(self, call: Call) -> list[str]:
        """Make a call; answer the beginnings of its writing transactions, and of what they add to."""
        self.said.clear()
        call(self.cloud)
        return [" ".join(each.split()[:3]) for each in self.said if each.startswith(("BEGIN IMM", "INSERT", "COMMIT"))]

    def file(self) -> None:
        """File what is in the journal."""
        self._house.trail.filing.settle()

    def close(self) -> None:
        self.cloud.root.close()
        self._house.trail.filing.close()
        self._house.running.hosting.close()
        self._house.running.runner.close()
        self._house.db.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data")
    yield server
    server.close()


def put_profile(cloud: Cloud) -> None:
    cloud.client("signer").put_signing_profile(**PROFILE)


def put_profile_in_vain(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="already exists"):
        put_profile(cloud)


def test_a_change_and_its_event_are_one_commit_and_a_refusal_leaves_its_event_in_the_journal(server: Server) -> None:
    events = ["INSERT INTO audit_events", "INSERT INTO audit_event_resources"]
    assert server.said_of(put_profile) == ["BEGIN IMMEDIATE", "INSERT INTO profiles", *events, "COMMIT"]
    assert server.said_of(put_profile_in_vain) == ["BEGIN IMMEDIATE"]
    assert server.said_of(lambda _: server.file()) == ["BEGIN IMMEDIATE", "INSERT INTO audit_events", "COMMIT"]


def get_profile(cloud: Cloud) -> None:
    cloud.client("signer").get_signing_profile(profileName="app")


def make_bucket(cloud: Cloud) -> None:
    cloud.client("s3").create_bucket(Bucket="bucket")


def make_user(cloud: Cloud) -> None:
    cloud.client("iam").create_user(UserName="ann")


def put_object(cloud: Cloud) -> None:
    cloud.client("s3").put_object(Bucket="bucket", Key="key", Body=b"x")


def test_changes_of_every_protocol_commit_once_and_reads_together_later(server: Server) -> None:
    put_profile(server.cloud)
    for call in (make_bucket, put_object, make_user):
        said = server.said_of(call)
        assert (said.count("COMMIT"), said.count("INSERT INTO audit_events")) == (1, 1), call.__name__
    for _ in range(3):
        assert server.said_of(get_profile) == []
    assert server.said_of(lambda _: server.file()).count("COMMIT") == 1
