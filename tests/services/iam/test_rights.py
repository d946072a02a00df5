"""What applies to whom, and that a change is seen at once, by every server on the database."""

import pytest

from sealgate.policy.request import CallerKind
from sealgate.services.access.entry import Principal
from sealgate.services.iam.policies import NewPolicy
from sealgate.services.iam.service import IamService
from sealgate.services.identity.accounts import IdentityService
from tests.support.iam import ACCOUNT, ADMINISTRATOR, OTHER, Iam, allowing, document, principal_of, trusting


def test_a_users_own_its_groups_and_attached_policies_apply(iam: Iam) -> None:
    bob = iam.add_user("bob", allowing("s3:GetObject"))
    iam.iam.groups.create(iam.scope, "group")
    iam.iam.groups.add_user(iam.scope, "group", "bob")
    iam.iam.inline.put(iam.scope, "group", "group", "shared", allowing("s3:PutObject"))
    iam.iam.attachments.attach(iam.scope, "group", "group", "arn:aws:iam::aws:policy/AWSLambdaExecute")
    named = [(policy.name, policy.source) for policy in iam.iam.rights.of(bob).identity]
    assert named == [
        ("policy0", "user"),
        ("shared", "group"),
        ("arn:aws:iam::aws:policy/AWSLambdaExecute", "aws-managed"),
    ]


def test_every_change_is_seen_by_the_next_question(iam: Iam) -> None:
    bob = iam.add_user("bob")
    assert not iam.may(bob, "s3:GetObject")
    iam.iam.inline.put(iam.scope, "user", "bob", "own", allowing("s3:GetObject"))
    assert iam.may(bob, "s3:GetObject")
    iam.iam.inline.delete(iam.scope, "user", "bob", "own")
    assert not iam.may(bob, "s3:GetObject")
    arn = iam.iam.policies.create(iam.scope, NewPolicy(name="p", document=allowing("s3:GetObject"))).policy.arn
    iam.iam.attachments.attach(iam.scope, "user", "bob", arn)
    assert iam.may(bob, "s3:GetObject")
    iam.iam.policies.create_version(iam.scope, arn, allowing("s3:PutObject"), as_default=True)
    assert (iam.may(bob, "s3:GetObject"), iam.may(bob, "s3:PutObject")) == (False, True)
    iam.iam.boundaries.put(iam.scope, "user", "bob", "arn:aws:iam::aws:policy/AWSLambdaExecute")
    assert not iam.may(bob, "s3:PutObject", "arn:aws:signer:::x")


def test_another_server_on_the_database_sees_it_too(iam: Iam) -> None:
    bob = iam.add_user("bob")
    server = IamService.on(iam.db, iam.clock)
    identity = IdentityService(db=iam.db, clock=iam.clock)
    assert server.rights.of(bob).identity == ()
    assert identity.find_key(bob.access_key_id) is not None
    iam.iam.inline.put(iam.scope, "user", "bob", "own", allowing("s3:GetObject"))
    iam.iam.access_keys.update(iam.scope, "bob", bob.access_key_id, "Inactive")
    assert len(server.rights.of(bob).identity) == 1
    assert identity.find_key(bob.access_key_id) is None


def test_what_is_undone_is_not_remembered(iam: Iam) -> None:
    bob = iam.add_user("bob")
    with pytest.raises(LookupError, match="undone"), iam.db.write():
        _allow_and_fail(iam, bob)
    iam.add_user("eve")
    assert not iam.may(bob, "s3:GetObject")


def _allow_and_fail(iam: Iam, bob: Principal) -> None:
    iam.iam.inline.put(iam.scope, "user", "bob", "own", allowing("s3:GetObject"))
    assert iam.may(bob, "s3:GetObject")
    raise LookupError("undone")


