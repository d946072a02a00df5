"""Users, groups and roles: names, paths, what must be gone before they can go."""

import re
from collections.abc import Callable

import pytest

from sealgate.services.iam.errors import DeleteConflict, EntityExists, InvalidInput, NoSuchEntity, QuotaExceeded
from sealgate.services.iam.pages import Range
from sealgate.services.iam.users import NewUser
from tests.support.iam import ADMINISTRATOR, EXECUTE, OTHER, Iam, allowing, trusting


def test_a_user_has_an_id_and_an_arn_as_on_aws(iam: Iam) -> None:
    user = iam.iam.users.create(iam.scope, NewUser(name="Bob", path="/team/red/"))
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", user.entity_id)
    assert user.arn == "arn:aws:iam::111122223333:user/team/red/Bob"
    assert re.fullmatch(r"AGPA[A-Z2-7]{17}", iam.iam.groups.create(iam.scope, "g").entity_id)
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", iam.add_role("r", trusting(user.arn)).entity_id)
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", iam.iam.access_keys.create(iam.scope, "Bob").access_key_id)


def test_names_are_not_distinguished_by_case_and_keep_theirs(iam: Iam) -> None:
    iam.add_user("Bob")
    assert iam.iam.users.get(iam.scope, "bOB").name == "Bob"
    with pytest.raises(EntityExists, match="User with name bob already exists"):
        iam.add_user("bob")


def test_a_name_of_another_account_or_kind_is_free(iam: Iam) -> None:
    iam.add_user("name")
    iam.iam.groups.create(iam.scope, "name")
    iam.add_role("name", trusting(OTHER))
    iam.iam.users.create(iam.other, NewUser(name="name"))
    with pytest.raises(NoSuchEntity, match="The group with name name cannot be found"):
        iam.iam.groups.get(iam.other, "name")


def test_lists_are_by_name_under_a_path_and_go_on_where_they_ended(iam: Iam) -> None:
    for name, path in (("d", "/x/"), ("B", "/x/y/"), ("c", "/"), ("a", "/x/"), ("e", "/xy/")):
        iam.iam.users.create(iam.scope, NewUser(name=name, path=path))
    first = iam.iam.users.list(iam.scope, Range(limit=2), path_prefix="/x/")
    assert [user.name for user in first.items] == ["a", "B"]
    rest = iam.iam.users.list(iam.scope, Range(limit=2, marker=first.next_token), path_prefix="/x/")
    assert [user.name for user in rest.items] == ["d"]
    assert rest.next_token is None
    assert len(iam.iam.users.list(iam.scope, Range()).items) == 5
    assert iam.iam.users.list(iam.other, Range()).items == ()


def test_a_renamed_user_keeps_keys_policies_and_groups(iam: Iam) -> None:
    principal = iam.add_user("old", allowing("s3:GetObject"))
    iam.iam.groups.create(iam.scope, "group")
    iam.iam.groups.add_user(iam.scope, "group", "old")
    iam.iam.users.update(iam.scope, "old", new_name="new", new_path="/moved/")
    found = iam.identity.find_key(principal.access_key_id)
    assert found is not None
    assert found.principal_arn == "arn:aws:iam::111122223333:user/moved/new"
    assert iam.iam.inline.get(iam.scope, "user", "new", "policy0").document == allowing("s3:GetObject")
    assert [group.name for group in iam.iam.groups.list_of_user(iam.scope, "new", Range()).items] == ["group"]
    with pytest.raises(NoSuchEntity):
        iam.iam.users.get(iam.scope, "old")


def test_a_name_can_change_its_case_and_not_become_anothers(iam: Iam) -> None:
    iam.add_user("one")
    iam.add_user("two")
    iam.iam.users.update(iam.scope, "one", new_name="ONE", new_path=None)
    with pytest.raises(EntityExists):
        iam.iam.users.update(iam.scope, "one", new_name="Two", new_path=None)
    iam.iam.groups.create(iam.scope, "a")
    iam.iam.groups.create(iam.scope, "b")
    with pytest.raises(EntityExists, match="Group with name A already exists"):
        iam.iam.groups.update(iam.scope, "b", new_name="A", new_path=None)


def test_a_user_goes_once_it_has_nothing_any_more(iam: Iam) -> None:
    key = iam.add_user("bob", allowing("s3:GetObject")).access_key_id
    iam.iam.attachments.attach(iam.scope, "user", "bob", ADMINISTRATOR)
    iam.iam.groups.create(iam.scope, "group")
    iam.iam.groups.add_user(iam.scope, "group", "bob")
    steps: list[tuple[str, Callable[[], None]]] = [
        ("must detach all policies", lambda: iam.iam.attachments.detach(iam.scope, "user", "bob", ADMINISTRATOR)),
        ("must delete policies", lambda: iam.iam.inline.delete(iam.scope, "user", "bob", "policy0")),
        ("must delete access keys", lambda: iam.iam.access_keys.delete(iam.scope, "bob", key)),
        ("must remove users from group", lambda: iam.iam.groups.remove_user(iam.scope, "group", "bob")),
    ]
    for why, clear in steps:
        with pytest.raises(DeleteConflict, match=why):
            iam.iam.users.delete(iam.scope, "bob")
        clear()
    iam.iam.users.delete(iam.scope, "bob")
    with pytest.raises(NoSuchEntity, match="The user with name bob cannot be found"):
        iam.iam.users.get(iam.scope, "bob")


