"""A stolen issuing CA: what its thief signs falls, what this server's jobs vouch for stands."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sealgate.errors import Conflict, Invalid
from sealgate.services.signing.issuing_authorities import IssuingAuthorities
from sealgate.services.signing.platforms import LAMBDA_PLATFORM
from sealgate.services.signing.revocation import StatusQuery
from sealgate.store import jobs as job_store
from sealgate.store.functions import functions
from sealgate.store.layers import layer_versions, layers
from sealgate.store.offline import OfflineRecords
from sealgate.trust.assessment import Signature
from sealgate.trust.revocation import Revocation, TrustedRevocations
from sealgate.trust.revocation_list import encode_revocation_list, parse_revocation_list
from sealgate.values import replace
from sealgate.x509.certificates import fingerprint, name_by_content
from tests.support.functions import NOW, a_function
from tests.support.layers import a_layer, a_layer_version
from tests.support.sealed import sign_bytes
from tests.support.signer import SCOPE
from tests.support.signing import SigningHouse, make_package

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


class World(SigningHouse):
    """A house in which one job has signed, and whose issuing CA is then stolen."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.issuing = IssuingAuthorities(db=self.db, clock=self.clock)
        self.job = self.sign()
        self.genuine = self.verify(self.signed_bytes(self.job))
        self.stolen = self.authority.issuing_certificate
        self.identity = name_by_content(self.stolen)
        self.forged = self.forge()

    def forge(self) -> Signature:
        """Sign another package with the stolen key, and claim all that the job has recorded."""
        package, _ = sign_bytes(
            make_package("evil.py"),
            self.authority,
            signing_time=self.genuine.signing_time,
            expires_at=self.genuine.expires_at,
            job_arn=self.job.arn,
            profile_version_arn=self.job.profile_version_arn,
        )
        return self.verify(package)

    def revoke(self, *, doubted_from: timedelta | None = None) -> None:
        """Revoke the stolen issuing CA; records are doubted from so long after the job signed."""
        moment = None if doubted_from is None else self.genuine.signing_time + doubted_from
        self.issuing.revoke(self.identity, name="CN=stolen", effective_from=moment, reason="key stolen")

    def answers(self, signature: Signature) -> list[Revocation | None]:
        """What each who knows says of a signature: the database, the signed list, the data folder read offline."""
        self.authority.rotate()
        revocations = self.revocation.revocation_list(valid_for=WEEK)
        document = encode_revocation_list(revocations, self.authority)
        trusted = parse_revocation_list(document, roots=self.roots, at=self.clock())
        with OfflineRecords(self.folder / "test.db") as records:
            offline = records.find_revocation(signature)
        return [self.revocation.knowledge().find_revocation(signature), trusted.find_revocation(signature), offline]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_nothing_falls_while_no_issuing_ca_is_revoked(world: World) -> None:
    assert world.answers(world.genuine) == [None, None, None]


def test_what_the_thief_signed_falls_and_what_a_job_vouches_for_stands(world: World) -> None:
    world.revoke()
    found = world.answers(world.forged)
    assert found == [
        Revocation(
            subject="issuing CA",
            arn="CN=stolen",
            revoked_at=world.clock(),
            effective_from=None,
            reason="key stolen",
        )
    ] * len(found)
    assert world.answers(world.genuine) == [None, None, None]


@pytest.mark.parametrize(("after", "stands"), [(-1, False), (0, True), (1, True)])
def test_where_records_are_doubted_those_of_what_was_signed_strictly_later_count_for_nothing(
    world: World, after: int, *, stands: bool
) -> None:
    world.clock.advance(hours=1)
    world.revoke(doubted_from=timedelta(seconds=after))
    assert [found is None for found in world.answers(world.genuine)] == [stands] * 3
    assert None not in world.answers(world.forged)


def test_the_mirror_of_the_certificate_does_not_escape(world: World) -> None:
    world.revoke()
    facts = replace(world.forged.chain[1], sha256="another fingerprint")
    mirrored = replace(world.forged, chain=(world.forged.chain[0], facts, world.forged.chain[2]))
    assert None not in world.answers(mirrored)


def test_a_job_from_before_issuing_cas_were_recorded_vouches_too(world: World) -> None:
    with world.db.write() as tx:
        job_store.jobs.replace(tx, replace_issuing(world))
    world.revoke()
    assert world.answers(world.genuine) == [None, None, None]
    assert world.issuing.count_signatures() == {None: 1}


