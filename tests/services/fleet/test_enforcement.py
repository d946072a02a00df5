"""What a change of every config to Enforce would refuse, before it is made."""

from collections.abc import Callable

import pytest

from sealgate.services.functions.errors import CodeVerificationFailed
from tests.services.functions.test_admission import (
    by_another_publisher,
    expired,
    expired_and_revoked,
    job_revoked,
    profile_revoked_afterwards,
    signed,
    unsigned,
)
from tests.support.deployment import SCOPE, zip_of
from tests.support.fleet import FleetHouse

LIBRARY = zip_of({"python/library.py": b"answer = 42\n"})


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (signed, None),
        (profile_revoked_afterwards, None),
        (unsigned, "MISMATCH"),
        (by_another_publisher, "MISMATCH"),
        (expired, "EXPIRED"),
        (job_revoked, "REVOKED"),
        (expired_and_revoked, "EXPIRED"),
    ],
)
def test_what_would_be_refused_is_what_is_refused_then(
    house: FleetHouse, make: Callable[[FleetHouse], bytes], reason: str | None
) -> None:
    data, config = make(house), house.make_config("Warn")
    house.deploy(data, config_arn=config)
    refused = house.forecasts()["app"].refused
    assert (None if refused is None else refused.decision.kind) == reason

    house.configs.update(SCOPE, config, publishers=None, policy="Enforce", description=None)
    if reason is None:
        house.update(data)
    else:
        with pytest.raises(CodeVerificationFailed):
            house.update(data)


def test_a_stored_package_that_was_altered_would_be_refused(house: FleetHouse) -> None:
    house.deploy(house.sign().data, config_arn=house.make_config("Warn"))
    house.alter(house.get().code_sha256)
    refused = house.forecasts()["app"].refused
    assert refused is not None
    assert refused.decision.kind == "INTEGRITY"


def test_so_would_one_that_is_gone(house: FleetHouse) -> None:
    house.deploy(house.sign().data, config_arn=house.make_config("Warn"))
    house.blobs.path(house.get().code_sha256).unlink()
    refused = house.forecasts()["app"].refused
    assert refused is not None
    assert refused.decision.kind == "INTEGRITY"


def test_a_layer_is_judged_as_code_is(house: FleetHouse) -> None:
    layer = house.publish(LIBRARY)
    house.deploy(house.sign().data, layer, config_arn=house.make_config("Warn"))
    refused = house.forecasts()["app"].refused
    assert refused is not None
    assert (refused.part.layer, refused.decision.kind) == (layer, "MISMATCH")


def test_a_function_without_a_config_is_not_governed(house: FleetHouse) -> None:
    house.deploy(zip_of())
    forecast = house.forecasts()["app"]
    assert (forecast.holding.config, forecast.parts, forecast.refused) == (None, (), None)
    assert house.read_blobs.opened == []


def test_published_versions_are_deployed_no_more(house: FleetHouse) -> None:
    house.deploy(house.sign().data, config_arn=house.make_config("Warn"))
    house.publish_version()
    assert list(house.forecasts()) == ["app"]


def test_nothing_is_written_down(house: FleetHouse) -> None:
    house.deploy(zip_of(), config_arn=house.make_config("Warn"))
    before = house.decisions()
    house.forecasts()
    assert house.decisions() == before
