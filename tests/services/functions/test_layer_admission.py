"""Layers are judged as the function's code is, wherever a function takes code or layers."""

import dataclasses
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sealgate.errors import SealgateError
from sealgate.package.rules import MAX_EXPANDED
from sealgate.services.audit.notes import taking_notes
from sealgate.services.functions.errors import (
    NotProperlySigned,
    PublisherNotAccepted,
    UnzippedTooLarge,
    UpdateInProgress,
)
from sealgate.services.functions.settings import SettingsChange
from sealgate.services.layers.errors import LayerToAttachNotFound
from sealgate.store.layers import LayerVersion, layer_versions
from sealgate.store.metrics import FAILED_DEPLOYMENTS
from tests.services.functions.test_admission import (
    Maker,
    by_another_publisher,
    expired,
    expired_and_revoked,
    job_revoked,
    profile_revoked_afterwards,
    profile_revoked_before,
    signed,
    statuses,
    unsigned,
    unvouched,
)
from tests.support.deployment import SCOPE, DeploymentHouse, zip_of
from tests.support.functions import ROLE


@pytest.fixture
def house(tmp_path: Path) -> Iterator[DeploymentHouse]:
    house = DeploymentHouse(tmp_path)
    yield house
    house.close()


def retimed(house: DeploymentHouse) -> bytes:
    """A sealed package whose first entry has another time: readable, and not what was signed."""
    data = bytearray(house.sign().data)
    for place in (10, data.index(b"PK\1\2") + 12):
        data[place] ^= 2
    return bytes(data)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A layer's package, the outcome, and the first check that failed."""

    maker: Maker
    outcome: str
    kind: str | None


# Package of the layer, outcome under Enforce and under Warn, first check that failed.
TABLE: list[tuple[Maker, str, str, str | None]] = [
    (signed, "ALLOW", "ALLOW", None),
    (unsigned, "DENY", "WARN", "MISMATCH"),
    (retimed, "DENY", "DENY", "INTEGRITY"),
    (unvouched, "DENY", "DENY", "INTEGRITY"),
    (by_another_publisher, "DENY", "WARN", "MISMATCH"),
    (expired, "DENY", "WARN", "EXPIRED"),
    (job_revoked, "DENY", "WARN", "REVOKED"),
    (profile_revoked_before, "DENY", "WARN", "REVOKED"),
    (profile_revoked_afterwards, "ALLOW", "ALLOW", None),
    (expired_and_revoked, "DENY", "WARN", "EXPIRED"),
]
ROWS = [
    pytest.param(Row(maker=maker, outcome=outcome, kind=kind), policy, id=f"{maker.__name__} under {policy}")
    for maker, enforce, warn, kind in TABLE
    for policy, outcome in (("Enforce", enforce), ("Warn", warn))
]
FIRST_ROWS = ROWS[:6]
"""Let in, warned of and refused: for the operations that come to the same judgement by another way."""


def settings(*layers: LayerVersion) -> SettingsChange:
    arns = tuple(each.arn for each in layers)
    return SettingsChange(role=ROLE, runtime="python3.13", handler="app.handler", layers=arns)


def attempt(call: Callable[[], object]) -> SealgateError | None:
    try:
        call()
    except SealgateError as error:
        return error
    return None


def good_code(house: DeploymentHouse) -> bytes:
    """A package that is let in, whatever became of the layer's profile: it is signed by another."""
    return house.sign(profile_version_arn=OTHER_PUBLISHER).data


OTHER_PUBLISHER = "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/code/AAAAAAAAAA"


def config_of(house: DeploymentHouse, policy: str, row: Row) -> str:
    """Make a config that allows the code's publisher, and the layer's but where the row is about another one."""
    if row.maker is by_another_publisher:
        return house.make_config(policy, house.profile.version_arn, OTHER_PUBLISHER.replace("code", "third"))
    return house.make_config(policy, house.profile.version_arn, OTHER_PUBLISHER)


def check(house: DeploymentHouse, error: SealgateError | None, row: Row, layer: LayerVersion, operation: str) -> None:
    """Check the answer, and what was written down about the layer."""
    if row.outcome == "DENY":
        assert isinstance(error, NotProperlySigned if row.kind == "INTEGRITY" else PublisherNotAccepted)
        assert error.message.endswith(f" Check the provided signature for {layer.arn}.")
    else:
        assert error is None
    (decision,) = (each for each in house.decisions() if each.layer_arn is not None and each.operation == operation)
    assert (decision.layer_arn, decision.package_sha256) == (layer.arn, layer.code_sha256)
    assert (decision.outcome, decision.kind, decision.function) == (row.outcome, row.kind, "app")


def code_for(house: DeploymentHouse, row: Row) -> bytes:
    return house.sign().data if row.maker is by_another_publisher else good_code(house)