def test_a_group_goes_once_it_has_nothing_any_more(iam: Iam) -> None:
    iam.add_user("bob")
    iam.iam.groups.create(iam.scope, "group")
    iam.iam.groups.add_user(iam.scope, "group", "bob")
    iam.iam.groups.add_user(iam.scope, "group", "bob")
    with pytest.raises(DeleteConflict, match="must remove users from group first"):
        iam.iam.groups.delete(iam.scope, "group")
    iam.iam.groups.remove_user(iam.scope, "group", "bob")
    with pytest.raises(NoSuchEntity, match="is not in group"):
        iam.iam.groups.remove_user(iam.scope, "group", "bob")
    iam.iam.inline.put(iam.scope, "group", "group", "own", allowing("s3:GetObject"))
    with pytest.raises(DeleteConflict, match="must delete policies"):
        iam.iam.groups.delete(iam.scope, "group")
    iam.iam.inline.delete(iam.scope, "group", "group", "own")
    iam.iam.groups.delete(iam.scope, "group")


def test_a_role_goes_once_it_has_no_policies_any_more(iam: Iam) -> None:
    iam.add_role("role", trusting(OTHER), allowing("s3:GetObject"))
    with pytest.raises(DeleteConflict):
        iam.iam.roles.delete(iam.scope, "role")
    iam.iam.inline.delete(iam.scope, "role", "role", "policy0")
    iam.iam.roles.delete(iam.scope, "role")
    with pytest.raises(NoSuchEntity, match="The role with name role cannot be found"):
        iam.iam.roles.get(iam.scope, "role")


def test_a_user_is_in_at_most_ten_groups(iam: Iam) -> None:
    iam.add_user("bob")
    for number in range(11):
        iam.iam.groups.create(iam.scope, f"group{number}")
    for number in range(10):
        iam.iam.groups.add_user(iam.scope, f"group{number}", "bob")
    with pytest.raises(QuotaExceeded, match="Cannot exceed quota for GroupsPerUser: 10"):
        iam.iam.groups.add_user(iam.scope, "group10", "bob")


def test_a_user_has_at_most_two_keys_and_only_its_own(iam: Iam) -> None:
    key = iam.add_user("bob").access_key_id
    iam.add_user("eve")
    iam.iam.access_keys.create(iam.scope, "bob")
    with pytest.raises(QuotaExceeded, match="AccessKeysPerUser: 2"):
        iam.iam.access_keys.create(iam.scope, "bob")
    with pytest.raises(NoSuchEntity, match=f"The Access Key with id {key} cannot be found"):
        iam.iam.access_keys.delete(iam.scope, "eve", key)


def test_a_key_signs_only_while_it_is_active(iam: Iam) -> None:
    key = iam.add_user("bob").access_key_id
    assert iam.identity.find_key(key) is not None
    iam.iam.access_keys.update(iam.scope, "bob", key, "Inactive")
    assert iam.identity.find_key(key) is None
    iam.iam.access_keys.update(iam.scope, "bob", key, "Active")
    assert iam.identity.find_key(key) is not None
    iam.iam.access_keys.delete(iam.scope, "bob", key)
    assert iam.identity.find_key(key) is None


def test_tags_are_unique_whatever_their_case_and_never_awss_own(iam: Iam) -> None:
    iam.add_user("bob", tags=(("Team", "red"), ("cost", "1")))
    iam.iam.tags.tag(iam.scope, "user", "bob", [("team", "blue")])
    iam.iam.tags.untag(iam.scope, "user", "bob", ["COST", "absent"])
    assert iam.iam.tags.list(iam.scope, "user", "bob", Range()).items == (("team", "blue"),)
    with pytest.raises(InvalidInput, match="Duplicate tag keys"):
        iam.iam.tags.tag(iam.scope, "user", "bob", [("a", "1"), ("A", "2")])
    with pytest.raises(InvalidInput, match="reserved"):
        iam.iam.tags.tag(iam.scope, "user", "bob", [("AWS:x", "1")])
    with pytest.raises(QuotaExceeded, match="maximum limit: 50"):
        iam.iam.tags.tag(iam.scope, "user", "bob", [(f"k{number}", "") for number in range(50)])


def test_a_boundary_is_an_existing_policy_and_can_be_taken_away(iam: Iam) -> None:
    iam.add_user("bob")
    with pytest.raises(NoSuchEntity, match="does not exist or is not attachable"):
        iam.iam.boundaries.put(iam.scope, "user", "bob", "arn:aws:iam::111122223333:policy/none")
    iam.iam.boundaries.put(iam.scope, "user", "bob", EXECUTE)
    assert iam.iam.users.get(iam.scope, "bob").boundary == EXECUTE
    iam.iam.boundaries.delete(iam.scope, "user", "bob")
    with pytest.raises(NoSuchEntity, match="does not have a permissions boundary"):
        iam.iam.boundaries.delete(iam.scope, "user", "bob")


def test_a_change_that_is_refused_changes_nothing(iam: Iam) -> None:
    with pytest.raises(NoSuchEntity):
        iam.iam.users.create(iam.scope, NewUser(name="bob", boundary="arn:aws:iam::111122223333:policy/none"))
    assert iam.iam.users.list(iam.scope, Range()).items == ()
