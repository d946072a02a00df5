from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealgate.errors import Conflict
from sealgate.services.identity.accounts import IdentityService
from tests.support.database import make_database

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_a_created_account_is_found_by_its_key_and_cannot_be_created_again(tmp_path: Path) -> None:
    database = make_database(tmp_path)
    identity = IdentityService(db=database, clock=lambda: NOW)
    key = identity.create_account("111122223333", region="us-east-1")
    assert identity.find_root_key("111122223333") == key
    assert IdentityService(db=database, clock=lambda: NOW).find_key(key.access_key_id) == key
    with pytest.raises(Conflict, match="111122223333"):
        identity.create_account("111122223333", region="us-east-1")
    database.close()


def test_an_unknown_key_is_not_found_and_a_secret_is_not_shown(tmp_path: Path) -> None:
    database = make_database(tmp_path)
    identity = IdentityService(db=database, clock=lambda: NOW)
    key = identity.create_account("111122223333", region="cn-north-1")
    assert identity.find_key("AKIANOBODY") is None
    assert key.secret not in repr(key)
    assert key.principal_arn == "arn:aws-cn:iam::111122223333:root"
    database.close()
