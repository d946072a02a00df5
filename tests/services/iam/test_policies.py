"""Managed policies, their versions, and policies inside entities."""

from collections.abc import Callable

import pytest

from sealgate.errors import Denied, Invalid
from sealgate.policy.document import MalformedPolicy
from sealgate.services.iam.attachments import EntityFilter
from sealgate.services.iam.aws_managed import list_aws_managed
from sealgate.services.iam.errors import DeleteConflict, EntityExists, NoSuchEntity, QuotaExceeded
from sealgate.services.iam.pages import Range
from sealgate.services.iam.policies import NewPolicy, PolicyFilter
from sealgate.services.iam.users import NewUser
from tests.support.iam import ACCOUNT, ADMINISTRATOR, OTHER, Iam, allowing, document, trusting

GET = allowing("s3:GetObject")


def add_policy(iam: Iam, name: str = "policy", text: str = GET, path: str = "/") -> str:
    return iam.iam.policies.create(iam.scope, NewPolicy(name=name, document=text, path=path)).policy.arn


def test_a_document_is_answered_exactly_as_it_was_given(iam: Iam) -> None:
    text = '{ "Version" : "2012-10-17",\n\t"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}\n'
    arn = add_policy(iam, text=text)
    assert iam.iam.policies.get_version(iam.scope, arn, "v1")[1].document == text


def test_a_name_is_taken_in_whichever_path_and_case(iam: Iam) -> None:
    assert add_policy(iam, "Name", path="/a/") == f"arn:aws:iam::{ACCOUNT}:policy/a/Name"
    with pytest.raises(EntityExists, match="A policy called name already exists"):
        add_policy(iam, "name", path="/b/")


def test_versions_are_numbered_on_and_the_default_counts(iam: Iam) -> None:
    arn = add_policy(iam)
    versions = [
        iam.iam.policies.create_version(iam.scope, arn, GET, as_default=number == 3)[1].number for number in (2, 3, 4)
    ]
    assert versions == [2, 3, 4]
    assert iam.iam.policies.get(iam.scope, arn).policy.default_version == 3
    iam.iam.policies.delete_version(iam.scope, arn, "v4")
    assert iam.iam.policies.create_version(iam.scope, arn, GET, as_default=False)[1].number == 5
    iam.iam.policies.set_default_version(iam.scope, arn, "v1")
    policy, page = iam.iam.policies.list_versions(iam.scope, arn, Range(limit=2))
    assert (policy.default_version, [version.number for version in page.items]) == (1, [5, 3])
    _, rest = iam.iam.policies.list_versions(iam.scope, arn, Range(marker=page.next_token))
    assert [version.number for version in rest.items] == [2, 1]


def test_a_policy_has_at_most_five_versions(iam: Iam) -> None:
    arn = add_policy(iam)
    for _ in range(4):
        iam.iam.policies.create_version(iam.scope, arn, GET, as_default=False)
    with pytest.raises(QuotaExceeded, match="can have up to 5 versions"):
        iam.iam.policies.create_version(iam.scope, arn, GET, as_default=False)


def test_a_policy_goes_once_nothing_uses_it_and_it_has_one_version(iam: Iam) -> None:
    arn = add_policy(iam)
    iam.add_user("bob")
    iam.iam.attachments.attach(iam.scope, "user", "bob", arn)
    iam.iam.boundaries.put(iam.scope, "user", "bob", arn)
    iam.iam.policies.create_version(iam.scope, arn, GET, as_default=True)
    steps: list[tuple[str, Callable[[], None]]] = [
        ("attached to entities", lambda: iam.iam.attachments.detach(iam.scope, "user", "bob", arn)),
        ("permissions boundary", lambda: iam.iam.boundaries.delete(iam.scope, "user", "bob")),
        ("more than one version", lambda: iam.iam.policies.delete_version(iam.scope, arn, "v1")),
    ]
    for why, clear in steps:
        with pytest.raises(DeleteConflict, match=why):
            iam.iam.policies.delete(iam.scope, arn)
        clear()
    with pytest.raises(DeleteConflict, match="Cannot delete the default version"):
        iam.iam.policies.delete_version(iam.scope, arn, "v2")
    iam.iam.policies.delete(iam.scope, arn)
    with pytest.raises(NoSuchEntity, match="was not found"):
        iam.iam.policies.get(iam.scope, arn)


