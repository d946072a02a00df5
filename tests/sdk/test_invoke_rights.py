"""Who may invoke what, which version an alias draws, and how many run at once; without a socket."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sealgate.server.house import House
from sealgate.services.invocations.service import InvocationService, Request
from sealgate.services.scope import Scope
from tests.support.cloud import Cloud
from tests.support.iam import allowing
from tests.support.invoking import Functions, is_busy, package, until
from tests.support.lambda_cloud import open_lambda
from tests.support.refusals import error_of

VERSION = "def handler(event, context): return [context.function_version, context.invoked_function_arn]"


@pytest.fixture(scope="module")
def cloud(house: House) -> Iterator[Cloud]:
    cloud = open_lambda(house)
    yield cloud
    cloud.root.close()


@pytest.fixture
def functions(cloud: Cloud) -> Functions:
    return Functions(cloud.client("lambda"), role=f"arn:aws:iam::{cloud.account}:role/absent")


def refused(client: Any, name: str, **members: Any) -> tuple[str, int, str]:
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.invoke(FunctionName=name, **members)
    return error_of(caught)


def arn_of(functions: Functions, name: str) -> str:
    return str(functions.client.get_function_configuration(FunctionName=name)["FunctionArn"])


def request(name: str, **changes: Any) -> Request:
    members: dict[str, Any] = {
        "request_id": "8f507cfc-97f1-4e38-b06a-0f8a6e3d1f5a",
        "function": name,
        "qualifier": None,
        "kind": "RequestResponse",
        "payload": b"1",
    }
    return Request(**members | changes)


def test_a_user_invokes_what_its_policy_names_and_nothing_else(cloud: Cloud, functions: Functions) -> None:
    name = functions.make(VERSION, Publish=True)
    functions.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    arn = arn_of(functions, name)
    user = cloud.user("invoker", allowing("lambda:InvokeFunction", f"{arn}:live"))
    client = user.client("lambda")
    assert Functions(client, role="").call(name, Qualifier="live").value == ["1", f"{arn}:live"]
    for kind in ("RequestResponse", "Event", "DryRun"):
        for qualifier, asked in (("1", f"{arn}:1"), ("$LATEST", f"{arn}:$LATEST")):
            code, status, message = refused(client, name, Qualifier=qualifier, InvocationType=kind)
            assert (code, status) == ("AccessDeniedException", 403)
            assert "is not authorized to perform: lambda:InvokeFunction on resource: " in message
            assert asked in message
    assert refused(client, name)[0] == "AccessDeniedException"


def test_another_account_invokes_what_a_function_policy_allows(cloud: Cloud, functions: Functions) -> None:
    other, name = cloud.other(), functions.make(VERSION, Publish=True)
    arn, theirs = arn_of(functions, name), other.client("lambda")
    assert refused(theirs, arn)[:2] == ("AccessDeniedException", 403)
    functions.client.add_permission(
        FunctionName=name,
        StatementId="other",
        Action="lambda:InvokeFunction",
        Principal=other.account,
        Qualifier="1",
    )
    assert Functions(theirs, role="").call(f"{arn}:1").value == ["1", f"{arn}:1"]
    assert theirs.invoke(FunctionName=f"{arn}:1", InvocationType="Event")["StatusCode"] == 202
    assert refused(theirs, arn)[0] == "AccessDeniedException"
    assert refused(theirs, name)[0] == "ResourceNotFoundException"
    functions.client.remove_permission(FunctionName=name, StatementId="other", Qualifier="1")
    assert refused(theirs, f"{arn}:1")[0] == "AccessDeniedException"


def test_an_alias_draws_between_its_versions_by_their_weights(cloud: Cloud, house: House, functions: Functions) -> None:
    name = functions.make(VERSION, Publish=True)
    functions.client.update_function_code(FunctionName=name, ZipFile=package(f"{VERSION} + [2]"), Publish=True)
    weights = {"AdditionalVersionWeights": {"2": 0.25}}
    functions.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)
    drawn = iter([0.0, 0.24, 0.25, 0.99])
    service = InvocationService(db=house.db, runner=house.running.runner, clock=house.clock, draw=lambda: next(drawn))
    scope = Scope(account=cloud.account, region="us-east-1", caller_arn="")
    ran = [service.invoke(scope, request(name, qualifier="live")) for _ in range(4)]
    assert [outcome.executed_version for outcome in ran] == ["2", "2", "1", "1"]
    assert [outcome.result.payload[:4] for outcome in ran if outcome.result] == [b'["2"', b'["2"', b'["1"', b'["1"']
    assert functions.call(name, Qualifier="live").version in ("1", "2")


def test_as_many_run_at_once_as_are_reserved(cloud: Cloud, house: House, functions: Functions) -> None:
    name = functions.make("import time\ndef handler(event, context): time.sleep(event)", Timeout=60)
    functions.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    scope = Scope(account=cloud.account, region="us-east-1", caller_arn="")
    arn = arn_of(functions, name)
    ended: list[Any] = []
    busy = threading.Thread(
        target=lambda: ended.append(house.services.invocations.invoke(scope, request(name, payload=b"60")))
    )
    busy.start()
    until(lambda: is_busy(house.running.host, name))
    code, status, _ = refused(functions.client, name, Payload=b"0")
    assert (code, status) == ("TooManyRequestsException", 429)
    house.running.host.end(lambda key: key.startswith(arn), now=True)
    busy.join()
    assert ended[0].result.error == "Unhandled"
    assert functions.call(name, 0).value is None
