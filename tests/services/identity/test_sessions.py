"""Becoming a role, and sessions of users: who may, for how long, with which limits."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.errors import Denied, Invalid
from sealgate.policy.document import MalformedPolicy
from sealgate.services.access.entry import AccessDenied, Principal
from sealgate.services.iam.errors import InvalidInput, NoSuchEntity, QuotaExceeded
from sealgate.services.iam.policies import NewPolicy
from sealgate.services.identity.assumption import Assumption, PackedPolicyTooLarge
from sealgate.services.identity.sessions import is_token_of
from tests.support.iam import (
    ACCOUNT,
    ADMINISTRATOR,
    OTHER,
    Iam,
    allowing,
    document,
    opened_iam,
    principal_of,
    trusting,
)

ALL = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
ASSUME = allowing("sts:*")


@pytest.fixture
def iam(tmp_path: Path) -> Iterator[Iam]:
    with opened_iam(tmp_path) as opened:
        yield opened


def test_who_a_trust_policy_names_becomes_the_role(iam: Iam) -> None:
    bob = iam.add_user("bob")
    role = iam.add_role("signer", trusting(bob.arn), allowing("signer:StartSigningJob"), path="/ci/")
    issued = iam.assume(bob, role, "run")
    session = issued.session
    assert session.access_key_id.startswith("ASIA")
    assert session.principal_arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/signer/run"
    assert session.user_id == f"{role.entity_id}:run"
    assert iam.identity.find_key(session.access_key_id) == session
    assert is_token_of(session, issued.token)
    assert not is_token_of(session, issued.token + "x")
    assert issued.token not in repr(issued)
    assert iam.may(principal_of(session), "signer:StartSigningJob")
    assert not iam.may(principal_of(session), "s3:GetObject")


def test_trust_in_an_account_is_for_its_own_policies_to_give_on(iam: Iam) -> None:
    bob, eve = iam.add_user("bob", ASSUME), iam.add_user("eve")
    role = iam.add_role("role", trusting(ACCOUNT))
    iam.assume(bob, role)
    with pytest.raises(AccessDenied, match="is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam"):
        iam.assume(eve, role)


def test_across_accounts_both_must_allow(iam: Iam) -> None:
    bob, eve = iam.add_user("bob", ASSUME), iam.add_user("eve")
    role = iam.add_role("role", trusting(ACCOUNT), scope=iam.other)
    assert iam.assume(bob, role).session.account == OTHER
    with pytest.raises(AccessDenied):
        iam.assume(eve, role)
    named = iam.add_role("named", trusting(eve.arn), scope=iam.other)
    with pytest.raises(AccessDenied):
        iam.assume(eve, named)


def test_an_explicit_deny_of_the_caller_wins_over_trust(iam: Iam) -> None:
    denying = document({"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"})
    bob = iam.add_user("bob", denying)
    with pytest.raises(AccessDenied):
        iam.assume(bob, iam.add_role("role", trusting(bob.arn)))


def test_a_role_that_does_not_exist_is_told_from_no_other_that_is_denied(iam: Iam) -> None:
    bob = iam.add_user("bob", allowing("*"))
    role = iam.add_role("role", trusting(OTHER))
    texts = []
    for arn in (role.arn, role.arn + "x", f"arn:aws:iam::{OTHER}:role/none"):
        with pytest.raises(AccessDenied) as caught:
            iam.sessions.assume_role(bob, Assumption(role_arn=arn, session_name="run"), context={})
        texts.append(caught.value.message.replace(arn, "ARN"))
    assert len(set(texts)) == 1


def test_the_root_user_becomes_no_role(iam: Iam) -> None:
    root = Principal(account=ACCOUNT, arn=iam.scope.caller_arn, user_id=ACCOUNT, access_key_id="")
    with pytest.raises(Denied, match="Roles may not be assumed by root accounts"):
        iam.assume(root, iam.add_role("role", trusting(ACCOUNT)))


def test_a_new_user_of_an_old_name_is_not_the_one_that_was_trusted(iam: Iam) -> None:
    bob = iam.add_user("bob")
    role = iam.add_role("role", trusting(bob.arn))
    iam.iam.access_keys.delete(iam.scope, "bob", bob.access_key_id)
    iam.iam.users.delete(iam.scope, "bob")
    again = iam.add_user("bob")
    with pytest.raises(AccessDenied):
        iam.assume(again, role)
    iam.iam.roles.update_trust(iam.scope, "role", trusting(again.arn))
    iam.assume(again, role)


@pytest.mark.parametrize(
    "principal",
    [f"arn:aws:iam::{ACCOUNT}:user/none", f"arn:aws:iam::{ACCOUNT}:role/none", "999999999999", "someone"],
)
def test_trust_in_somebody_who_does_not_exist_is_refused(iam: Iam, principal: str) -> None:
    with pytest.raises(MalformedPolicy, match=f'Invalid principal in policy: "AWS":"{principal}"'):
        iam.add_role("role", trusting(principal))


def test_trust_in_one_session_of_a_role_is_for_that_session(iam: Iam) -> None:
    bob = iam.add_user("bob")
    first = iam.add_role("first", trusting(bob.arn))
    second = iam.add_role("second", trusting(f"arn:aws:sts::{ACCOUNT}:assumed-role/first/one"))
    iam.assume(principal_of(iam.assume(bob, first, "one").session), second)
    with pytest.raises(AccessDenied):
        iam.assume(principal_of(iam.assume(bob, first, "two").session), second)


def test_a_trust_policy_has_a_size(iam: Iam) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "x" * 2048}}
    with pytest.raises(QuotaExceeded, match="ACLSizePerRole: 2048"):
        iam.add_role("role", trusting(OTHER, Condition=condition))


def test_conditions_ask_for_what_is_asked(iam: Iam) -> None:
    bob = iam.add_user("bob", tags=(("team", "red"),))
    condition = {
        "StringEquals": {
            "sts:ExternalId": "secret",
            "sts:RoleSessionName": "run",
            "aws:PrincipalTag/team": "red",
            "aws:RequestTag/app": "one",
        },
        "ForAllValues:StringEquals": {"aws:TagKeys": ["app"]},
    }
    role = iam.add_role("role", trusting(bob.arn, *ALL, Condition=condition))
    tags = (("app", "one"),)
    iam.assume(bob, role, "run", external_id="secret", tags=tags)
    for wrong in ({"external_id": "other", "tags": tags}, {"external_id": "secret"}, {"tags": tags}):
        with pytest.raises(AccessDenied):
            iam.assume(bob, role, "run", **wrong)
    with pytest.raises(AccessDenied):
        iam.assume(bob, role, "other", external_id="secret", tags=tags)


@pytest.mark.parametrize(
    ("asked", "action"), [({"tags": (("a", "b"),)}, "sts:TagSession"), ({"source_identity": "ann"}, "sts:SetSourceI")]
)
def test_tags_and_source_identity_are_allowed_by_themselves(iam: Iam, asked: dict[str, Any], action: str) -> None:
    bob = iam.add_user("bob")
    role = iam.add_role("role", trusting(bob.arn))
    with pytest.raises(AccessDenied, match=action):
        iam.assume(bob, role, **asked)


def test_how_long_a_session_lasts(iam: Iam) -> None:
    bob = iam.add_user("bob")
    role = iam.add_role("role", trusting(bob.arn), max_session_seconds=7200)
    started = iam.clock.now.replace(microsecond=0)
    assert iam.assume(bob, role).session.expires_at == started + timedelta(hours=1)
    assert iam.assume(bob, role, seconds=7200).session.expires_at == started + timedelta(hours=2)
    with pytest.raises(Invalid, match="exceeds the MaxSessionDuration set for this role"):
        iam.assume(bob, role, seconds=7201)


def test_a_session_of_a_session_lasts_an_hour_at_most(iam: Iam) -> None:
    bob = iam.add_user("bob")
    first = iam.add_role("first", trusting(bob.arn))
    second = iam.add_role("second", trusting(first.arn), max_session_seconds=7200)
    session = principal_of(iam.assume(bob, first).session)
    with pytest.raises(AccessDenied):
        iam.assume(bob, second)
    iam.iam.inline.put(iam.scope, "role", "first", "chain", ASSUME)
    iam.assume(session, second, seconds=3600)
    with pytest.raises(Invalid, match="1 hour session limit for roles assumed by role chaining"):
        iam.assume(session, second, seconds=3601)


def test_a_chain_hands_on_transitive_tags_and_the_source_identity(iam: Iam) -> None:
    bob = iam.add_user("bob")
    first = iam.add_role("first", trusting(bob.arn, *ALL), ASSUME)
    second = iam.add_role("second", trusting(first.arn, *ALL))
    tags = (("Team", "red"), ("once", "1"))
    session = iam.assume(bob, first, tags=tags, transitive_tag_keys=("team",), source_identity="ann").session
    handed_on = iam.assume(principal_of(session), second, tags=(("more", "2"),)).session
    assert handed_on.tags == {"Team": "red", "more": "2"}
    assert handed_on.transitive_tag_keys == ("Team",)
    assert handed_on.source_identity == "ann"
    with pytest.raises(Invalid, match="conflicts with a transitive tag key"):
        iam.assume(principal_of(session), second, tags=(("TEAM", "blue"),))
    with pytest.raises(Denied, match="cannot be changed"):
        iam.assume(principal_of(session), second, source_identity="eve")


@pytest.mark.parametrize(
    ("asked", "kind", "why"),
    [
        ({"transitive_tag_keys": ("a",)}, Invalid, "must be included"),
        ({"tags": (("a", "1"), ("A", "2"))}, InvalidInput, "Duplicate tag keys"),
        ({"policy": "{}"}, MalformedPolicy, "Syntax errors"),
        ({"policy": trusting(OTHER)}, MalformedPolicy, "principal"),
        ({"policy": allowing("s3:*", "arn:aws:s3:::" + "x" * 2048)}, PackedPolicyTooLarge, "106%"),
        ({"policy_arns": ("nothing",)}, Invalid, "is not valid"),
        ({"policy_arns": (f"arn:aws:iam::{ACCOUNT}:policy/none",)}, NoSuchEntity, "does not exist"),
        ({"policy_arns": (ADMINISTRATOR,) * 11}, Invalid, "more than 10"),
    ],
)
def test_what_cannot_be_is_refused(iam: Iam, asked: dict[str, Any], kind: type[Exception], why: str) -> None:
    bob = iam.add_user("bob")
    role = iam.add_role("role", trusting(bob.arn, *ALL))
    with pytest.raises(kind, match=why):
        iam.assume(bob, role, **asked)


@pytest.mark.parametrize("arn", ["role", f"arn:aws:iam::{ACCOUNT}:user/bob", f"arn:aws:sts::{ACCOUNT}:role/role"])
def test_what_is_no_role_is_refused(iam: Iam, arn: str) -> None:
    with pytest.raises(Invalid, match="is not valid"):
        iam.sessions.assume_role(iam.add_user("bob"), Assumption(role_arn=arn, session_name="run"), context={})


def test_session_policies_limit_and_give_nothing(iam: Iam) -> None:
    bob = iam.add_user("bob")
    role = iam.add_role("role", trusting(bob.arn), allowing("s3:*"))
    session = principal_of(iam.assume(bob, role, policy=document(*_statements("s3:GetObject", "signer:*"))).session)
    assert iam.may(session, "s3:GetObject")
    assert not iam.may(session, "s3:PutObject")
    assert not iam.may(session, "signer:StartSigningJob")


def _statements(*actions: str) -> list[dict[str, str]]:
    return [{"Effect": "Allow", "Action": action, "Resource": "*"} for action in actions]


def test_a_managed_session_policy_stays_what_it_was(iam: Iam) -> None:
    bob = iam.add_user("bob")
    role = iam.add_role("role", trusting(bob.arn), allowing("s3:*"))
    arn = iam.iam.policies.create(iam.scope, NewPolicy(name="p", document=allowing("s3:GetObject"))).policy.arn
    session = principal_of(iam.assume(bob, role, policy_arns=(arn,)).session)
    iam.iam.policies.delete(iam.scope, arn)
    assert (iam.may(session, "s3:GetObject"), iam.may(session, "s3:PutObject")) == (True, False)


def test_the_sessions_of_a_role_or_user_end_with_it_at_once(iam: Iam) -> None:
    bob = iam.add_user("bob")
    role = iam.add_role("role", trusting(bob.arn))
    sessions = [iam.assume(bob, role).session, iam.sessions.get_session_token(bob, seconds=None).session]
    assert all(iam.identity.find_key(session.access_key_id) for session in sessions)
    iam.iam.roles.delete(iam.scope, "role")
    iam.iam.access_keys.delete(iam.scope, "bob", bob.access_key_id)
    iam.iam.users.delete(iam.scope, "bob")
    for session in sessions:
        assert iam.identity.find_key(session.access_key_id) is None
        assert iam.iam.rights.of(principal_of(session)).entity_id == ""


def test_a_users_session_is_the_user_for_a_while(iam: Iam) -> None:
    bob = iam.add_user("bob", allowing("s3:GetObject"))
    session = iam.sessions.get_session_token(bob, seconds=None).session
    assert (session.principal_arn, session.user_id) == (bob.arn, bob.user_id)
    assert session.expires_at == iam.clock.now.replace(microsecond=0) + timedelta(hours=12)
    assert iam.may(principal_of(session), "s3:GetObject")
    assert iam.iam.rights.of(principal_of(session)).is_user_session
    with pytest.raises(Denied, match="Cannot call GetSessionToken with session credentials"):
        iam.sessions.get_session_token(principal_of(session), seconds=None)
    iam.iam.users.update(iam.scope, "bob", new_name="rob", new_path=None)
    found = iam.identity.find_key(session.access_key_id)
    assert found is not None
    assert found.principal_arn.endswith("user/rob")


def test_a_root_users_session_lasts_an_hour_at_most(iam: Iam) -> None:
    root = Principal(account=ACCOUNT, arn=iam.scope.caller_arn, user_id=ACCOUNT, access_key_id="")
    session = iam.sessions.get_session_token(root, seconds=129_600).session
    assert session.expires_at == iam.clock.now.replace(microsecond=0) + timedelta(hours=1)
    assert iam.iam.rights.of(principal_of(session)).is_user_session


def test_whose_a_key_is_can_be_asked_by_anybody(iam: Iam) -> None:
    bob = iam.add_user("bob")
    session = iam.sessions.get_session_token(bob, seconds=None).session
    assert iam.sessions.get_account_of(bob.access_key_id) == ACCOUNT
    assert iam.sessions.get_account_of(session.access_key_id) == ACCOUNT
    with pytest.raises(Invalid, match="AKIAUNKNOWNUNKNOWN22 is not known"):
        iam.sessions.get_account_of("AKIAUNKNOWNUNKNOWN22")


def test_a_session_is_forgotten_a_day_after_its_end(iam: Iam) -> None:
    bob = iam.add_user("bob")
    session = iam.sessions.get_session_token(bob, seconds=900).session
    iam.clock.advance(seconds=899, hours=24)
    assert iam.sessions.sweep() == 0
    assert iam.identity.find_key(session.access_key_id) == session
    iam.clock.advance(seconds=2)
    assert iam.sessions.sweep() == 1