@pytest.mark.parametrize("version", ["v2", "v0", "v1.x", "1", "v99999999999999999999"])
def test_a_version_that_is_not_there_is_none(iam: Iam, version: str) -> None:
    with pytest.raises(NoSuchEntity, match="does not exist or is not attachable"):
        iam.iam.policies.get_version(iam.scope, add_policy(iam), version)


@pytest.mark.parametrize("arn", ["policy", "arn:aws:iam::111122223333:user/x", "arn:aws:s3:::policy/x", "a" * 3000])
def test_an_arn_that_is_none_of_a_policy_is_refused(iam: Iam, arn: str) -> None:
    with pytest.raises(Invalid, match="is not valid"):
        iam.iam.policies.get(iam.scope, arn)


def test_awss_own_policies_can_be_attached_and_not_changed(iam: Iam) -> None:
    iam.add_user("bob")
    iam.iam.attachments.attach(iam.scope, "user", "bob", ADMINISTRATOR)
    use = iam.iam.policies.get(iam.scope, ADMINISTRATOR)
    assert (use.policy.account, use.attached) == ("aws", 1)
    for change in (
        lambda: iam.iam.policies.delete(iam.scope, ADMINISTRATOR),
        lambda: iam.iam.policies.create_version(iam.scope, ADMINISTRATOR, GET, as_default=True),
        lambda: iam.iam.tags.tag_policy(iam.scope, ADMINISTRATOR, [("a", "b")]),
    ):
        with pytest.raises(Denied):
            change()
    with pytest.raises(NoSuchEntity):
        iam.iam.attachments.attach(iam.scope, "user", "bob", "arn:aws:iam::aws:policy/ReadOnlyAccess")


def test_every_policy_of_aws_is_one(iam: Iam) -> None:
    for offered in list_aws_managed("aws"):
        iam.add_user(offered.name)
        iam.iam.attachments.attach(iam.scope, "user", offered.name, offered.arn)
        principal = iam.add_user(f"{offered.name}2")
        iam.iam.attachments.attach(iam.scope, "user", f"{offered.name}2", offered.arn)
        assert iam.iam.rights.of(principal).identity[0].source == "aws-managed"


def test_another_accounts_policy_is_not_there(iam: Iam) -> None:
    arn = add_policy(iam)
    iam.iam.users.create(iam.other, NewUser(name="eve"))
    for use in (
        lambda: iam.iam.policies.get(iam.other, arn),
        lambda: iam.iam.policies.delete(iam.other, arn),
        lambda: iam.iam.attachments.attach(iam.other, "user", "eve", arn),
        lambda: iam.iam.boundaries.put(iam.other, "user", "eve", arn),
    ):
        with pytest.raises(NoSuchEntity):
            use()


def test_policies_are_listed_by_owner_path_and_use(iam: Iam) -> None:
    attached, bounding = add_policy(iam, "attached", path="/a/"), add_policy(iam, "bounding")
    add_policy(iam, "unused")
    iam.add_user("bob", boundary=bounding)
    iam.iam.attachments.attach(iam.scope, "user", "bob", attached)

    def listed(**only: object) -> list[str]:
        page = iam.iam.policies.list(iam.scope, Range(), PolicyFilter(**only))  # type: ignore[arg-type]
        return [use.policy.name for use in page.items]

    assert listed(owner="Local") == ["attached", "bounding", "unused"]
    assert "AdministratorAccess" in listed(owner="AWS")
    assert set(listed(owner="Local")) < set(listed())
    assert listed(owner="Local", path_prefix="/a/") == ["attached"]
    assert listed(used_only=True) == ["attached"]
    assert listed(usage="PermissionsBoundary") == ["bounding"]
    assert listed(usage="PermissionsPolicy") == ["attached"]