def test_nothing_applies_to_a_user_that_is_gone_nor_to_a_new_one_of_its_name(iam: Iam) -> None:
    bob = iam.add_user("bob")
    iam.iam.attachments.attach(iam.scope, "user", "bob", ADMINISTRATOR)
    iam.iam.attachments.detach(iam.scope, "user", "bob", ADMINISTRATOR)
    iam.iam.access_keys.delete(iam.scope, "bob", bob.access_key_id)
    iam.iam.users.delete(iam.scope, "bob")
    assert (iam.iam.rights.of(bob).entity_id, iam.iam.rights.of(bob).identity) == ("", ())
    iam.add_user("bob", allowing("*"))
    assert not iam.may(bob, "s3:GetObject")


def test_conditions_can_ask_who_a_user_is(iam: Iam) -> None:
    bob = iam.add_user("bob", path="/team/", tags=(("Team", "red"),))
    grants = iam.iam.rights.of(bob)
    assert grants.context == {
        "aws:principalarn": (f"arn:aws:iam::{ACCOUNT}:user/team/bob",),
        "aws:principalaccount": (ACCOUNT,),
        "aws:principaltype": ("User",),
        "aws:userid": (bob.user_id,),
        "aws:username": ("bob",),
        "aws:principaltag/team": ("red",),
    }
    assert (grants.user_name, grants.path, grants.caller.kind) == ("bob", "/team/", CallerKind.USER)


def test_conditions_can_ask_who_a_session_is(iam: Iam) -> None:
    bob = iam.add_user("bob")
    trust = trusting(bob.arn, "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    role = iam.add_role("signer", trust, path="/ci/", tags=(("team", "red"), ("app", "one")))
    issued = iam.assume(bob, role, "run-1", tags=(("Team", "blue"),), source_identity="ann")
    grants = iam.iam.rights.of(principal_of(issued.session))
    assert grants.context == {
        "aws:principalarn": (role.arn,),
        "aws:principalaccount": (ACCOUNT,),
        "aws:principaltype": ("AssumedRole",),
        "aws:userid": (f"{role.entity_id}:run-1",),
        "aws:principaltag/team": ("blue",),
        "aws:principaltag/app": ("one",),
        "aws:tokenissuetime": ("2026-11-24T09:25:49Z",),
        "aws:multifactorauthpresent": ("false",),
        "aws:sourceidentity": ("ann",),
    }
    assert grants.caller.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/signer/run-1"
    assert grants.caller.issuer == role.arn


def test_a_root_user_is_one_though_it_has_no_policies(iam: Iam) -> None:
    root = Principal(account=ACCOUNT, arn=iam.scope.caller_arn, user_id=ACCOUNT, access_key_id="")
    assert iam.iam.rights.of(root).caller.kind is CallerKind.ROOT
    assert iam.may(root, "iam:CreateUser")


def test_a_resource_given_by_its_name_is_known_by_its_path_and_its_own_case(iam: Iam) -> None:
    bob = iam.add_user("Bob", path="/team/")
    rights, prefix = iam.iam.rights, f"arn:aws:iam::{ACCOUNT}:"
    assert rights.resolve(bob, f"{prefix}user/bob") == f"{prefix}user/team/Bob"
    assert rights.resolve(bob, f"{prefix}user/*") == bob.arn
    assert rights.resolve(bob._replace(account=OTHER), f"{prefix}user/*") == f"{prefix}user/*"
    assert rights.resolve(bob, f"{prefix}group/*") == f"{prefix}group/*"
    assert rights.resolve(bob, f"{prefix}role/none") == f"{prefix}role/none"
    assert rights.resolve(bob, "arn:aws:s3:::user/bob") == "arn:aws:s3:::user/bob"


def test_a_document_is_parsed_once(iam: Iam) -> None:
    bob, text = iam.add_user("bob"), document({"Sid": "Once", "Effect": "Deny", "Action": "*", "Resource": "*"})
    iam.iam.inline.put(iam.scope, "user", "bob", "own", text)
    before = iam.iam.rights.of(bob).identity[0]
    iam.add_user("eve")
    assert iam.iam.rights.of(bob).identity[0] is before
