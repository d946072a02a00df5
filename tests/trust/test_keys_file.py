import hashlib
from pathlib import Path

import pytest

from sealgate.errors import Invalid
from sealgate.trust.algorithms import PREHASHED_SIGNATURE
from sealgate.trust.key_encryption import KekCipher
from sealgate.trust.keys import KeyUnavailable
from sealgate.trust.keys_file import FileKeyStore

KEK = bytes(range(32))
DIGEST = hashlib.sha384(b"message").digest()


@pytest.mark.parametrize("kek", [None, KEK])
def test_a_key_outlives_its_store(tmp_path: Path, kek: bytes | None) -> None:
    name = FileKeyStore(tmp_path / "keys", kek).generate()
    keys = FileKeyStore(tmp_path / "keys", kek)
    keys.public_key(name).verify(keys.sign(name, DIGEST), DIGEST, PREHASHED_SIGNATURE)


def test_only_the_owner_may_read_key_and_folder(tmp_path: Path) -> None:
    name = FileKeyStore(tmp_path / "keys", None).generate()
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keys" / f"{name}.key").stat().st_mode & 0o777 == 0o600


def test_nothing_but_keys_is_left_in_the_folder(tmp_path: Path) -> None:
    name = FileKeyStore(tmp_path, KEK).generate()
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.key"]


def test_an_encrypted_key_does_not_show(tmp_path: Path) -> None:
    plain, encrypted = FileKeyStore(tmp_path / "plain", None), FileKeyStore(tmp_path / "encrypted", KEK)
    curve = bytes.fromhex("2b81040022")  # the object identifier of P-384, which every PKCS #8 of ours contains
    assert curve in (tmp_path / "plain" / f"{plain.generate()}.key").read_bytes()
    assert curve not in (tmp_path / "encrypted" / f"{encrypted.generate()}.key").read_bytes()


def refusal(folder: Path, name: str, kek: bytes | None) -> str:
    with pytest.raises(KeyUnavailable) as caught:
        FileKeyStore(folder, kek).sign(name, DIGEST)
    return caught.value.message


def test_an_encrypted_key_needs_its_key_encryption_key(tmp_path: Path) -> None:
    name = FileKeyStore(tmp_path, KEK).generate()
    assert "no key-encryption key was given" in refusal(tmp_path, name, None)
    assert "wrong key-encryption key" in refusal(tmp_path, name, bytes(32))


def test_a_plain_key_is_encrypted_once_there_is_a_key_encryption_key(tmp_path: Path) -> None:
    name = FileKeyStore(tmp_path, None).generate()
    FileKeyStore(tmp_path, KEK).public_key(name)
    assert "no key-encryption key was given" in refusal(tmp_path, name, None)
    assert FileKeyStore(tmp_path, KEK).sign(name, DIGEST)


@pytest.mark.parametrize("kek", [None, KEK])
def test_a_damaged_key_is_unavailable(tmp_path: Path, kek: bytes | None) -> None:
    name = FileKeyStore(tmp_path, kek).generate()
    path = tmp_path / f"{name}.key"
    whole = path.read_bytes()
    for content in (b"", whole[:-1], whole[:30], b"?" + whole):
        path.write_bytes(content)
        assert name in refusal(tmp_path, name, kek)


@pytest.mark.parametrize("kek", [None, KEK])
def test_a_key_cannot_take_anothers_place(tmp_path: Path, kek: bytes | None) -> None:
    keys = FileKeyStore(tmp_path, kek)
    name, other = keys.generate(), keys.generate()
    (tmp_path / f"{other}.key").replace(tmp_path / f"{name}.key")
    assert name in refusal(tmp_path, name, kek)


def test_a_key_that_cannot_be_read_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "name.key").mkdir()
    assert "cannot be read" in refusal(tmp_path, "name", None)


def test_a_destroyed_key_is_gone(tmp_path: Path) -> None:
    keys = FileKeyStore(tmp_path, None)
    name = keys.generate()
    assert keys.sign(name, DIGEST)
    keys.destroy(name)
    assert list(tmp_path.iterdir()) == []
    assert "there is no private key" in refusal(tmp_path, name, None)