def test_who_uses_a_policy_is_listed_by_kind_and_use(iam: Iam) -> None:
    arn = add_policy(iam)
    iam.add_user("bob", path="/x/")
    iam.add_user("eve", boundary=arn)
    iam.iam.groups.create(iam.scope, "group")
    iam.add_role("role", trusting(OTHER))
    for kind, name in (("user", "bob"), ("group", "group"), ("role", "role")):
        iam.iam.attachments.attach(iam.scope, kind, name, arn)  # type: ignore[arg-type]

    def listed(limit: int = 9, **only: object) -> list[str]:
        page = iam.iam.attachments.list_entities(iam.scope, arn, Range(limit=limit), EntityFilter(**only))  # type: ignore[arg-type]
        return [entity.name for entity in page.items]

    assert listed() == ["group", "role", "bob", "eve"]
    assert listed(limit=2) == ["group", "role"]
    assert listed(kind="user") == ["bob", "eve"]
    assert listed(usage="PermissionsBoundary") == ["eve"]
    assert listed(usage="PermissionsPolicy", kind="user") == ["bob"]
    assert listed(path_prefix="/x/") == ["bob"]


def test_attaching_twice_is_once_and_detaching_twice_is_refused(iam: Iam) -> None:
    iam.add_user("bob")
    for _ in range(2):
        iam.iam.attachments.attach(iam.scope, "user", "bob", ADMINISTRATOR)
    assert len(iam.iam.attachments.list_attached(iam.scope, "user", "bob", Range()).items) == 1
    iam.iam.attachments.detach(iam.scope, "user", "bob", ADMINISTRATOR)
    with pytest.raises(NoSuchEntity):
        iam.iam.attachments.detach(iam.scope, "user", "bob", ADMINISTRATOR)


def test_an_entity_has_at_most_ten_managed_policies(iam: Iam) -> None:
    iam.iam.groups.create(iam.scope, "group")
    for number in range(10):
        iam.iam.attachments.attach(iam.scope, "group", "group", add_policy(iam, f"policy{number}"))
    with pytest.raises(QuotaExceeded, match="Cannot exceed quota for PoliciesPerGroup: 10"):
        iam.iam.attachments.attach(iam.scope, "group", "group", ADMINISTRATOR)


@pytest.mark.parametrize(("kind", "limit"), [("user", 2048), ("group", 5120), ("role", 10240)])
def test_the_policies_inside_an_entity_have_a_size_together_white_space_left_out(
    iam: Iam, kind: str, limit: int
) -> None:
    iam.add_user("name")
    iam.iam.groups.create(iam.scope, "name")
    iam.add_role("name", trusting(OTHER))
    half = document({"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{'a' * (limit // 2 - 110)}"})
    for name in ("one", "two"):
        iam.iam.inline.put(iam.scope, kind, "name", name, half + " " * 4000)  # type: ignore[arg-type]
    iam.iam.inline.put(iam.scope, kind, "name", "two", half)  # type: ignore[arg-type]
    with pytest.raises(QuotaExceeded, match=f"Maximum policy size of {limit} bytes exceeded for {kind} name"):
        iam.iam.inline.put(iam.scope, kind, "name", "three", half)  # type: ignore[arg-type]


def test_a_managed_policy_has_a_size(iam: Iam) -> None:
    with pytest.raises(QuotaExceeded, match="PolicySize: 6144"):
        add_policy(iam, text=allowing("s3:GetObject", f"arn:aws:s3:::{'a' * 6144}"))


@pytest.mark.parametrize("text", ["", "{}", "[]", trusting(OTHER), allowing("GetObject")])
def test_what_is_no_policy_is_refused_and_nothing_is_stored(iam: Iam, text: str) -> None:
    iam.add_user("bob")
    arn = add_policy(iam)
    for store in (
        lambda: add_policy(iam, "other", text),
        lambda: iam.iam.policies.create_version(iam.scope, arn, text, as_default=True),
        lambda: iam.iam.inline.put(iam.scope, "user", "bob", "own", text),
    ):
        with pytest.raises(MalformedPolicy):
            store()
    assert iam.iam.inline.list(iam.scope, "user", "bob", Range()).items == ()
    assert len(iam.iam.policies.list_versions(iam.scope, arn, Range())[1].items) == 1
