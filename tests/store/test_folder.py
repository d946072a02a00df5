from pathlib import Path

import pytest

from sealgate.errors import Conflict, Invalid, NotFound
from sealgate.store.folder import DataFolder, ServerCredentials

CREDENTIALS = ServerCredentials(
    account="000000000000", region="us-east-1", access_key_id="AKIA1", secret_access_key="s", endpoint="http://h:1"
)


def test_the_folder_and_its_credentials_are_for_the_owner_only(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    folder.write_credentials(CREDENTIALS)
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.credentials.stat().st_mode & 0o777 == 0o600
    assert folder.read_credentials() == CREDENTIALS


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.mkdir(mode=0o755)
    with pytest.raises(Invalid, match="mode 0700"):
        DataFolder(path).create()
    assert list(path.iterdir()) == []


def test_the_database_is_for_the_owner_only_from_its_first_moment(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    folder.protect_database()
    assert folder.database.stat().st_mode & 0o777 == 0o600
    folder.database.chmod(0o644)
    folder.protect_database()
    assert folder.database.stat().st_mode & 0o777 == 0o600


def test_a_second_server_on_one_folder_is_refused(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    with folder.locked(), pytest.raises(Conflict, match="another server"), DataFolder(folder.path).locked():
        pass
    with folder.locked():
        pass


def test_a_folder_without_credentials_or_with_broken_ones_says_so(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    with pytest.raises(NotFound, match="no credentials"):
        folder.read_credentials()
    folder.create()
    folder.credentials.write_text("{}")
    with pytest.raises(Invalid, match="cannot be read: it is not what a server wrote"):
        folder.read_credentials()


def test_a_server_s_name_is_drawn_once_and_is_no_other_s(tmp_path: Path) -> None:
    folder, other = DataFolder(tmp_path / "data"), DataFolder(tmp_path / "other")
    folder.create()
    other.create()
    assert folder.name == DataFolder(tmp_path / "data").name
    assert folder.name != other.name
