import hashlib
from pathlib import Path

import pytest

from sealgate.errors import Conflict, Invalid
from sealgate.trust import key_encryption
from sealgate.trust.algorithms import PREHASHED_SIGNATURE
from sealgate.trust.key_encryption import KekCipher, KeyCipher, PassphraseCipher
from sealgate.trust.keys import KeyUnavailable
from sealgate.trust.keys_offline import generate_offline, is_inside, load_offline, offline_file

DIGEST = hashlib.sha384(b"message").digest()
KEK = KekCipher(bytes(32))
PASSPHRASE = PassphraseCipher("correct horse battery")


@pytest.fixture(autouse=True)
def cheap_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second for each derivation is for attackers."""
    monkeypatch.setattr(key_encryption, "_SCRYPT_N", 2)


@pytest.mark.parametrize("cipher", [KEK, PASSPHRASE], ids=["key file", "passphrase"])
def test_a_roots_key_is_read_back_from_its_file(tmp_path: Path, cipher: KeyCipher) -> None:
    made, name = generate_offline(tmp_path, cipher)
    file = tmp_path / "sealgate-root.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]
    assert bytes.fromhex("2b81040022") not in file.read_bytes()  # P-384, which every PKCS #8 of ours names
    made.public_key(name).verify(load_offline(file, cipher, name).sign(name, DIGEST), DIGEST, PREHASHED_SIGNATURE)


@pytest.mark.parametrize(
    ("made", "given"), [(KEK, KekCipher(bytes(31) + b"1")), (PASSPHRASE, PassphraseCipher("incorrect horse battery"))]
)
def test_a_wrong_secret_is_told(tmp_path: Path, made: KeyCipher, given: KeyCipher) -> None:
    _, name = generate_offline(tmp_path, made)
    with pytest.raises(KeyUnavailable, match="wrong"):
        load_offline(tmp_path, given, name)


def test_another_roots_key_is_not_taken(tmp_path: Path) -> None:
    generate_offline(tmp_path, KEK)
    with pytest.raises(KeyUnavailable):
        load_offline(tmp_path, KEK, "0" * 64)


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "sealgate-root.key").write_bytes(b"precious")
    with pytest.raises(Conflict):
        generate_offline(tmp_path, KEK)
    assert offline_file(tmp_path).read_bytes() == b"precious"


def test_a_place_that_is_not_there_and_another_kind_of_encryption_are_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="No such file"):
        generate_offline(tmp_path / "absent" / "root.key", KEK)
    with pytest.raises(Invalid, match="No such file"):
        load_offline(tmp_path / "absent", KEK, "name")
    generate_offline(tmp_path, KEK)
    with pytest.raises(Invalid, match="a passphrase and a key file are two ways"):
        load_offline(tmp_path, PASSPHRASE, "name")


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(Invalid, match="at least 12"):
        PassphraseCipher("elevenchars")


def test_a_place_inside_a_folder_is_known_through_links(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert is_inside(tmp_path / "link" / "root.key", tmp_path / "data")
    assert is_inside(tmp_path / "data", tmp_path / "data")
    assert not is_inside(tmp_path, tmp_path / "data")
