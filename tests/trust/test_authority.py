import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from sealgate.errors import Conflict, Invalid
from sealgate.trust.authority import ISSUING_LIFE, LEAF_LIFE, ROOT_LIFE, Authority, renewal_of
from sealgate.trust.authority_folder import AuthorityFolder
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
    assert len(list(world.folder.glob("issuing-*.pem"))) == 1


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
    world.clock.advance(days=2)
    leaf = leaf_of(authority)
    assert leaf.not_valid_after_utc == authority.issuing_certificate.not_valid_after_utc == world.clock()
    world.clock.advance(seconds=1)
    with pytest.raises(KeyUnavailable, match="sealgate authority issue"):
        authority.leaf_for(ARN)


def test_a_rotation_that_is_due_and_fails_is_warned_of_once_a_day(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    authority = world.open()
    world.keys.destroy(key_id(get_p384_key(authority.root_certificate)))
    world.clock.advance(days=300)
    for _ in range(5):
        authority.leaf_for(ARN)
        world.clock.advance(hours=6)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "nothing can be signed after 2027-11-24T12:00:00+00:00" in caplog.text


def test_a_folder_that_cannot_be_written_does_not_stop_an_issuing_ca_that_is_due(world: World) -> None:
    authority = world.open()
    shutil.rmtree(world.folder)
    world.clock.advance(days=300)
    assert authority.leaf_for(ARN).uri == ARN


def test_an_issuing_ca_whose_key_is_lost_is_replaced(world: World) -> None:
    first = world.open().issuing_certificate
    world.keys.destroy(key_id(get_p384_key(first)))
    assert world.open().issuing_certificate != first


def test_an_issuing_ca_that_ran_out_while_the_server_was_down_is_replaced(world: World) -> None:
    first = world.open().issuing_certificate
    world.clock.advance(days=366)
    assert world.open().issuing_certificate != first


def test_a_clock_that_steps_far_back_and_forth_leaves_an_authority_that_signs(world: World) -> None:
    authority = world.open()
    for days in (-4000, 4000, 0):
        world.clock.now = NOW + timedelta(days=days)
        package, _ = sign_bytes(PACKAGE, authority, signing_time=world.clock(), expires_at=world.clock() + LEAF_LIFE)
        roots = roots_of(world.open())
        if days >= 0:  # before its root was made no path is valid
            assert verify_bytes(package, roots, world.clock()).signature is not None
    assert len(held(world)) == 2


def held(world: World) -> set[str]:
    """The names of the keys that are left."""
    return set(world.keys._keys)


# Several processes on one folder.


@pytest.fixture
def processes(tmp_path: Path) -> list[Authority]:
    """One folder, opened by three processes."""
    clock = FixedClock()
    return [Authority.open(tmp_path / "authority", FileKeyStore(tmp_path / "keys", bytes(32)), clock) for _ in range(3)]


def test_a_rotation_is_taken_up_by_every_process_before_it_signs_again(processes: list[Authority]) -> None:
    before = [leaf_of(each) for each in processes]
    issuing = processes[0].rotate()
    for each, old in zip(processes, before, strict=True):
        assert each.issuing_certificate == issuing
        assert leaf_of(each) != old
        assert load_certificate(each.leaf_for(ARN).certificates[1]) == issuing


def test_processes_that_rotate_at_once_end_with_one_issuing_ca_and_one_key(
    processes: list[Authority], tmp_path: Path
) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda each: [each.rotate() for _ in range(5)], processes))
    assert len({each.issuing_certificate.serial_number for each in processes}) == 1
    keys = FileKeyStore(tmp_path / "keys", bytes(32))
    assert keys.names() == sorted(
        key_id(get_p384_key(each)) for each in (processes[0].root_certificate, processes[0].issuing_certificate)
    )


def test_a_rotation_that_is_due_is_done_by_one_process_only(tmp_path: Path) -> None:
    clock = FixedClock()
    processes = [Authority.open(tmp_path / "authority", FileKeyStore(tmp_path / "keys", None), clock) for _ in range(3)]
    clock.advance(days=300)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda each: each.leaf_for(ARN), processes))
    assert len(list((tmp_path / "authority").glob("issuing-*.pem"))) == 2