@pytest.mark.parametrize(("row", "policy"), FIRST_ROWS)
def test_a_creation_with_a_layer_is_judged(house: DeploymentHouse, row: Row, policy: str) -> None:
    layer = house.publish(row.maker(house))
    config, code = config_of(house, policy, row), code_for(house, row)
    error = attempt(lambda: house.create(code, settings=settings(layer), config_arn=config))
    check(house, error, row, layer, "CreateFunction")
    found = [each.function for each in house.functions.list_functions(SCOPE, marker=None, limit=None).items]
    assert [each.layers for each in found] == ([] if row.outcome == "DENY" else [(layer.arn,)])


@pytest.mark.parametrize(("row", "policy"), ROWS)
def test_a_change_of_layers_is_judged(house: DeploymentHouse, row: Row, policy: str) -> None:
    layer = house.publish(row.maker(house))
    house.create()
    house.configs.attach(SCOPE, "app", config_of(house, policy, row))
    before = house.get()
    error = attempt(lambda: house.functions.update_settings(SCOPE, "app", settings(layer)))
    check(house, error, row, layer, "UpdateFunctionConfiguration")
    after = house.get()
    assert (after == before) if row.outcome == "DENY" else (after.layers == (layer.arn,))


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(("row", "policy"), FIRST_ROWS)
def test_new_code_is_judged_with_the_layers_that_the_function_has(
    house: DeploymentHouse, row: Row, policy: str, *, dry_run: bool
) -> None:
    layer = house.publish(row.maker(house))
    house.create(settings=settings(layer))
    house.configs.attach(SCOPE, "app", config_of(house, policy, row))
    before, code = house.get(), code_for(house, row)
    error = attempt(lambda: house.update(code, dry_run=dry_run))
    check(house, error, row, layer, "UpdateFunctionCode")
    assert (house.get() == before) is (dry_run or row.outcome == "DENY")


class TestSeveralPackages:
    def test_the_code_is_named_before_layers_and_layers_in_order(self, house: DeploymentHouse) -> None:
        first, second = (house.publish(unsigned(house), name=name) for name in ("first", "second"))
        good = house.publish(signed(house), name="good")
        house.create(settings=settings(good, first, second))
        house.configs.attach(SCOPE, "app", house.make_config("Enforce"))
        function = house.get()
        for code, subject in ((unsigned(house), function.arn), (signed(house), first.arn)):
            with pytest.raises(PublisherNotAccepted) as refused:
                house.update(code)
            assert refused.value.message.endswith(f" Check the provided signature for {subject}.")

    def test_each_is_written_down_and_they_count_as_one_failure(self, house: DeploymentHouse) -> None:
        layers = [house.publish(unsigned(house), name=name) for name in ("first", "second")]
        house.create(unsigned(house), settings=settings(*layers), config_arn=house.make_config("Warn"))
        decisions = house.decisions()
        assert {each.layer_arn for each in decisions} == {None, layers[0].arn, layers[1].arn}
        assert len({each.deployment_id for each in decisions}) == 1
        assert all(("publisher", "failed") in statuses(each) for each in decisions)
        with house.db.read() as tx:
            since = house.clock().replace(second=0, microsecond=0)
            counted = FAILED_DEPLOYMENTS.count(
                tx,
                account=SCOPE.account,
                region=SCOPE.region,
                function="app",
                since=since,
                until=since.replace(year=since.year + 1),
                period=since.replace(year=since.year + 1) - since,
            )
        assert counted == {0: 1}

    def test_the_event_says_how_each_was_judged(self, house: DeploymentHouse) -> None:
        bad, good = house.publish(unsigned(house), name="bad"), house.publish(signed(house), name="good")
        with taking_notes() as notes:
            house.create(signed(house), settings=settings(bad, good), config_arn=house.make_config("Warn"))
        told = json.loads(json.dumps(notes.sealgate()))["admission"]
        assert (told["outcome"], told["failed"]) == ("WARN", "MISMATCH")
        assert {each["check"]: each["status"] for each in told["checks"]}["publisher"] == "passed"
        assert [(each["layerVersionArn"], each["outcome"], each["failed"]) for each in told["layers"]] == [
            (bad.arn, "WARN", "MISMATCH"),
            (good.arn, "ALLOW", None),
        ]
        assert told["layers"][1]["signature"]["jobArn"] == good.job_arn
        additional = notes.additional()
        assert additional is not None
        assert (additional["signatureStatus"], additional["signingJobArn"]) == ("MISMATCH", house.get().job_arn)

    def test_a_change_of_layers_alone_tells_of_no_code(self, house: DeploymentHouse) -> None:
        layer = house.publish(signed(house))
        house.create(config_arn=house.make_config("Warn"))
        with taking_notes() as notes:
            house.functions.update_settings(SCOPE, "app", SettingsChange(layers=(layer.arn,)))
        told = notes.sealgate()
        assert told is not None
        assert not {"checks", "packageSha256"} & set(told["admission"])
        assert notes.additional() == {"signatureStatus": "VALID"}

    def test_a_doubt_about_a_layer_is_logged_with_its_arn(
        self, house: DeploymentHouse, caplog: pytest.LogCaptureFixture
    ) -> None:
        layer = house.publish(unsigned(house))
        house.create(signed(house), settings=settings(layer), config_arn=house.make_config("Warn"))
        ((_, level, text),) = caplog.record_tuples
        assert level == logging.WARNING
        assert f"function:app, CreateFunction, {layer.arn}: " in text

    def test_without_a_config_nothing_is_demanded_and_all_is_written_down(self, house: DeploymentHouse) -> None:
        layer = house.publish(retimed(house))
        house.create(settings=settings(layer))
        assert house.get().layers == (layer.arn,)
        assert [(each.layer_arn, each.outcome, each.config_arn) for each in house.decisions()] == [
            (None, "ALLOW", None),
            (layer.arn, "ALLOW", None),
        ]


