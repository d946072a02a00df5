"""A server that takes functions which it cannot run, and what it says when they are invoked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sealgate.server.house import House
from sealgate.store.invocations import queued_invocations
from tests.support.cloud import Cloud
from tests.support.invoking import Functions
from tests.support.lambda_cloud import open_lambda
from tests.support.refusals import error_of
from tests.support.signed_functions import running_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path / "data", any_runtime=True) as house:
        yield house


@pytest.fixture
def cloud(house: House) -> Iterator[Cloud]:
    cloud = open_lambda(house)
    yield cloud
    cloud.root.close()


def test_what_cannot_run_here_is_deployed_and_says_why_when_it_is_invoked(cloud: Cloud, house: House) -> None:
    functions = Functions(cloud.client("lambda"), role=f"arn:aws:iam::{cloud.account}:role/absent")
    name = functions.make("", Runtime="java21")
    functions.client.update_function_configuration(FunctionName=name, Runtime="nodejs16.x")
    with pytest.raises(functions.client.exceptions.InvalidParameterValueException) as caught:
        functions.call(name)
    code, status, message = error_of(caught)
    assert (code, status, message.split(":")[0]) == ("InvalidParameterValueException", 400, "runtime nodejs16.x")
    answer = functions.client.invoke(FunctionName=name, InvocationType="Event")
    house.services.invocations.queue.run_due()
    with house.db.read() as tx:
        row = queued_invocations.find(tx, request_id=answer["ResponseMetadata"]["RequestId"])
    assert row is not None
    assert (row.status, row.attempts, row.reason) == ("Waiting", 0, message)
