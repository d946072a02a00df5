import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.errors import Invalid
from sealgate.services.functions.configs import ConfigService
from sealgate.services.functions.errors import (
    ConfigInUse,
    ConfigNotFound,
    ConfigToAttachNotFound,
    FunctionNotFound,
    InvalidParameter,
)
from sealgate.store.configs import CodeSigningConfig
from sealgate.store.database import Database
from sealgate.store.functions import functions
from tests.support.database import make_database
from tests.support.functions import ACCOUNT, NOW, REGION, SCOPE, a_function, a_scope

PUBLISHER = f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/app/AbCdEfGh12"
TUTORIAL_PUBLISHER = f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/my-app/versions/AbCdEfGh12"
UNKNOWN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-00000000000000000"


class MovingClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def service(db: Database, clock: MovingClock) -> ConfigService:
    return ConfigService(db=db, clock=clock)


def create(service: ConfigService, **changes: Any) -> CodeSigningConfig:
    members: dict[str, Any] = {"publishers": [PUBLISHER], "policy": None, "description": None, "tags": {}}
    return service.create(SCOPE, **(members | changes))


def update(service: ConfigService, arn: str, **changes: Any) -> CodeSigningConfig:
    members: dict[str, Any] = {"publishers": None, "policy": None, "description": None}
    return service.update(SCOPE, arn, **(members | changes))


def add_function(db: Database, **changes: Any) -> None:
    with db.write() as tx:
        functions.insert(tx, a_function(**changes))


def test_a_config_without_policy_and_description_warns_and_has_none(service: ConfigService) -> None:
    config = create(service)
    assert config == service.get(SCOPE, config.arn)
    assert (config.policy, config.description, config.publishers) == ("Warn", None, (PUBLISHER,))
    assert re.fullmatch(r"csc-0[0-9a-f]{16}", config.config_id)


def test_a_publisher_in_the_tutorials_form_is_kept_in_awss_form(service: ConfigService) -> None:
    config = create(service, publishers=[TUTORIAL_PUBLISHER, "arn:aws:signer:us-east-1:444455556666:anything"])
    assert config.publishers == (
        TUTORIAL_PUBLISHER.replace("/versions/", "/"),
        "arn:aws:signer:us-east-1:444455556666:anything",
    )


def test_a_strict_server_keeps_every_publisher_as_it_was_written(db: Database, clock: MovingClock) -> None:
    strict = ConfigService(db=db, clock=clock, strict_aws=True)
    assert create(strict, publishers=[TUTORIAL_PUBLISHER]).publishers == (TUTORIAL_PUBLISHER,)


def test_an_update_of_the_policy_keeps_publishers_and_makes_the_absent_description_empty(
    service: ConfigService, clock: MovingClock
) -> None:
    config = create(service, policy="Enforce")
    clock.now += timedelta(minutes=1)
    changed = update(service, config.arn, policy="Warn")
    assert (changed.policy, changed.publishers, changed.description) == ("Warn", (PUBLISHER,), "")
    assert changed.last_modified == clock.now
    assert service.get(SCOPE, config.arn) == changed


def test_an_update_without_fields_changes_nothing(service: ConfigService, clock: MovingClock) -> None:
    config = create(service, policy="Enforce", description="mine")
    clock.now += timedelta(minutes=1)
    assert update(service, config.arn) == config


def test_an_unknown_config_is_not_found_by_any_operation(service: ConfigService) -> None:
    text = f"^The Lambda code signing configuration {UNKNOWN} can not be found.$"
    with pytest.raises(ConfigNotFound, match=text):
        service.get(SCOPE, UNKNOWN)
    with pytest.raises(ConfigNotFound, match=text):
        update(service, UNKNOWN)
    with pytest.raises(ConfigNotFound, match=text):
        service.delete(SCOPE, UNKNOWN)
    with pytest.raises(ConfigNotFound, match=text):
        service.list_functions(SCOPE, UNKNOWN, marker=None, limit=None)


@pytest.mark.parametrize("other", [a_scope(account="444455556666"), a_scope(region="us-east-1")])
def test_a_config_is_not_seen_from_another_account_or_region(service: ConfigService, other: Any) -> None:
    config = create(service)
    with pytest.raises(ConfigNotFound):
        service.get(other, config.arn)
    assert service.list_configs(other, marker=None, limit=None).items == ()


def test_an_id_alone_does_not_name_a_config_of_another_region(service: ConfigService) -> None:
    config = create(service)
    with pytest.raises(ConfigNotFound):
        service.get(SCOPE, config.arn.replace(REGION, "us-east-1"))


