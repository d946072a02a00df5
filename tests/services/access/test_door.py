from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealgate.services.access.catalogue import Catalogue
from sealgate.services.access.door import Door
from sealgate.services.access.entry import AccessDenied, Entry, Principal, Wanted
from sealgate.services.iam.rights import Rights
from tests.support.database import make_database

NOW = datetime(2026, 11, 26, tzinfo=UTC)
ROOT = Principal(account="1" * 12, arn=f"arn:aws:iam::{'1' * 12}:root", user_id="1" * 12, access_key_id="AKIA")
NOBODY = Principal(account="1" * 12, arn=f"arn:aws:iam::{'1' * 12}:user/root", user_id="AIDA", access_key_id="AKIA")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    db = make_database(tmp_path)
    yield Door(rights=Rights(db=db), catalogue=Catalogue(db=db))
    db.close()


def entry(principal: Principal, resource: str) -> Entry:
    return Entry(
        request_id="1",
        source_ip="127.0.0.1",
        principal=principal,
        wanted=(Wanted(action="signer:GetSigningProfile", resource=resource),),
        now=NOW,
    )


@pytest.mark.parametrize(
    "resource",
    ["*", "arn:aws:s3:::bucket/key", f"arn:aws:signer:us-east-1:{'1' * 12}:/signing-profiles/p", "not an arn"],
)
def test_the_root_user_may_do_everything_in_its_own_account(door: Door, resource: str) -> None:
    door.admit(entry(ROOT, resource))


@pytest.mark.parametrize("resource", [f"arn:aws:signer:us-east-1:{'2' * 12}:/signing-profiles/p", "arn:aws:x:y:z:w:v"])
def test_what_belongs_to_another_account_is_denied(door: Door, resource: str) -> None:
    with pytest.raises(AccessDenied) as caught:
        door.admit(entry(ROOT, resource))
    assert caught.value.message == (
        f"User: {ROOT.arn} is not authorized to perform: signer:GetSigningProfile on resource: {resource} "
        "because no resource-based policy allows the signer:GetSigningProfile action"
    )


def test_somebody_whom_no_policy_allows_anything_is_denied(door: Door) -> None:
    with pytest.raises(AccessDenied, match="because no identity-based policy allows"):
        door.admit(entry(NOBODY, "*"))
