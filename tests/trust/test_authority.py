from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from sealgate.errors import Invalid
from sealgate.trust.authority import ISSUING_LIFE, LEAF_LIFE, ROOT_LIFE, Authority
from sealgate.trust.keys import KeyUnavailable, MemoryKeyStore, key_id
from sealgate.trust.keys_file import FileKeyStore
from sealgate.x509.certificates import get_p384_key, load_certificate
from sealgate.x509.path import verify_path
from sealgate.x509.profile import PACKAGE_SIGNING, REVOCATION_LIST, find_uri, requires_seal
from tests.support.authority import ARN, NOW, FixedClock
from tests.support.sealed import roots_of, sign_bytes, verify_bytes, zip_of

PACKAGE = zip_of({"handler.py": b"def handler(): pass\n"})


class World:
    """One authority's folder, keys and clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = MemoryKeyStore()
        self.clock = FixedClock()

    def open(self) -> Authority:
        return Authority.open(self.folder, self.keys, self.clock)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "authority")


def leaf_of(authority: Authority, arn: str = ARN) -> x509.Certificate:
    return load_certificate(authority.leaf_for(arn).certificates[0])


def test_an_authority_is_made_once_and_loaded_afterwards(world: World) -> None:
    first, second = world.open(), world.open()
    assert first.root_certificate == second.root_certificate
    assert first.issuing_certificate == second.issuing_certificate
    assert len(list(world.folder.iterdir())) == 2


def test_root_and_issuing_ca_make_the_seal_mandatory(world: World) -> None:
    authority = world.open()
    assert requires_seal(authority.root_certificate)
    assert requires_seal(authority.issuing_certificate)


def test_certificates_live_as_long_as_they_should(world: World) -> None:
    authority = world.open()
    assert authority.root_certificate.not_valid_after_utc == NOW + ROOT_LIFE
    assert authority.issuing_certificate.not_valid_after_utc == NOW + ISSUING_LIFE
    assert leaf_of(authority).not_valid_after_utc == NOW + LEAF_LIFE


def test_a_leaf_is_for_one_profile_version(world: World) -> None:
    authority = world.open()
    assert find_uri(leaf_of(authority)) == ARN
    assert leaf_of(authority, ARN + "2") != leaf_of(authority)


def test_a_leaf_leads_to_the_root(world: World) -> None:
    authority = world.open()
    leaf, issuing = (load_certificate(der) for der in authority.leaf_for(ARN).certificates)
    path = verify_path(leaf, [issuing], roots=[authority.root_certificate], at=NOW, purpose=PACKAGE_SIGNING)
    assert path == (leaf, issuing, authority.root_certificate)


def test_a_leaf_is_kept_until_a_quarter_of_its_life_is_left(world: World) -> None:
    authority = world.open()
    first = leaf_of(authority)
    world.clock.advance(hours=17)
    assert leaf_of(authority) == first
    world.clock.advance(hours=1)
    assert leaf_of(authority) != first


def test_a_leaf_is_made_anew_when_the_clock_steps_far_back(world: World) -> None:
    authority = world.open()
    first = leaf_of(authority)
    world.clock.advance(minutes=-59)
    assert leaf_of(authority) == first
    world.clock.advance(minutes=-2)
    assert leaf_of(authority) != first


def test_a_restarted_authority_makes_a_new_leaf_with_a_new_key(world: World) -> None:
    first, second = leaf_of(world.open()), leaf_of(world.open())
    assert key_id(get_p384_key(first)) != key_id(get_p384_key(second))


def test_a_leafs_key_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    keys = FileKeyStore(tmp_path / "keys", None)
    authority = Authority.open(tmp_path / "authority", keys, FixedClock())
    authority.leaf_for(ARN)
    assert len(list((tmp_path / "keys").iterdir())) == 2


def test_the_issuing_ca_is_replaced_when_a_third_of_its_life_is_left(world: World) -> None:
    authority = world.open()
    first = authority.issuing_certificate
    world.clock.advance(days=242)
    authority.leaf_for(ARN)
    assert authority.issuing_certificate == first
    world.clock.advance(days=2)
    authority.leaf_for(ARN)
    assert authority.issuing_certificate != first
    assert world.open().issuing_certificate == authority.issuing_certificate


def test_what_an_earlier_issuing_ca_vouched_for_stays_valid(world: World) -> None:
    authority = world.open()
    before, _ = sign_bytes(PACKAGE, authority)
    authority.rotate()
    after, _ = sign_bytes(PACKAGE, authority)
    for package in (before, after):
        assert verify_bytes(package, roots_of(authority), NOW + timedelta(days=50)).signature is not None


def test_the_key_of_a_replaced_issuing_ca_is_destroyed(world: World) -> None:
    authority = world.open()
    retired = key_id(get_p384_key(authority.issuing_certificate))
    authority.rotate()
    with pytest.raises(KeyUnavailable):
        world.keys.public_key(retired)


def test_leaves_are_made_without_the_roots_key(world: World) -> None:
    authority = world.open()
    world.keys.destroy(key_id(get_p384_key(authority.root_certificate)))
    assert world.open().leaf_for(ARN).uri == ARN
    with pytest.raises(KeyUnavailable):
        authority.rotate()
    assert authority.leaf_for(ARN).uri == ARN


def test_an_issuing_ca_goes_on_past_its_renewal_while_the_roots_key_is_elsewhere(world: World) -> None:
    authority = world.open()
    world.keys.destroy(key_id(get_p384_key(authority.root_certificate)))
    world.clock.advance(days=363)
    package, _ = sign_bytes(PACKAGE, authority, signing_time=world.clock(), expires_at=world.clock() + LEAF_LIFE)
    assert verify_bytes(package, roots_of(authority), world.clock()).signature is not None
    world.clock.advance(days=1, seconds=1)
    with pytest.raises(KeyUnavailable):
        authority.leaf_for(ARN)


def test_an_issuing_ca_whose_key_is_lost_is_replaced(world: World) -> None:
    first = world.open().issuing_certificate
    world.keys.destroy(key_id(get_p384_key(first)))
    assert world.open().issuing_certificate != first


def test_an_issuing_ca_that_ran_out_while_the_server_was_down_is_replaced(world: World) -> None:
    first = world.open().issuing_certificate
    world.clock.advance(days=366)
    assert world.open().issuing_certificate != first


def test_a_damaged_certificate_file_is_said(world: World) -> None:
    world.open()
    (world.folder / "root.pem").write_bytes(b"garbage")
    with pytest.raises(Invalid, match=r"root\.pem"):
        world.open()


@pytest.mark.parametrize("arn", ["", "arn:\n", "arn:aws:signer:é", "arn:" + "a" * 2045, REVOCATION_LIST.uri])
def test_an_arn_that_cannot_stand_in_a_certificate_is_refused(world: World, arn: str) -> None:
    with pytest.raises(Invalid):
        world.open().leaf_for(arn)


def test_threads_share_one_leaf(world: World) -> None:
    authority = world.open()
    with ThreadPoolExecutor(8) as pool:
        leaves = list(pool.map(lambda _: authority.leaf_for(ARN).certificates[0], range(64)))
    assert len(set(leaves)) == 1


def test_leaves_that_ran_out_are_forgotten(world: World) -> None:
    authority = world.open()
    for number in range(5):
        authority.leaf_for(f"{ARN}{number}")
    world.clock.advance(days=2)
    authority.leaf_for(ARN)
    assert list(authority._leaves) == [ARN]
