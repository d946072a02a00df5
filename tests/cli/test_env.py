from pathlib import Path

import pytest

from sealgate.cli.env import IN_THE_WAY, OVERLAY, encode_exports
from sealgate.errors import Invalid
from sealgate.store.folder import DataFolder, ServerCredentials
from tests.support.command_line import clean_environment, dispatch_sealgate, evaluate, run_sealgate

SECRET = """a'b"c$d `e\\f/+="""
CREDENTIALS = ServerCredentials(
    account="000000000000",
    region="eu-west-1",
    access_key_id="AKIAEXAMPLE",
    secret_access_key=SECRET,
    endpoint="http://127.0.0.1:4566",
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = DataFolder(tmp_path / "data folder")
    folder.create()
    folder.write_credentials(CREDENTIALS)
    return folder.path


def test_a_shell_that_evaluates_the_output_has_endpoint_credentials_and_overlay(data: Path) -> None:
    told = run_sealgate("env", "--data", data)

    environment = evaluate(told.stdout, environment=clean_environment())

    assert told.returncode == 0, told.stderr
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert environment["AWS_ACCESS_KEY_ID"] == "AKIAEXAMPLE"
    assert environment["AWS_SECRET_ACCESS_KEY"] == SECRET
    assert environment["AWS_DEFAULT_REGION"] == environment["AWS_REGION"] == "eu-west-1"
    assert environment["AWS_DATA_PATH"] == str(OVERLAY)


def test_what_would_get_in_the_way_is_unset(data: Path) -> None:
    told = run_sealgate("env", "--data", data)

    environment = evaluate(told.stdout, environment=clean_environment() | dict.fromkeys(IN_THE_WAY, "old"))

    assert not environment.keys() & set(IN_THE_WAY)
    assert {"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_LAMBDA"} <= set(IN_THE_WAY)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, ("127.0.0.1", "127.0.0.1")),
        ({"NO_PROXY": "a.example"}, ("127.0.0.1,a.example", "127.0.0.1,a.example")),
        ({"no_proxy": "b.example"}, ("127.0.0.1,b.example", "127.0.0.1,b.example")),
        ({"no_proxy": "b.example", "NO_PROXY": "a.example"}, ("127.0.0.1,b.example", "127.0.0.1,a.example")),
        ({"no_proxy": "*"}, ("*", "*")),
        ({"no_proxy": "127.0.0.10"}, ("127.0.0.1,127.0.0.10", "127.0.0.1,127.0.0.10")),
    ],
    ids=["none was set", "upper case was set", "lower case was set", "both were set", "all hosts", "a longer one"],
)
def test_no_proxy_gains_the_server_once_and_keeps_what_it_had(before: dict[str, str], after: tuple[str, str]) -> None:
    exports = encode_exports(CREDENTIALS, endpoint=CREDENTIALS.endpoint)

    once = evaluate(exports, environment={"PATH": "/usr/bin:/bin"} | before)
    again = evaluate(f"set -eu\n{exports * 3}", environment=once)

    assert (once["no_proxy"], once["NO_PROXY"]) == (again["no_proxy"], again["NO_PROXY"]) == after


def test_clients_find_an_ipv6_server_in_no_proxy_in_either_form() -> None:
    exports = encode_exports(CREDENTIALS, endpoint="http://[::1]:4566")

    environment = evaluate(exports * 2, environment={"PATH": "/usr/bin:/bin"})

    assert environment["NO_PROXY"] == "[::1],::1"


def test_another_endpoint_can_be_named(data: Path) -> None:
    told = run_sealgate("env", "--data", data, "--endpoint", "https://sealgate.example:8443/")

    environment = evaluate(told.stdout, environment=clean_environment())

    assert environment["AWS_ENDPOINT_URL"] == "https://sealgate.example:8443"
    assert environment["NO_PROXY"] == "sealgate.example"


@pytest.mark.parametrize("endpoint", ["127.0.0.1:4566", "ftp://host", "http://", "http://host:99999", "http://[::1"])
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(Invalid, match="must be an address"):
        encode_exports(CREDENTIALS, endpoint=endpoint)


def test_the_data_folder_may_come_from_the_environment(data: Path) -> None:
    told = run_sealgate("env", environment={"SEALGATE_DATA": str(data)})

    assert "AKIAEXAMPLE" in told.stdout


def test_the_data_folder_may_come_from_the_server_s_configuration(data: Path) -> None:
    (data.parent / "sealgate.toml").write_text(f'data = "{data}"\nport = 1\n')

    told = dispatch_sealgate("env", "--config", "sealgate.toml", folder=data.parent)

    assert "AKIAEXAMPLE" in told.stdout


def test_a_folder_without_a_server_is_a_usage_error(tmp_path: Path) -> None:
    told = run_sealgate("env", "--data", tmp_path / "nothing")

    assert told.returncode == 2
    assert told.stdout == ""
    assert "no credentials; has a server been started with it?" in told.stderr
