from typing import Any

import pytest

from sealgate.services.functions.errors import FunctionNotFound
from sealgate.services.functions.names import parse_function_name
from sealgate.services.functions.resolution import Draw, resolve
from sealgate.store.aliases import Alias, aliases
from sealgate.store.database import Database
from sealgate.store.functions import functions
from tests.support.database import make_database
from tests.support.functions import ACCOUNT, REGION, SCOPE, a_function

HERE: dict[str, Any] = {"account": ACCOUNT, "region": REGION}


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The function `app` with two versions, and the alias `live`: three quarters the first, a quarter the second."""
    database = make_database(tmp_path_factory.mktemp("functions"))
    with database.write() as tx:
        for version in (0, 1, 2):
            functions.insert(tx, a_function(version=version))
        alias = Alias(
            **HERE, function="app", name="live", version=1, description="", routing={2: 0.25}, revision_id="r"
        )
        aliases.insert(tx, alias)
    return database


def version_of(db: Database, text: str, draw: Draw | None = None) -> str:
    with db.read() as tx:
        return resolve(tx, parse_function_name(text, SCOPE), draw=draw).function.version_name


def test_each_way_to_name_a_version_finds_it(db: Database) -> None:
    assert version_of(db, "app") == "$LATEST"
    assert version_of(db, "app:$LATEST") == "$LATEST"
    assert version_of(db, "app:2") == "2"
    assert version_of(db, "app:live") == "1"


@pytest.mark.parametrize(("drawn", "version"), [(0.0, "2"), (0.2499, "2"), (0.25, "1"), (0.9999, "1")])
def test_an_alias_gives_each_of_its_versions_its_share(db: Database, drawn: float, version: str) -> None:
    assert version_of(db, "app:live", lambda: drawn) == version


def test_how_it_was_named_is_told(db: Database) -> None:
    with db.read() as tx:
        named = resolve(tx, parse_function_name("app:live", SCOPE))
        numbered = resolve(tx, parse_function_name("app:1", SCOPE))
    assert (named.alias is not None, numbered.alias) == (True, None)
    assert named.function == numbered.function


@pytest.mark.parametrize("text", ["other", "app:3", "app:0", "app:01", "app:99999999999", "app:dead", "other:live"])
def test_what_is_not_there_is_not_found(db: Database, text: str) -> None:
    with pytest.raises(FunctionNotFound, match=f":{text}$"):
        version_of(db, text)