def replace_issuing(world: World) -> job_store.Job:
    values = {name: getattr(world.job, name) for name in job_store.Job.__dataclass_fields__}
    return job_store.Job(**values | {"issuing_ca": None})


def test_a_signature_under_the_next_issuing_ca_is_none_of_its_business(world: World) -> None:
    world.revoke(doubted_from=-HOUR)
    world.authority.retire(world.stolen)
    job = world.sign(client_request_token="next")
    assert job.status == "Succeeded"
    assert world.answers(world.verify(world.signed_bytes(job))) == [None, None, None]
    assert set(world.issuing.count_signatures().values()) == {1}


def test_a_job_whose_issuing_ca_was_revoked_meanwhile_does_not_succeed(world: World) -> None:
    world.revoke()
    job = world.sign(client_request_token="next")
    assert job.status == "Failed"
    assert "issuing CA was revoked" in str(job.status_reason)


def test_a_list_that_is_signed_under_what_it_revokes_is_not_trusted(world: World) -> None:
    world.revoke()
    document = encode_revocation_list(world.revocation.revocation_list(valid_for=WEEK), world.authority)
    with pytest.raises(Exception, match="signed under an issuing CA that it revokes"):
        parse_revocation_list(document, roots=world.roots, at=world.clock())


def test_another_authoritys_list_says_nothing(world: World) -> None:
    world.revoke()
    foreign = TrustedRevocations(
        revocations=world.revocation.revocation_list(valid_for=WEEK),
        root_sha256=fingerprint(world.stolen),
        is_stale=False,
    )
    assert foreign.find_revocation(world.forged) is None


# Revoking.


def test_the_first_reason_stays_and_the_moment_of_doubt_only_moves_back(world: World) -> None:
    world.revoke()
    world.clock.advance(hours=3)
    world.revoke(doubted_from=2 * HOUR)
    world.revoke(doubted_from=HOUR)
    for later in (None, 2 * HOUR):
        with pytest.raises(Conflict, match="can only be moved to an earlier time"):
            world.revoke(doubted_from=later)
    (row,) = world.issuing.list_revoked()
    assert row.effective_from == world.genuine.signing_time + HOUR
    assert row.revoked_at == world.clock() - 3 * HOUR


def test_records_cannot_be_doubted_from_the_future_on(world: World) -> None:
    with pytest.raises(Invalid, match="must not be in the future"):
        world.revoke(doubted_from=HOUR)
    assert world.issuing.list_revoked() == []


def test_what_falls_can_be_seen_before(world: World) -> None:
    code = {"job_arn": world.job.arn, "profile_version_arn": world.job.profile_version_arn}
    with world.db.write() as tx:
        functions.insert(tx, a_function(name="app", **code))
        functions.insert(tx, a_function(name="unsigned"))
        layers.insert(tx, a_layer(last_version=3))
        for version, signed in ((1, {}), (2, code), (3, {**code, "deleted_at": NOW})):
            layer_versions.insert(tx, a_layer_version(version=version, **signed))
    calm = world.issuing.foresee(world.identity, effective_from=None)
    assert (len(calm.standing), calm.falling, calm.functions, calm.layers) == (1, [], [], [])
    doubted = world.issuing.foresee(world.identity, effective_from=world.genuine.signing_time - HOUR)
    assert [job.arn for job in doubted.falling] == [world.job.arn]
    assert doubted.profile_versions == [world.job.profile_version_arn]
    assert [function.name for function in doubted.functions] == ["app"]
    assert [version.version for version in doubted.layers] == [2, 3]


# GetRevocationStatus.


def test_a_revoked_issuing_ca_and_what_it_issued_are_named_by_their_certificates(world: World) -> None:
    leaf, issuing, root = world.genuine.certificate_hashes

    def status() -> tuple[str, ...]:
        query = StatusQuery(
            platform_id=LAMBDA_PLATFORM,
            profile_version_arn=world.job.profile_version_arn,
            job_arn=world.job.arn,
            signing_time=world.genuine.signing_time,
            certificate_hashes=(leaf, issuing.upper(), root, "00" * 96),
        )
        return world.revocation.status(SCOPE, query)

    assert status() == ()
    world.revoke()
    assert status() == (leaf, issuing.upper())