def test_what_another_process_has_put_in_use_and_cannot_be_used_leaves_the_old_one_at_work(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    authority = world.open()
    old = authority.issuing_certificate
    stranger = Authority.open(world.folder.parent / "other", MemoryKeyStore(), world.clock).issuing_certificate
    AuthorityFolder(world.folder).put_in_use(stranger)
    assert load_certificate(authority.leaf_for(ARN).certificates[1]) == old
    assert "is not one of its root" in caplog.text
    with pytest.raises(Invalid, match="is not one of its root"):
        world.open()


def test_a_rotation_that_was_cut_short_leaves_an_authority_that_signs_and_no_old_keys_after_the_next(
    tmp_path: Path,
) -> None:
    keys, folder = FileKeyStore(tmp_path / "keys", None), AuthorityFolder(tmp_path / "authority")
    authority = Authority.open(tmp_path / "authority", keys, FixedClock())
    old = authority.issuing_certificate
    spare = (tmp_path / "keys" / f"{key_id(get_p384_key(old))}.key").read_bytes()
    new = authority.rotate()

    def resume() -> Authority:
        (tmp_path / "keys" / f"{key_id(get_p384_key(old))}.key").write_bytes(spare)
        resumed = Authority.open(tmp_path / "authority", FileKeyStore(tmp_path / "keys", None), FixedClock())
        assert find_uri(leaf_of(resumed)) == ARN
        return resumed

    assert resume().issuing_certificate == new  # cut short before the old key was destroyed
    folder.put_in_use(old)
    resumed = resume()  # before the new one was put in use
    assert resumed.issuing_certificate == old
    resumed.rotate()
    assert len(keys.names()) == 2


# Retiring.


def test_a_retired_issuing_ca_is_replaced_and_signs_no_more_in_any_process(processes: list[Authority]) -> None:
    retired = processes[0].issuing_certificate
    processes[0].retire(retired)
    for each in processes:
        assert each.issuing_certificate != retired
        with pytest.raises(KeyUnavailable):
            each._keys.public_key(key_id(get_p384_key(retired)))


def test_without_the_roots_key_nothing_signs_after_the_issuing_ca_in_use_was_retired(
    processes: list[Authority], caplog: pytest.LogCaptureFixture
) -> None:
    for each in processes:
        each._keys.destroy(key_id(get_p384_key(each.root_certificate)))
    processes[0].retire(processes[0].issuing_certificate)
    assert "nothing can be signed" in caplog.text
    for each in processes:
        with pytest.raises(KeyUnavailable, match="sealgate authority issue"):
            each.leaf_for(ARN)
        with pytest.raises(KeyUnavailable):
            _ = each.issuing_certificate


def test_to_retire_one_that_is_not_in_use_changes_nothing_else(world: World) -> None:
    authority = world.open()
    past = authority.issuing_certificate
    issuing = authority.rotate()
    authority.retire(past)
    assert authority.issuing_certificate == issuing


# A root elsewhere.


def test_an_authority_whose_root_is_elsewhere_opens_signs_and_rotates_with_the_root_only(world: World) -> None:
    root_keys = MemoryKeyStore()
    founded = found(world, root_keys)
    assert held(world) == {key_id(get_p384_key(founded.issuing_certificate))}
    authority = world.open()
    assert find_uri(leaf_of(authority)) == ARN
    with pytest.raises(KeyUnavailable):
        authority.rotate()
    issuing = authority.rotate(root_keys)
    assert founded.issuing_certificate == issuing
    with pytest.raises(Conflict):
        found(world, root_keys)


def found(world: World, root_keys: MemoryKeyStore) -> Authority:
    name = root_keys.generate()
    return Authority.found(world.folder, world.keys, world.clock, root_keys=root_keys, root_name=name)


def test_an_authority_without_an_issuing_ca_that_could_sign_opens_and_says_so(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    root_keys = MemoryKeyStore()
    found(world, root_keys)
    world.clock.advance(days=366)
    authority = world.open()
    assert "nothing can be signed until sealgate authority issue makes an issuing CA" in caplog.text
    with pytest.raises(KeyUnavailable):
        authority.leaf_for(ARN)
    authority.rotate(root_keys)
    assert find_uri(leaf_of(authority)) == ARN


def test_an_issuing_ca_is_due_when_a_third_of_its_life_is_left(world: World) -> None:
    authority = world.open()
    issuing = authority.issuing_certificate
    world.clock.now = renewal_of(issuing)
    authority.leaf_for(ARN)
    assert authority.issuing_certificate == issuing
    world.clock.advance(seconds=1)
    authority.leaf_for(ARN)
    assert authority.issuing_certificate != issuing


def test_a_folder_from_before_the_one_in_use_was_named_is_opened(world: World) -> None:
    issuing = world.open().issuing_certificate
    (world.folder / "issuing.pem").unlink()
    assert world.open().issuing_certificate == issuing


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
