"""What changes of functions mean for the processes that run them."""

from collections.abc import Iterator

import pytest

from tests.support.signed_functions import SignedFunctions, running_house

CODE = "def handler(event, context): return 42"
NETWORK = {"sealgate:network": "host"}


@pytest.fixture
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedFunctions]:
    with running_house(tmp_path_factory.mktemp("hosting") / "data") as house:
        signed = SignedFunctions(house)
        yield signed
        signed.close()


def networks(deployed: SignedFunctions) -> list[str]:
    """The networks that processes have."""
    keys = deployed.house.running.host.keys()
    return [key.split()[2] for key in keys]


def test_a_process_ends_when_its_function_has_another_network(deployed: SignedFunctions) -> None:
    name = deployed.functions.make(CODE, Tags=NETWORK)
    arn = deployed.row(name).arn
    assert deployed.functions.call(name).value == 42
    deployed.client.tag_resource(Resource=arn, Tags={"team": "red"})
    assert networks(deployed) == ["host"]
    deployed.client.untag_resource(Resource=arn, TagKeys=list(NETWORK))
    assert networks(deployed) == []
    assert deployed.functions.call(name).value == 42
    assert networks(deployed) == ["none"]


def test_a_deployment_succeeds_while_the_server_stops(deployed: SignedFunctions) -> None:
    deployed.house.running.hosting.close()
    name = deployed.functions.make(CODE)
    assert deployed.functions.call(name).value == 42
