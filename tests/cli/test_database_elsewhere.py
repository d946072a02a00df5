"""A data folder whose database is elsewhere: no command takes an empty one in the folder for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sealgate.config import Config
from sealgate.errors import Invalid
from sealgate.server.house import open_house
from tests.support.command_line import dispatch_sealgate
from tests.support.sealed import sign_bytes, zip_of
from tests.support.server import running_server


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A place with `data`, which was served from, its database `elsewhere.db`, and a signed package."""
    place = tmp_path_factory.mktemp("place")
    (place / "signed.zip").write_bytes(sign_bytes(zip_of({"app.py": b""}))[0])
    with running_server(place / "data", database=f"sqlite:///{place}/elsewhere.db"):
        yield place


@pytest.mark.parametrize(
    "command",
    [
        "audit verify",
        "audit head",
        "audit export",
        "audit who app",
        "account list",
        "account create 111122223333",
        "keys list",
        "fleet",
        "impact app",
        "revocations",
    ],
)
def test_a_command_has_to_be_told_where_the_database_is(place: Path, command: str) -> None:
    told = dispatch_sealgate(*command.split(), "--data", "data", folder=place)
    assert (told.returncode, told.stdout) == (2, "")
    assert f"its database is sqlite:///{place}/elsewhere.db: give --database" in told.stderr
    assert not (place / "data" / "sealgate.db").exists()


def test_a_command_that_is_told_reads_it(place: Path) -> None:
    database = f"sqlite:///{place}/elsewhere.db"
    told = dispatch_sealgate("account", "list", "--data", "data", "--database", database, folder=place)
    assert told.stdout.startswith("000000000000")


def test_the_offline_verifier_says_what_it_needs_instead(place: Path) -> None:
    told = dispatch_sealgate("verify", "signed.zip", "--data", "data", folder=place)
    assert (told.returncode, told.stdout) == (2, "")
    assert "--trust data/authority/root.pem and --revocations FILE" in told.stderr


def test_a_server_that_is_not_told_does_not_begin_anew(place: Path) -> None:
    with pytest.raises(Invalid, match="give --database"):
        open_house(Config(data=place / "data"))
    assert not (place / "data" / "sealgate.db").exists()
