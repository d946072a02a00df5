import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealgate.store.folder import DataFolder
from tests.support.command_line import Told, clean_environment, dispatch_sealgate, evaluate
from tests.support.server import RunningServer, running_server

ACCOUNT = "111122223333"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server") / "data") as server:
        assert account(server, "create", ACCOUNT).returncode == 0
        yield server


def account(server: RunningServer, *arguments: str) -> Told:
    return dispatch_sealgate("account", *arguments, "--data", server.folder, folder=server.folder)


def environment_of(server: RunningServer, *arguments: str) -> dict[str, str]:
    told = dispatch_sealgate("env", *arguments, "--data", server.folder, folder=server.folder)
    return evaluate(told.stdout, environment=clean_environment())


def test_a_running_server_knows_an_account_that_was_created_meanwhile(server: RunningServer) -> None:
    environment = environment_of(server, "--account", ACCOUNT)
    assert environment["AWS_ENDPOINT_URL"] == server.url
    client = server.client_of(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], "sts")
    assert client.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_the_accounts_are_listed(server: RunningServer) -> None:
    listed = [line.split()[0] for line in account(server, "list").stdout.splitlines()]
    assert listed == [server.credentials.account, ACCOUNT]


def test_nothing_of_one_account_is_visible_to_another(server: RunningServer) -> None:
    environment = environment_of(server, "--account", ACCOUNT)
    key = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    server.client("iam").create_user(UserName="mine")
    server.client("signer").put_signing_profile(profileName="mine", platformId="AWSLambda-SHA384-ECDSA")
    assert server.client_of(*key, "iam").list_users()["Users"] == []
    assert server.client_of(*key, "signer").list_signing_profiles()["profiles"] == []
    server.client_of(*key, "iam").create_user(UserName="mine")


def test_only_the_owner_can_read_an_accounts_credentials(server: RunningServer) -> None:
    folder = DataFolder(server.folder)
    assert stat.S_IMODE(folder.accounts.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in folder.accounts.iterdir()] == [0o600]
    assert json.loads((folder.accounts / f"{ACCOUNT}.json").read_text())["account"] == ACCOUNT


@pytest.mark.parametrize("which", [ACCOUNT, "000000000000"])
def test_an_account_is_created_once(server: RunningServer, which: str) -> None:
    told = account(server, "create", which)
    assert (told.returncode, told.stdout) == (2, "")
    assert f"account {which} exists" in told.stderr


def test_an_account_whose_file_was_never_written_gets_it_by_creating_it_again(server: RunningServer) -> None:
    account(server, "create", "444455556666")
    file = DataFolder(server.folder).accounts / "444455556666.json"
    before = file.read_text()
    file.unlink()
    assert account(server, "create", "444455556666").returncode == 0
    assert file.read_text() == before
    file.unlink()


def test_the_hint_of_a_new_account_names_its_data_folder(server: RunningServer) -> None:
    told = account(server, "create", "777788889999")
    assert f'eval "$(sealgate env --account 777788889999 --data {server.folder})"' in told.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("create",), "required: ACCOUNT"),
        (("list", ACCOUNT), f"unrecognized arguments: {ACCOUNT}"),
        (("create", "12345"), "must be 12 digits"),
        (("remove", ACCOUNT), "invalid choice"),
    ],
)
def test_wrong_usage_is_told(server: RunningServer, arguments: tuple[str, ...], why: str) -> None:
    told = account(server, *arguments)
    assert told.returncode == 2
    assert why in told.stderr


def test_a_folder_without_a_server_is_a_usage_error(tmp_path: Path) -> None:
    told = dispatch_sealgate("account", "list", "--data", tmp_path / "nothing", folder=tmp_path)
    assert told.returncode == 2
    assert "is no data folder" in told.stderr
    assert not (tmp_path / "nothing").exists()


def test_the_environment_of_an_account_that_is_not_there_is_a_usage_error(server: RunningServer) -> None:
    told = dispatch_sealgate("env", "--account", "999999999999", "--data", server.folder, folder=server.folder)
    assert told.returncode == 2
    assert "no credentials of account 999999999999" in told.stderr
