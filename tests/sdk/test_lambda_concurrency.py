"""Reserved concurrency, the account's limits, and what no function here has, through boto3 without a socket."""

from collections.abc import Iterator
from typing import Any

import pytest

from sealgate.server.house import House
from tests.support.cloud import Cloud
from tests.support.deployment import zip_of
from tests.support.lambda_cloud import create_function, open_lambda
from tests.support.refusals import error_of


@pytest.fixture(scope="module")
def first(house: House) -> Iterator[Cloud]:
    cloud = open_lambda(house)
    yield cloud
    cloud.root.close()


@pytest.fixture
def cloud(first: Cloud) -> Cloud:
    """An account that nothing is reserved in."""
    return first.other()


TOO_MANY = (
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
    "below its minimum value of [100]."
)


def refused(client: Any, operation: str, **members: Any) -> tuple[str, int, str]:
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, operation)(**members)
    return error_of(caught)


def test_concurrency_is_reserved_told_and_released(cloud: Cloud) -> None:
    client, name = cloud.client("lambda"), create_function(cloud, Publish=True)["FunctionName"]
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=name)
    assert "Concurrency" not in client.get_function(FunctionName=name)
    put = client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert put["ReservedConcurrentExecutions"] == 0
    assert client.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 0
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=7)
    for form in (name, f"{name}:1"):
        assert client.get_function(FunctionName=form)["Concurrency"] == {"ReservedConcurrentExecutions": 7}
    for _ in range(2):
        answer = client.delete_function_concurrency(FunctionName=name)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "Concurrency" not in client.get_function(FunctionName=name)


def test_a_hundred_are_left_to_functions_that_reserve_nothing(cloud: Cloud) -> None:
    client = cloud.client("lambda")
    names = [create_function(cloud)["FunctionName"] for _ in range(2)]
    client.put_function_concurrency(FunctionName=names[0], ReservedConcurrentExecutions=500)
    client.put_function_concurrency(FunctionName=names[1], ReservedConcurrentExecutions=400)
    for wanted in (501, 2**31 - 1):
        assert refused(
            client, "put_function_concurrency", FunctionName=names[0], ReservedConcurrentExecutions=wanted
        ) == (
            "InvalidParameterValueException",
            400,
            TOO_MANY,
        )
    client.put_function_concurrency(FunctionName=names[0], ReservedConcurrentExecutions=499)
    settings = client.get_account_settings()
    assert settings["AccountLimit"]["UnreservedConcurrentExecutions"] == 101


def test_the_account_is_told_its_limits_and_what_it_uses(cloud: Cloud) -> None:
    client = cloud.client("lambda")
    size = create_function(cloud, Publish=True)["CodeSize"]
    settings = client.get_account_settings()
    assert settings["AccountLimit"] == {
        "TotalCodeSize": 80_530_636_800,
        "CodeSizeUnzipped": 262_144_000,
        "CodeSizeZipped": 52_428_800,
        "ConcurrentExecutions": 1000,
        "UnreservedConcurrentExecutions": 1000,
    }
    assert settings["AccountUsage"] == {"TotalCodeSize": 2 * size, "FunctionCount": 1}
    layer = client.publish_layer_version(LayerName="layer", Content={"ZipFile": zip_of()})
    used = client.get_account_settings()["AccountUsage"]["TotalCodeSize"]
    assert used == 2 * size + layer["Content"]["CodeSize"]


def test_a_missing_function_has_no_concurrency(cloud: Cloud) -> None:
    client = cloud.client("lambda")
    for operation, members in (
        ("put_function_concurrency", {"ReservedConcurrentExecutions": 1}),
        ("get_function_concurrency", {}),
        ("delete_function_concurrency", {}),
        ("list_provisioned_concurrency_configs", {}),
        ("list_function_url_configs", {}),
        ("get_runtime_management_config", {}),
        ("get_provisioned_concurrency_config", {"Qualifier": "1"}),
    ):
        found = refused(client, operation, FunctionName="nothing", **members)
        assert (found[:2], found[2].startswith("Function not found: ")) == (("ResourceNotFoundException", 404), True)


def test_what_no_function_has_is_answered_as_of_one_that_has_none(cloud: Cloud) -> None:
    client, name = cloud.client("lambda"), create_function(cloud, Publish=True)["FunctionName"]
    assert refused(client, "get_function_url_config", FunctionName=name) == (
        "ResourceNotFoundException",
        404,
        "The resource you requested does not exist.",
    )
    assert client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"] == []
    assert client.get_runtime_management_config(FunctionName=name)["UpdateRuntimeOn"] == "Auto"
    assert client.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"] == []
    assert refused(client, "get_provisioned_concurrency_config", FunctionName=name, Qualifier="1") == (
        "ProvisionedConcurrencyConfigNotFoundException",
        404,
        "No Provisioned Concurrency Config found for this function",
    )
    latest = refused(client, "get_provisioned_concurrency_config", FunctionName=name, Qualifier="$LATEST")
    assert latest[2] == "The function resource provided must be an alias or a published version."
    for operation in ("list_function_url_configs", "list_provisioned_concurrency_configs"):
        assert "pagination token" in refused(client, operation, FunctionName=name, Marker="x")[2]


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("create_function_url_config", {"AuthType": "NONE"}),
        ("put_provisioned_concurrency_config", {"Qualifier": "1", "ProvisionedConcurrentExecutions": 1}),
        ("put_runtime_management_config", {"UpdateRuntimeOn": "Auto"}),
    ],
)
def test_what_would_give_one_is_refused_by_name(cloud: Cloud, operation: str, members: dict[str, Any]) -> None:
    name = create_function(cloud)["FunctionName"]
    code, status, text = refused(cloud.client("lambda"), operation, FunctionName=name, **members)
    assert (code, status) == ("NotImplementedException", 501)
    assert operation.replace("_", "") in text.lower()