class TestMeanwhile:
    """What happens between the look at the layers and the transaction that stores them."""

    @pytest.fixture
    def layer(self, house: DeploymentHouse) -> LayerVersion:
        house.create(config_arn=house.make_config("Warn"))
        house.configs.attach(SCOPE, "app", house.make_config("Enforce"))
        return house.publish(house.sign().data)

    def attach(self, house: DeploymentHouse, layer: LayerVersion) -> None:
        house.functions.update_settings(SCOPE, "app", SettingsChange(layers=(layer.arn,)))

    def test_a_layer_that_is_deleted_is_not_attached(self, house: DeploymentHouse, layer: LayerVersion) -> None:
        house.clock.when_next_read(lambda: house.layers.delete(SCOPE, "library", 1))
        with pytest.raises(LayerToAttachNotFound):
            self.attach(house, layer)
        assert house.get().layers == ()

    def test_a_revocation_is_heeded(self, house: DeploymentHouse, layer: LayerVersion) -> None:
        assert layer.job_arn is not None
        job_id = layer.job_arn.rpartition("/")[2]
        house.clock.when_next_read(lambda: house.revocation.revoke_signature(SCOPE, job_id, reason="withdrawn"))
        with pytest.raises(PublisherNotAccepted):
            self.attach(house, layer)
        assert house.decisions()[-1].kind == "REVOKED"

    def test_a_change_of_the_function_is_a_conflict(self, house: DeploymentHouse, layer: LayerVersion) -> None:
        change = SettingsChange(timeout=9)
        house.clock.when_next_read(lambda: house.functions.update_settings(SCOPE, "app", change))
        with pytest.raises(UpdateInProgress):
            self.attach(house, layer)
        assert (house.get().layers, house.get().timeout) == ((), 9)

    def test_another_config_is_the_one_that_judges(self, house: DeploymentHouse, layer: LayerVersion) -> None:
        strict = house.make_config("Enforce", OTHER_PUBLISHER)
        house.clock.when_next_read(lambda: house.configs.attach(SCOPE, "app", strict))
        with pytest.raises(PublisherNotAccepted):
            self.attach(house, layer)
        assert house.decisions()[-1].config_arn == strict

    def test_a_deleted_layer_that_a_function_has_is_still_judged(
        self, house: DeploymentHouse, layer: LayerVersion
    ) -> None:
        self.attach(house, layer)
        house.layers.delete(SCOPE, "library", 1)
        house.update(house.sign().data)
        assert house.get().layers == (layer.arn,)
        assert layer.job_arn is not None
        house.revocation.revoke_signature(SCOPE, layer.job_arn.rpartition("/")[2], reason="withdrawn")
        with pytest.raises(PublisherNotAccepted):
            house.update(house.sign().data)

    def test_a_config_that_comes_with_the_layers_judges_them(self, house: DeploymentHouse, layer: LayerVersion) -> None:
        strict = house.make_config("Enforce", OTHER_PUBLISHER)
        with pytest.raises(PublisherNotAccepted):
            house.functions.update_settings(SCOPE, "app", SettingsChange(layers=(layer.arn,)), config_arn=strict)
        assert house.get().config_arn != strict


class TestSize:
    def resize(self, house: DeploymentHouse, layer: LayerVersion, size: int) -> None:
        with house.db.write() as tx:
            layer_versions.replace(tx, dataclasses.replace(layer, unzipped_size=size))

    def test_code_and_layers_have_one_limit_together(self, house: DeploymentHouse) -> None:
        layer = house.publish()
        house.create(name="alone")
        code = house.get("alone").unzipped_size
        assert code > 0
        self.resize(house, layer, MAX_EXPANDED - code)
        house.create(settings=settings(layer))
        self.resize(house, layer, MAX_EXPANDED - code + 1)
        too_large: list[Callable[[], object]] = [
            lambda: house.create(name="other", settings=settings(layer)),
            lambda: house.functions.update_settings(SCOPE, "alone", SettingsChange(layers=(layer.arn,))),
            lambda: house.update(zip_of()),
        ]
        for call in too_large:
            with pytest.raises(UnzippedTooLarge, match=r"^Unzipped size must be smaller than 262144000 bytes$"):
                call()
