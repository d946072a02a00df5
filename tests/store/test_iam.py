"""Identity in the store, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from sealgate.store.database import Database, Tx
from sealgate.store.iam import entities, policies, sessions
from sealgate.store.iam.entities import Group, Role, User
from sealgate.store.iam.generation import changing_identity, find_mark
from sealgate.store.iam.memberships import Membership, count_groups_of, list_groups_of, list_users_of, memberships
from sealgate.store.iam.policies import Attachment, InlinePolicy, ManagedPolicy, PolicyVersion
from sealgate.store.iam.sessions import Session
from sealgate.store.identity import (
    AccessKey,
    Account,
    access_keys,
    accounts,
    list_accounts,
    list_keys_of,
    rename_keys_of,
)
from sealgate.store.schema import metadata
from tests.support.signer import NOW

ACCOUNT, OTHER = "111122223333", "444455556666"


@pytest.fixture(autouse=True)
def _schema(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx)
        for account in (OTHER, ACCOUNT):
            accounts.insert(tx, Account(account=account, created_at=NOW))


def common(name: str, prefix: str, account: str = ACCOUNT, path: str = "/") -> dict[str, Any]:
    return {
        "account": account,
        "entity_id": f"{prefix}{name}{account}",
        "partition": "aws",
        "path": path,
        "name": name,
        "key": name.lower(),
        "created_at": NOW,
    }


def user(name: str, **more: Any) -> User:
    boundary = more.pop("boundary", None)
    return User(**common(name, "AIDA", **more), tags={"ü": "1"}, boundary=boundary)


def role(name: str, **more: Any) -> Role:
    return Role(
        **common(name, "AROA", **more),
        tags={},
        trust="{}",
        trusted_ids={"arn": "id"},
        description=None,
        max_session_seconds=3600,
        boundary="b",
    )


def session(key_id: str, **more: Any) -> Session:
    members: dict[str, Any] = {
        "access_key_id": key_id,
        "account": ACCOUNT,
        "principal_arn": "arn",
        "user_id": "AROA:run",
        "entity_id": "AROA",
        "secret": "secret",
        "token_sha256": "0" * 64,
        "name": "run",
        "issued_by": "arn",
        "issued_at": NOW,
        "expires_at": NOW,
        "policies": ("{}",),
        "policy_arns": (),
        "tags": {"a": "b"},
        "transitive_tag_keys": ("a",),
        "source_identity": None,
    }
    return Session(**(members | more))


@contextmanager
def holding(database: Database, *users: User) -> Iterator[Tx]:
    with database.write() as tx:
        for each in users:
            entities.users.rows.insert(tx, each)
        yield tx


def test_entities_come_back_as_they_were_inserted(database: Database) -> None:
    with holding(database, user("Bob")) as tx:
        entities.roles.rows.insert(tx, role("role"))
        assert entities.users.find(tx, account=ACCOUNT, name="bOb") == user("Bob")
        assert entities.users.find(tx, account=OTHER, name="Bob") is None
        assert entities.roles.find(tx, account=ACCOUNT, name="role") == role("role")


def test_a_name_is_unique_in_its_account_whatever_its_case(database: Database) -> None:
    with holding(database, user("bob"), user("bob", account=OTHER)):
        pass
    clash = replace(user("BOB"), entity_id="AIDAOTHER")
    with pytest.raises(IntegrityError), holding(database, clash):
        pass


def test_entities_are_listed_by_the_bytes_of_their_key_under_a_path(database: Database) -> None:
    made = [user(name, path=path) for name, path in (("b_", "/a/"), ("B-", "/a/b/"), ("b", "/ab/"), ("ba", "/a/"))]
    with holding(database, *made, user("c", account=OTHER, path="/a/")) as tx:

        def listed(prefix: str, after: str = "", limit: int = 9) -> list[str]:
            found = entities.users.list(tx, account=ACCOUNT, path_prefix=prefix, after=after, limit=limit)
            return [each.name for each in found]

        assert listed("/") == ["b", "B-", "b_", "ba"]
        assert listed("/a/") == ["B-", "b_", "ba"]
        assert listed("/a/", after="b-", limit=1) == ["b_"]
        assert entities.users.count(tx, ACCOUNT) == 4


def test_memberships_are_found_from_both_sides(database: Database) -> None:
    with holding(database, user("bob"), user("ann")) as tx:
        group = Group(**common("group", "AGPA"))
        entities.groups.rows.insert(tx, group)
        for name in ("bob", "ann"):
            memberships.insert(tx, Membership(user_id=user(name).entity_id, group_id=group.entity_id))
        assert list_groups_of(tx, user("bob").entity_id) == [group]
        assert [each.name for each in list_users_of(tx, group.entity_id)] == ["ann", "bob"]
        assert [each.name for each in list_users_of(tx, group.entity_id, after="ann", limit=1)] == ["bob"]
        assert count_groups_of(tx, user("bob").entity_id) == 1


def test_policies_their_versions_and_their_uses(database: Database) -> None:
    policy = ManagedPolicy(
        arn="arn:p",
        account=ACCOUNT,
        policy_id="ANPA",
        path="/a/",
        name="P",
        key="p",
        description=None,
        default_version=1,
        last_version=1,
        tags={},
        created_at=NOW,
        updated_at=NOW,
    )
    version = PolicyVersion(policy_arn="arn:p", number=1, document="{}", created_at=NOW)
    with holding(database, user("bob", boundary="arn:p"), user("eve", boundary="arn:p")) as tx:
        policies.policies.insert(tx, policy)
        policies.versions.insert(tx, version)
        bob = Attachment(entity_id="AIDA", policy_arn="arn:p", account=ACCOUNT, kind="user")
        for each in (bob, replace(bob, entity_id="AROA", kind="role"), replace(bob, entity_id="X", account=OTHER)):
            policies.attachments.insert(tx, each)
        assert policies.find_policy_named(tx, account=ACCOUNT, name="p") == policy
        assert policies.list_policies(tx, account=ACCOUNT, path_prefix="/a/") == [policy]
        assert policies.list_policies(tx, account=ACCOUNT, path_prefix="/b/") == []
        assert policies.count_policies(tx, OTHER) == 0
        assert policies.list_versions(tx, "arn:p") == [version]
        assert policies.list_attachments_of(tx, "AIDA") == [bob]
        assert len(policies.list_attachments_to(tx, account=ACCOUNT, policy_arn="arn:p")) == 2
        assert policies.count_attachments(tx, ACCOUNT) == {"arn:p": 2}
        assert entities.count_bounded(tx, ACCOUNT) == {"arn:p": 2}
        assert len(entities.find_bounded(tx, account=ACCOUNT, policy_arn="arn:p")) == 2
        assert entities.find_bounded(tx, account=OTHER, policy_arn="arn:p") == []


def test_policies_inside_an_entity_are_listed_by_name(database: Database) -> None:
    with database.write() as tx:
        for name in ("b", "B", "a"):
            policies.inline_policies.insert(tx, InlinePolicy(entity_id="AIDA", name=name, document="{}"))
        assert [each.name for each in policies.list_inline_of(tx, "AIDA")] == ["B", "a", "b"]


def test_sessions_are_renamed_ended_and_forgotten(database: Database) -> None:
    with database.write() as tx:
        old = session("ASIA1", expires_at=NOW - timedelta(seconds=1))
        for each in (old, session("ASIA2"), session("ASIA3", entity_id="AIDA")):
            sessions.sessions.insert(tx, each)
        assert sessions.sessions.find(tx, access_key_id="ASIA1") == old
        sessions.rename_sessions_of(tx, "AIDA", principal_arn="new")
        renamed = sessions.sessions.find(tx, access_key_id="ASIA3")
        assert renamed is not None
        assert renamed.principal_arn == "new"
        assert sessions.delete_expired(tx, before=NOW) == 1
        sessions.delete_sessions_of(tx, "AROA")
        assert [each.access_key_id for each in sessions.sessions.select(tx)] == ["ASIA3"]


def test_keys_and_accounts_are_listed(database: Database) -> None:
    key = AccessKey(
        access_key_id="AKIA1", account=ACCOUNT, principal_arn="old", user_id="AIDA", secret="s", created_at=NOW
    )
    with database.write() as tx:
        access_keys.insert(tx, key)
        rename_keys_of(tx, "AIDA", principal_arn="new")
        assert list_keys_of(tx, "AIDA") == [replace(key, principal_arn="new")]
        assert [each.account for each in list_accounts(tx)] == [ACCOUNT, OTHER]


def mark_of(database: Database) -> str:
    with database.read() as tx:
        return find_mark(tx)


def change(database: Database, marks: list[str], *, undone: bool = False) -> None:
    with changing_identity(database) as tx:
        marks.append(find_mark(tx))
        if undone:
            raise LookupError("undone")


def test_every_change_of_identity_has_a_mark_of_its_own_and_one_that_is_undone_leaves_the_old(
    database: Database,
) -> None:
    marks = [mark_of(database)]
    change(database, marks)
    with pytest.raises(LookupError, match="undone"):
        change(database, marks, undone=True)
    assert mark_of(database) == marks[1]
    change(database, marks)
    assert mark_of(database) == marks[3]
    assert len(set(marks)) == 4
    assert marks[0] == ""