def test_no_key_lies_plain_among_encrypted_ones(tmp_path: Path) -> None:
    FileKeyStore(tmp_path, KEK).generate()
    with pytest.raises(KeyUnavailable, match="no key-encryption key was given"):
        FileKeyStore(tmp_path, None).generate()
    assert len(list(tmp_path.iterdir())) == 1


def test_how_a_key_lies_is_told_without_decrypting_it(tmp_path: Path) -> None:
    plain, encrypted = FileKeyStore(tmp_path, None).generate(), FileKeyStore(tmp_path, KEK).generate()
    (tmp_path / "damaged.key").write_bytes(b"?")
    keys = FileKeyStore(tmp_path, None)
    assert [keys.protection(name) for name in (plain, encrypted, "damaged", "absent")] == [
        "plain",
        "encrypted",
        "damaged",
        None,
    ]


def test_every_plain_key_is_encrypted_at_once_where_there_is_a_key_encryption_key(tmp_path: Path) -> None:
    names = [FileKeyStore(tmp_path, None).generate() for _ in range(2)]
    FileKeyStore(tmp_path, None).encrypt_plain()
    assert {FileKeyStore(tmp_path, None).protection(name) for name in names} == {"plain"}
    FileKeyStore(tmp_path, KEK).encrypt_plain()
    assert {FileKeyStore(tmp_path, None).protection(name) for name in names} == {"encrypted"}


# Another key-encryption key.

OTHER = bytes(32)


def test_keys_are_encrypted_under_another_key_encryption_key(tmp_path: Path) -> None:
    names = [FileKeyStore(tmp_path, KEK).generate() for _ in range(3)]
    assert FileKeyStore(tmp_path, OTHER).encrypt_all(KekCipher(KEK)) == 3
    assert all(FileKeyStore(tmp_path, OTHER).sign(name, DIGEST) for name in names)
    assert "wrong key-encryption key" in refusal(tmp_path, names[0], KEK)


def test_a_change_of_the_key_encryption_key_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    done, left = (FileKeyStore(tmp_path, KEK).generate() for _ in range(2))
    (tmp_path / "spare").mkdir()
    (tmp_path / f"{left}.key").rename(tmp_path / "spare" / "key")
    FileKeyStore(tmp_path, OTHER).encrypt_all(KekCipher(KEK))
    (tmp_path / "spare" / "key").rename(tmp_path / f"{left}.key")
    keys = FileKeyStore(tmp_path, OTHER)
    assert keys.encrypt_all(KekCipher(KEK)) == 1
    assert keys.encrypt_all(KekCipher(KEK)) == 0
    assert keys.sign(done, DIGEST)
    assert keys.sign(left, DIGEST)


def test_plain_keys_are_encrypted_without_an_old_key_encryption_key(tmp_path: Path) -> None:
    name = FileKeyStore(tmp_path, None).generate()
    assert FileKeyStore(tmp_path, KEK).encrypt_all(None) == 1
    assert FileKeyStore(tmp_path, KEK).protection(name) == "encrypted"


@pytest.mark.parametrize("old", [None, KekCipher(bytes(range(1, 33)))], ids=["none", "another"])
def test_a_wrong_old_key_encryption_key_changes_nothing(tmp_path: Path, old: KekCipher | None) -> None:
    FileKeyStore(tmp_path, KEK).generate()
    FileKeyStore(tmp_path / "plain", None).generate()
    for path in (tmp_path / "plain").iterdir():
        path.rename(tmp_path / path.name)
    before = {path: path.read_bytes() for path in tmp_path.glob("*.key")}
    with pytest.raises(KeyUnavailable, match="wrong key-encryption key"):
        FileKeyStore(tmp_path, OTHER).encrypt_all(old)
    assert {path: path.read_bytes() for path in tmp_path.glob("*.key")} == before


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_encryption_key_has_32_bytes(tmp_path: Path, size: int) -> None:
    with pytest.raises(Invalid):
        FileKeyStore(tmp_path, bytes(size))
