"""What a revocation stops, before it happens and after."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from sealgate.cms.envelope import parse_envelope
from sealgate.errors import Invalid
from sealgate.package.signature_entry import read_signature
from sealgate.package.source import BytesSource
from sealgate.services.fleet.impact import Impact, SubjectUnknown
from sealgate.services.signing.issuing_authorities import IssuingAuthorities
from sealgate.store.jobs import jobs
from sealgate.trust.chain import find_signer
from sealgate.values import replace
from sealgate.x509.certificates import fingerprint, name_by_content
from tests.support.deployment import SCOPE, Signed, zip_of
from tests.support.fleet import ELSEWHERE, FleetHouse
from tests.support.signer import NOW, new_profile

LIBRARY = zip_of({"python/library.py": b"answer = 42\n"})
ENFORCE, WARN = {"sealgate:on-revocation": "Enforce"}, {"sealgate:on-revocation": "Warn"}


def names(impact: Impact) -> list[str]:
    return [f"{each.holding.function.name}:{each.holding.function.version_name}" for each in impact.versions]


def effects(impact: Impact) -> tuple[str, str]:
    """Answer what becomes of the only version."""
    (found,) = impact.versions
    return found.deploying, found.starting


def deploy(house: FleetHouse, *, policy: str | None = None, tags: Mapping[str, str] | None = None) -> Signed:
    made = house.sign()
    config = None if policy is None else house.make_config(policy)
    house.deploy(made.data, config_arn=config, tags=tags or {})
    return made


def revoke_profile(house: FleetHouse, *, effective_from: datetime) -> None:
    version = house.profile.version
    house.revocation.revoke_profile(SCOPE, "app", version=version, reason="lost", effective_from=effective_from)


# What carries it.


def test_every_version_and_layer_that_a_job_has_signed_is_found(house: FleetHouse) -> None:
    library, code = house.sign(LIBRARY), house.sign()
    layer = house.publish(library.data)
    house.deploy(code.data, layer)
    house.publish_version()
    house.point("live", "1")
    house.deploy(zip_of(), layer, name="other")
    house.deploy(zip_of(), name="free")

    by_code, by_layer = house.impact(code.job.arn), house.impact(library.job.job_id)

    assert names(by_code) == ["app:$LATEST", "app:1"]
    assert [each.alias.name for each in by_code.versions[1].holding.pointers] == ["live"]
    assert by_code.layers == ()
    assert names(by_layer) == ["app:$LATEST", "app:1", "other:$LATEST"]
    assert [each.part.layer for each in by_layer.versions[0].parts] == [layer]
    assert [(each.layer, each.falls) for each in by_layer.layers] == [(layer, True)]


def test_a_deleted_layer_is_found_as_long_as_a_function_has_it(house: FleetHouse) -> None:
    made = house.sign(LIBRARY)
    kept, gone = house.publish(made.data), house.publish(made.data)
    house.deploy(zip_of(), kept)
    for each in (kept, gone):
        house.layers.delete(SCOPE, each.name, each.version)
    assert [each.layer.version for each in house.impact(made.job.arn).layers] == [kept.version]


def test_functions_of_every_account_are_found(house: FleetHouse) -> None:
    made = deploy(house)
    house.deploy_elsewhere("theirs", made.data)
    assert names(house.impact(made.job.arn)) == ["app:$LATEST", "theirs:$LATEST"]


def test_a_signed_file_is_its_job_wherever_it_lies(house: FleetHouse) -> None:
    made = deploy(house)
    impact = house.operator.of_package(house.get().code_sha256, made.job.arn)
    assert (impact.subject.kind, impact.subject.name, names(impact)) == ("signing job", made.job.arn, ["app:$LATEST"])


def test_of_an_unsigned_file_nothing_can_be_revoked(house: FleetHouse) -> None:
    house.deploy(zip_of(), config_arn=house.make_config("Warn"), tags=ENFORCE)
    impact = house.operator.of_package(house.get().code_sha256, None)
    assert effects(impact) == ("unaffected", "unaffected")


def test_a_job_that_nothing_carries_is_known_all_the_same(house: FleetHouse) -> None:
    impact = house.impact(house.sign().job.job_id)
    assert (impact.versions, impact.layers) == ((), ())


# What becomes of it.


@pytest.mark.parametrize(
    ("policy", "deploying"), [("Enforce", "refused"), ("Warn", "warned of"), (None, "not governed")]
)
def test_deployments_go_by_the_code_signing_config(house: FleetHouse, policy: str | None, deploying: str) -> None:
    made = deploy(house, policy=policy)
    assert effects(house.impact(made.job.arn)) == (deploying, "recorded")


@pytest.mark.parametrize(
    ("function", "config", "profile", "starting"),
    [
        ({}, {}, {}, "recorded"),
        ({}, {}, ENFORCE, "stopped"),
        ({}, ENFORCE, WARN, "stopped"),
        (WARN, ENFORCE, ENFORCE, "recorded"),
        (ENFORCE, {}, {}, "stopped"),
    ],
)
def test_starts_go_by_the_first_tag_that_says_something(
    house: FleetHouse,
    function: Mapping[str, str],
    config: Mapping[str, str],
    profile: Mapping[str, str],
    starting: str,
) -> None:
    house.profiles.tag(SCOPE, house.profile.arn, profile)
    made = deploy(house, policy="Warn", tags=function)
    if config:
        arn = house.get().config_arn
        assert arn is not None
        house.configs.tag(SCOPE, arn, config)
    house.publish_version()
    found = house.impact(made.job.arn).versions
    assert [each.starting for each in found] == [starting, starting]


def test_after_the_revocation_it_is_told_of_it(house: FleetHouse) -> None:
    made = deploy(house, policy="Enforce", tags=ENFORCE)
    assert house.impact(made.job.arn).subject.revocation is None
    house.revocation.revoke_signature(SCOPE, made.job.job_id, reason="stolen")
    impact = house.impact(made.job.arn)
    assert impact.subject.revocation is not None
    assert (impact.subject.revocation.reason, impact.subject.revocation.revoked_at) == ("stolen", NOW)
    assert effects(impact) == ("refused", "stopped")


# Profiles.


def test_a_profile_is_named_in_each_of_its_ways(house: FleetHouse) -> None:
    deploy(house)
    tutorial = house.profile.version_arn.replace("/app/", "/app/versions/")
    for name in ("app", house.profile.arn, house.profile.version_arn, tutorial):
        impact = house.impact(name)
        assert (impact.subject.name, names(impact)) == (house.profile.version_arn, ["app:$LATEST"])


def test_all_signatures_of_a_profile_fall_or_those_after_a_moment(house: FleetHouse) -> None:
    deploy(house, policy="Enforce")
    signed_at = house.clock().replace(microsecond=0)
    assert effects(house.impact("app")) == ("refused", "recorded")
    assert effects(house.impact("app", since=signed_at - timedelta(seconds=1))) == ("refused", "recorded")
    assert effects(house.impact("app", since=signed_at)) == ("unaffected", "unaffected")


def test_a_revoked_profile_takes_what_was_signed_after_its_effective_time(house: FleetHouse) -> None:
    deploy(house, policy="Enforce")
    house.clock.advance(hours=1)
    moment = house.clock()
    house.clock.advance(hours=1)
    house.deploy(house.sign(LIBRARY).data, name="later", config_arn=house.make_config())
    revoke_profile(house, effective_from=moment)

    impact = house.impact("app")
    assert [each.deploying for each in impact.versions] == ["unaffected", "refused"]
    assert impact.subject.effective_from == moment
    moved_back = house.impact("app", since=moment - timedelta(days=1))
    assert [each.deploying for each in moved_back.versions] == ["refused", "refused"]
    moved_on = house.impact("app", since=moment + timedelta(days=1))
    assert [each.deploying for each in moved_on.versions] == ["unaffected", "refused"]


def test_a_name_that_two_profiles_have_must_be_narrowed(house: FleetHouse) -> None:
    other = house.profiles.put(ELSEWHERE, new_profile("app"))
    with pytest.raises(Invalid, match="names 2 things"):
        house.impact("app")
    assert house.impact("app", account=ELSEWHERE.account).subject.name == other.version_arn
    assert house.impact("app", region=SCOPE.region).subject.name == house.profile.version_arn


# Certificates.


def leaf_of(made: Signed) -> x509.Certificate:
    block = read_signature(BytesSource(made.data))
    assert block is not None
    envelope = parse_envelope(block, strict=True)
    return find_signer(envelope.certificates, envelope.issuer, envelope.serial)


def test_what_an_issuing_ca_has_vouched_for_stands_unless_records_are_doubted(house: FleetHouse) -> None:
    deploy(house, policy="Enforce", tags=ENFORCE)
    issuing = house.authority.issuing_certificate
    named = (
        fingerprint(issuing),
        fingerprint(issuing)[:8],
        f"{issuing.serial_number:x}",
        issuing.subject.rfc4514_string(),
    )
    for name in named:
        impact = house.impact(name)
        assert impact.subject.name == issuing.subject.rfc4514_string()
        assert effects(impact) == ("unaffected", "unaffected")
    doubted = house.impact(named[0], since=house.clock() - timedelta(days=1))
    assert effects(doubted) == ("refused", "stopped")
    assert effects(house.operator.of_certificate(issuing)) == ("unaffected", "unaffected")


def test_what_has_fallen_with_an_issuing_ca_is_told(house: FleetHouse) -> None:
    deploy(house, policy="Enforce", tags=ENFORCE)
    issuing = house.authority.issuing_certificate
    IssuingAuthorities(db=house.db, clock=house.clock).revoke(
        name_by_content(issuing), name="CN=x", effective_from=NOW - timedelta(days=1), reason="key stolen"
    )
    impact = house.operator.of_certificate(issuing)
    assert impact.subject.revocation is not None
    assert impact.subject.revocation.reason == "key stolen"
    assert effects(impact) == ("refused", "stopped")


def test_another_issuing_ca_has_its_own_signatures(house: FleetHouse) -> None:
    made = deploy(house)
    first = house.authority.issuing_certificate
    with house.db.write() as tx:
        jobs.replace(tx, replace(made.job, issuing_ca=name_by_content(first)))
    house.authority.rotate()
    assert names(house.operator.of_certificate(first)) == ["app:$LATEST"]
    assert names(house.operator.of_certificate(house.authority.issuing_certificate)) == []


def test_a_signers_certificate_is_read_from_the_packages(house: FleetHouse) -> None:
    made = deploy(house, policy="Enforce")
    house.deploy(zip_of(), name="free")
    leaf = leaf_of(made)
    for impact in (
        house.operator.of_certificate(leaf),
        house.impact(f"{leaf.serial_number:x}"),
        house.impact(fingerprint(leaf).upper()),
    ):
        assert (impact.subject.kind, names(impact)) == ("certificate", ["app:$LATEST"])
        assert effects(impact) == ("refused", "recorded")


def test_the_root_stands(house: FleetHouse) -> None:
    with pytest.raises(Invalid, match="that is the root"):
        house.operator.of_certificate(house.authority.root_certificate)


# What is not known.


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "99999999-9999-4999-8999-999999999999",
        "abcdef0123456789",
        "CN=nobody",
        "arn:aws:signer:eu-west-1:111122223333:/signing-jobs/99999999-9999-4999-8999-999999999999",
        "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/other",
        "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/other/AAAAAAAAAA",
    ],
)
def test_what_nothing_carries_and_nobody_knows_is_said_so(house: FleetHouse, name: str) -> None:
    deploy(house)
    with pytest.raises(SubjectUnknown, match="nothing deployed carries it"):
        house.impact(name)


def test_so_is_a_file_that_nobody_has(house: FleetHouse) -> None:
    with pytest.raises(SubjectUnknown):
        house.operator.of_package("ab" * 32, None)


def test_other_arns_are_refused(house: FleetHouse) -> None:
    with pytest.raises(Invalid, match="neither a signing job nor a signing profile"):
        house.impact("arn:aws:lambda:eu-west-1:111122223333:function:app")


def test_an_altered_package_carries_what_was_recorded_of_it(house: FleetHouse) -> None:
    made = deploy(house, policy="Enforce")
    house.blobs.path(house.get().code_sha256).unlink()
    assert effects(house.impact(made.job.arn)) == ("refused", "recorded")
    with pytest.raises(SubjectUnknown):
        house.impact(fingerprint(leaf_of(made)))
