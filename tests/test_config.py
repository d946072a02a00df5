from pathlib import Path

import pytest

from sealgate.config import Config, load_config
from sealgate.errors import Invalid


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "sealgate.toml"
    file.write_text('host = "file"\nport = 1\naccount = "111111111111"\nstrict_aws = true\n')
    environ = {"SEALGATE_PORT": "2", "SEALGATE_HOST": "environment"}
    config = load_config({"host": "flag", "port": None}, environ=environ, file=file)
    assert config == Config(host="flag", port=2, account="111111111111", strict_aws=True)


@pytest.mark.parametrize(
    ("flags", "environ", "says"),
    [
        ({}, {"SEALGATE_PORT": "many"}, "SEALGATE_PORT.*'port'"),
        ({}, {"SEALGATE_STRICT_AWS": "perhaps"}, "true or false"),
        ({}, {"SEALGATE_ACCOUNT": "12"}, "12 digits"),
        ({"port": 70000}, {}, "65535"),
        ({"auth": "maybe"}, {}, "sigv4, none"),
        ({"sandbox": "chroot"}, {}, "bubblewrap, none"),
        ({}, {"SEALGATE_PORT": ""}, "SEALGATE_PORT.*must be a whole number"),
        ({}, {"SEALGATE_DATA": ""}, "SEALGATE_DATA.*must not be empty"),
        ({}, {"SEALGATE_KEY_FILE": ""}, "SEALGATE_KEY_FILE.*must not be empty"),
        ({}, {"SEALGATE_STRICT_AWS": ""}, "true or false"),
        ({"data": ""}, {}, "command line.*'data'.*must not be empty"),
        ({}, {"SEALGATE_REGION": "us-east-1 $(id)"}, "must be a region such as us-east-1"),
    ],
)
def test_a_bad_value_is_refused_by_name(flags: dict[str, object], environ: dict[str, str], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        load_config(flags, environ=environ)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"none\.toml: No such file or directory$"):
        load_config({}, environ={}, file=tmp_path / "none.toml")


@pytest.mark.parametrize("text", ["colour = 1", "port = [", "port = true", "data = 3"])
def test_a_bad_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sealgate.toml"
    file.write_text(text)
    with pytest.raises(Invalid, match=r"sealgate\.toml"):
        load_config({}, environ={}, file=file)


def test_the_service_managers_key_is_taken_where_nothing_else_names_one(tmp_path: Path) -> None:
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load_config({}, environ=environ).key_file is None
    (tmp_path / "sealgate-kek").write_bytes(bytes(32))
    assert load_config({}, environ=environ).key_file == tmp_path / "sealgate-kek"
    assert load_config({}, environ=environ | {"SEALGATE_KEY_FILE": "other"}).key_file == Path("other")
    assert load_config({"key_file": "flag"}, environ=environ).key_file == Path("flag")