def test_a_config_in_use_cannot_be_deleted_until_it_is_detached(service: ConfigService, db: Database) -> None:
    config = create(service)
    add_function(db, config_id=config.config_id)
    with pytest.raises(ConfigInUse, match=r"at this time — another operation is in progress\. Try again later\.$"):
        service.delete(SCOPE, config.arn)
    service.detach(SCOPE, "app")
    service.delete(SCOPE, config.arn)
    with pytest.raises(ConfigNotFound):
        service.get(SCOPE, config.arn)


def test_attaching_replaces_the_config_and_leaves_the_revision(service: ConfigService, db: Database) -> None:
    first, second = create(service), create(service)
    add_function(db)
    assert service.get_function(SCOPE, "app").config_arn is None
    assert service.attach(SCOPE, "app", first.arn).name == "app"
    attached = service.attach(SCOPE, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:app", second.arn)
    assert (attached.config_arn, attached.revision_id) == (second.arn, "first")
    assert service.get_function(SCOPE, "app").config_arn == second.arn


def test_a_missing_config_is_said_before_a_missing_function(service: ConfigService) -> None:
    with pytest.raises(ConfigToAttachNotFound, match=f"is not deleted: {UNKNOWN}.$"):
        service.attach(SCOPE, "nothing", UNKNOWN)
    with pytest.raises(FunctionNotFound, match=f"^Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:no$"):
        service.attach(SCOPE, "no", create(service).arn)


@pytest.mark.parametrize("name", ["app:1", "app:$LATEST", "app:live", f"{ACCOUNT}:function:app:live"])
def test_a_qualified_name_is_refused_before_the_function_is_looked_for(service: ConfigService, name: str) -> None:
    with pytest.raises(InvalidParameter):
        service.get_function(SCOPE, name)
    with pytest.raises(InvalidParameter):
        service.detach(SCOPE, name)
    with pytest.raises(InvalidParameter):
        service.attach(SCOPE, name, UNKNOWN)


def test_detaching_from_a_function_without_config_is_no_error(service: ConfigService, db: Database) -> None:
    add_function(db)
    service.detach(SCOPE, "app")
    with pytest.raises(FunctionNotFound):
        service.detach(SCOPE, "other")


def test_lists_are_paged(service: ConfigService, db: Database) -> None:
    ids = sorted(create(service).config_id for _ in range(3))
    first = service.list_configs(SCOPE, marker=None, limit=2)
    rest = service.list_configs(SCOPE, marker=first.next_token, limit=2)
    assert [config.config_id for config in (*first.items, *rest.items)] == ids
    assert rest.next_token is None
    for name in ("a", "b", "c"):
        add_function(db, name=name, config_id=ids[0])
    config = first.items[0]
    page = service.list_functions(SCOPE, config.arn, marker=None, limit=2)
    more = service.list_functions(SCOPE, config.arn, marker=page.next_token, limit=2)
    assert [arn.rpartition(":")[2] for arn in page.items + more.items] == ["a", "b", "c"]
    for marker in ("nonsense", page.next_token):
        with pytest.raises(Invalid, match="pagination token"):
            service.list_configs(SCOPE, marker=marker, limit=2)


def test_tags_are_merged_removed_and_limited(service: ConfigService) -> None:
    arn = create(service, tags={"a": "1"}).arn
    service.tag(SCOPE, arn, {"a": "2", "b": "3"})
    service.untag(SCOPE, arn, ["a", "absent"])
    assert service.get_tags(SCOPE, arn) == {"b": "3"}
    with pytest.raises(InvalidParameter, match=r"^Number of tags exceeds resource tag limit\.$"):
        service.tag(SCOPE, arn, {str(number): "" for number in range(50)})
    with pytest.raises(InvalidParameter, match=r"^An error occurred and the request cannot be processed\.$"):
        service.tag(SCOPE, arn, {})


@pytest.mark.parametrize(
    "key",
    ["sealgate:layers", "Sealgate:On-Revocation", "sealgate:network", "aws:cloudformation:stack-name", "AWS:x"],
)
def test_a_tag_that_is_reserved_is_refused(service: ConfigService, key: str) -> None:
    with pytest.raises(Invalid, match=re.escape(key)):
        create(service, tags={key: "host"})
    with pytest.raises(Invalid, match=re.escape(key)):
        service.tag(SCOPE, create(service).arn, {key: "host"})


def test_a_switch_is_set_by_a_tag(service: ConfigService) -> None:
    arn = create(service, tags={"sealgate:on-revocation": "Enforce"}).arn
    service.tag(SCOPE, arn, {"sealgate:on-revocation": "Warn"})
    assert service.get_tags(SCOPE, arn) == {"sealgate:on-revocation": "Warn"}
    with pytest.raises(Invalid, match="must be one of Warn, Enforce, not 'off'"):
        service.tag(SCOPE, arn, {"sealgate:on-revocation": "off"})
