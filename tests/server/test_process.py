"""What a start makes of a data folder."""

import logging
import resource
import shutil
from pathlib import Path

import pytest

from sealgate.config import Config
from sealgate.errors import Invalid
from sealgate.runtime.errors import SandboxUnavailable
from sealgate.runtime.sandbox import NoSandbox, Sandbox
from sealgate.server.house import open_house
from sealgate.server.listener import authority_of, is_loopback, open_listener, reachable_authority_of
from sealgate.server.process import _say_what_is_insecure, _say_whether_functions_run, allow_open_files
from sealgate.trust.keys import KeyUnavailable
from sealgate.trust.keys_file import FileKeyStore
from tests.support.server import running_server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that was served from, with encrypted keys and a `?` in its name."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "key").write_bytes(bytes(range(32)))
    with running_server(folder / "data?x=1", key_file=folder / "key"):
        pass
    return folder


@pytest.fixture
def data(folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(folder / "data?x=1", tmp_path / "data")


def test_everything_lies_in_the_data_folder_whatever_its_name(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["data?x=1", "key"]
    assert (folder / "data?x=1" / "sealgate.db").stat().st_size > 0


def test_no_second_authority_is_made_where_the_first_was_lost(folder: Path, data: Path) -> None:
    (data / "authority" / "root.pem").unlink()

    with pytest.raises(Invalid, match=r"root\.pem is missing, and the account is not new: restore it from a backup"):
        open_house(Config(data=data, key_file=folder / "key"))
    assert not (data / "authority" / "root.pem").exists()


@pytest.mark.parametrize(
    ("key", "says"),
    [(None, "no key-encryption key was given"), (b"x" * 32, "wrong key-encryption key")],
    ids=["none", "another"],
)
def test_encrypted_keys_need_their_key_file(data: Path, tmp_path: Path, key: bytes | None, says: str) -> None:
    file = None
    if key is not None:
        file = tmp_path / "other"
        file.write_bytes(key)

    with pytest.raises(KeyUnavailable, match=says):
        open_house(Config(data=data, key_file=file))


def test_a_key_file_that_is_given_later_encrypts_the_roots_key_too(tmp_path: Path) -> None:
    open_house(Config(data=tmp_path / "data")).db.close()
    (tmp_path / "key").write_bytes(bytes(32))
    open_house(Config(data=tmp_path / "data", key_file=tmp_path / "key")).db.close()
    keys = FileKeyStore(tmp_path / "data" / "keys", None)
    assert [keys.protection(name) for name in keys.names()] == ["encrypted", "encrypted"]


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"0" * 63 + b"g", b"\xff" * 64])
def test_a_key_file_that_is_none_is_told_before_anything_is_opened(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)

    with pytest.raises(Invalid, match="key: must hold 32 bytes, or their 64 hexadecimal digits"):
        open_house(Config(data=tmp_path / "data", key_file=tmp_path / "key"))
    assert not (tmp_path / "data" / "sealgate.db").exists()


@pytest.mark.parametrize(
    ("host", "bound", "reachable"),
    [("0.0.0.0", "0.0.0.0:", "127.0.0.1:"), ("127.0.0.1", "127.0.0.1:", "127.0.0.1:"), ("::", "[::]:", "[::1]:")],  # noqa: S104
)
def test_clients_are_given_an_address_that_can_be_connected_to(host: str, bound: str, reachable: str) -> None:
    with open_listener(host, 0) as listener:
        port = listener.getsockname()[1]
        assert authority_of(listener) == f"{bound}{port}"
        assert reachable_authority_of(listener) == f"{reachable}{port}"


@pytest.mark.parametrize(
    ("endpoint", "loopback"),
    [("http://127.0.0.1:1", True), ("http://[::1]:1", True), ("http://0.0.0.0:1", False), ("http://10.0.0.1:1", False)],
)
def test_whether_other_machines_can_connect_is_known(endpoint: str, *, loopback: bool) -> None:
    assert is_loopback(endpoint) == loopback


def test_what_is_insecure_is_said_loudly(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="sealgate"):
        _say_what_is_insecure(Config(auth="none", sandbox="none"), "http://0.0.0.0:4566")

    said = " ".join(caplog.messages)
    assert "ANYONE who reaches this address may sign, deploy and revoke" in said
    assert "http://0.0.0.0:4566 is open to other machines, and HTTP is not encrypted" in said
    assert "protected by file permissions only" in said
    assert "functions see and do whatever the user of this server can" in said


def test_a_host_that_cannot_confine_functions_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def find(name: str) -> Sandbox:
        if name == "none":
            return NoSandbox()
        raise SandboxUnavailable("bwrap is not installed")

    _say_whether_functions_run(Config(), find)
    _say_whether_functions_run(Config(sandbox="none"), find)

    (said,) = caplog.messages
    assert said == (
        "functions are deployed but not run: bwrap is not installed. `--sandbox none` would run them unconfined"
    )


def test_a_server_may_open_as_many_files_as_its_host_allows() -> None:
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before - 1, most))
    allow_open_files()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))
