"""What the signature of each deployed version is worth now."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from sealgate.services.fleet.fleet import Status
from sealgate.services.fleet.holdings import Holding
from sealgate.trust.roots import TrustRoots, authority_root
from tests.support.deployment import SCOPE, zip_of
from tests.support.fleet import FleetHouse
from tests.support.sealed import new_authority

LIBRARY = zip_of({"python/library.py": b"answer = 42\n"})


def deploy_signed(house: FleetHouse) -> None:
    house.deploy(house.sign().data)


def nothing(house: FleetHouse) -> None:
    deploy_signed(house)


def deploy_unsigned(house: FleetHouse) -> None:
    house.deploy(zip_of())


def let_expire(house: FleetHouse) -> None:
    deploy_signed(house)
    house.clock.advance(days=1)


def revoke_job(house: FleetHouse) -> None:
    made = house.sign()
    house.deploy(made.data)
    house.revocation.revoke_signature(SCOPE, made.job.job_id, reason="stolen")


def revoke_profile(house: FleetHouse, *, before: timedelta) -> None:
    deploy_signed(house)
    house.clock.advance(hours=2)
    moment = house.clock() - before
    version = house.profile.version
    house.revocation.revoke_profile(SCOPE, "app", version=version, reason="lost", effective_from=moment)


def revoke_profile_from_before(house: FleetHouse) -> None:
    revoke_profile(house, before=timedelta(hours=3))


def revoke_profile_from_afterwards(house: FleetHouse) -> None:
    revoke_profile(house, before=timedelta(hours=1))


def revoke_and_let_expire(house: FleetHouse) -> None:
    revoke_job(house)
    house.clock.advance(days=1)


def alter_signed(house: FleetHouse) -> None:
    deploy_signed(house)
    house.alter(house.get().code_sha256)


def alter_unsigned(house: FleetHouse) -> None:
    deploy_unsigned(house)
    house.alter(house.get().code_sha256)


def lose(house: FleetHouse) -> None:
    deploy_signed(house)
    house.blobs.path(house.get().code_sha256).unlink()


def exchange(house: FleetHouse) -> None:
    """Put another package, by the same profile, in the place of what was deployed."""
    deploy_signed(house)
    house.blobs.path(house.get().code_sha256).write_bytes(house.sign(LIBRARY).data)


@pytest.mark.parametrize(
    ("arrange", "status", "said"),
    [
        (nothing, "valid", ""),
        (deploy_unsigned, "unsigned", ""),
        (let_expire, "expired", "the signature expired at 2026-11-25T09:25:49"),
        (revoke_job, "revoked", "was revoked: stolen"),
        (revoke_profile_from_before, "revoked", "was revoked: lost"),
        (revoke_profile_from_afterwards, "valid", ""),
        (revoke_and_let_expire, "revoked", "the signature expired at 2026-11-25T09:25:49"),
        (alter_signed, "altered", "not those that were sealed"),
        (alter_unsigned, "altered", "the stored package was altered: its SHA-256 is"),
        (lose, "altered", "is missing from"),
        (exchange, "altered", "the stored package is another one"),
    ],
)
def test_each_version_has_the_status_of_now(
    house: FleetHouse, arrange: Callable[[FleetHouse], None], status: str, said: str
) -> None:
    arrange(house)
    state = house.state()
    assert state.status == status
    assert said in "\n".join(state.parts[0].state.details)
    assert house.survey().is_sound is (status in ("valid", "unsigned"))


def test_a_signature_whose_root_is_trusted_no_more_does_not_count(house: FleetHouse) -> None:
    deploy_signed(house)
    others = TrustRoots(roots=(authority_root(new_authority().root_certificate),))
    (version,) = house.survey(roots=others).versions
    assert version.status is Status.ALTERED


@pytest.mark.parametrize(("is_signed", "status"), [(True, "valid"), (False, "unsigned")])
def test_a_version_is_as_good_as_its_worst_layer(house: FleetHouse, is_signed: bool, status: str) -> None:
    layer = house.publish(house.sign(LIBRARY).data if is_signed else LIBRARY)
    house.deploy(house.sign().data, layer)
    assert house.state().status == status
    house.alter(layer.code_sha256)
    state = house.state()
    assert [each.state.status for each in state.parts] == [Status.VALID, Status.ALTERED]
    assert (state.status, state.parts[1].part.layer) == (Status.ALTERED, layer)


def test_a_published_version_keeps_its_own_status(house: FleetHouse) -> None:
    revoke_job(house)
    house.publish_version()
    house.update(house.sign(LIBRARY).data)
    assert house.statuses() == {"app:$LATEST": "valid", "app:1": "revoked"}
    counts = house.survey().counts
    assert counts == {
        Status.VALID: 1,
        Status.UNSIGNED: 0,
        Status.EXPIRED: 0,
        Status.REVOKED: 1,
        Status.ALTERED: 0,
    }


def pointers(holding: Holding) -> dict[str, float]:
    return {each.alias.name: round(each.weight, 6) for each in holding.pointers}


def test_each_version_has_the_aliases_that_point_at_it(house: FleetHouse) -> None:
    deploy_signed(house)
    house.publish_version()
    house.update(house.sign(LIBRARY).data)
    house.publish_version()
    house.point("live", "1", routing={"2": 0.1})
    house.point("beta", "2")
    latest, first, second = (each.holding for each in house.survey().versions)
    assert (pointers(latest), pointers(first)) == ({}, {"live": 0.9})
    assert pointers(second) == {"beta": 1.0, "live": 0.1}


def test_each_package_is_read_once(house: FleetHouse) -> None:
    layer = house.publish(LIBRARY)
    house.deploy(zip_of(), layer)
    house.deploy(zip_of(), layer, name="other")
    house.publish_version()
    house.survey()
    assert sorted(house.read_blobs.opened) == sorted({house.get().code_sha256, layer.code_sha256})


def test_only_an_account_or_a_region_can_be_looked_at(house: FleetHouse) -> None:
    deploy_signed(house)
    assert house.statuses(account=SCOPE.account, region=SCOPE.region) == {"app:$LATEST": "valid"}
    assert house.statuses(account="999999999999") == house.statuses(region="us-east-1") == {}


def test_the_fleet_of_every_account_is_looked_at(house: FleetHouse) -> None:
    deploy_signed(house)
    house.deploy_elsewhere("theirs", zip_of())
    assert house.statuses() == {"app:$LATEST": "valid", "theirs:$LATEST": "unsigned"}


def test_a_layer_that_is_deleted_counts_as_long_as_a_function_has_it(house: FleetHouse) -> None:
    layer = house.publish(LIBRARY)
    house.deploy(house.sign().data, layer)
    house.layers.delete(SCOPE, layer.name, layer.version)
    assert house.state().status is Status.UNSIGNED
