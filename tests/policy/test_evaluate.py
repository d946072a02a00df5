"""Who may do what: the IAM User Guide's pages on evaluation logic, as sentences."""

from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.policy.document import Policy, PolicyKind
from sealgate.policy.evaluate import Decision, Layer, Ruling, authorise
from sealgate.policy.request import Caller, CallerKind
from tests.support.policies import (
    ACCOUNT,
    ANONYMOUS,
    BUCKET,
    OBJECT,
    OTHER_ACCOUNT,
    ROLE_ARN,
    ROOT,
    ROOT_ARN,
    SERVICE,
    SESSION,
    SESSION_ARN,
    USER,
    USER_ARN,
    ask,
    policy,
    resource_policy,
    statement,
)

ALLOW = policy(statement())
DENY = policy(statement("Deny"))
NOTHING = policy(statement(Action="s3:PutObject"))
ALLOWED, EXPLICIT, IMPLICIT = Decision.ALLOWED, Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY


def to(principal: Any, effect: str = "Allow") -> Policy:
    return resource_policy(statement(effect, Principal=principal))


def rule(
    caller: Caller = USER, *, identity: tuple[Policy, ...] = (), same_account: bool = True, **layers: Any
) -> Ruling:
    return authorise(ask(principal=caller), identity=identity, same_account=same_account, **layers)


Case = tuple[Ruling, Decision, Layer | None]
IDENTITY: dict[str, Case] = {
    "nothing allows": (rule(), IMPLICIT, Layer.IDENTITY),
    "a policy allows": (rule(identity=(NOTHING, ALLOW)), ALLOWED, None),
    "a policy denies": (rule(identity=(DENY,)), EXPLICIT, Layer.IDENTITY),
    "a deny beats an allow, before it or after": (rule(identity=(ALLOW, DENY, ALLOW)), EXPLICIT, Layer.IDENTITY),
    "boundary and policy allow": (rule(identity=(ALLOW,), boundary=ALLOW), ALLOWED, None),
    "a boundary gives nothing": (rule(boundary=ALLOW), IMPLICIT, Layer.IDENTITY),
    "a boundary limits": (rule(identity=(ALLOW,), boundary=NOTHING), IMPLICIT, Layer.BOUNDARY),
    "a boundary denies": (rule(identity=(ALLOW,), boundary=DENY), EXPLICIT, Layer.BOUNDARY),
    "a session policy limits": (rule(SESSION, identity=(ALLOW,), session=(NOTHING,)), IMPLICIT, Layer.SESSION),
    "one of the session policies allows": (rule(SESSION, identity=(ALLOW,), session=(NOTHING, ALLOW)), ALLOWED, None),
    "a session policy gives nothing": (rule(SESSION, session=(ALLOW,)), IMPLICIT, Layer.IDENTITY),
    "a session policy denies": (rule(SESSION, identity=(ALLOW,), session=(ALLOW, DENY)), EXPLICIT, Layer.SESSION),
    "a session with an empty list of policies may do nothing": (
        rule(SESSION, identity=(ALLOW,), session=()),
        IMPLICIT,
        Layer.SESSION,
    ),
    "policy, boundary and session policy allow": (
        rule(SESSION, identity=(ALLOW,), boundary=ALLOW, session=(ALLOW,)),
        ALLOWED,
        None,
    ),
}

# IAM User Guide, "Resource-based policies and implicit denies in other policy types (same account)".
LIMITED: dict[str, Any] = {"identity": (NOTHING,), "boundary": NOTHING}
SAME_ACCOUNT: dict[str, Case] = {
    "the resource allows the user, nothing else does": (rule(resource=to({"AWS": USER_ARN}), **LIMITED), ALLOWED, None),
    "the resource allows the session, nothing else does": (
        rule(SESSION, resource=to({"AWS": SESSION_ARN}), session=(NOTHING,), **LIMITED),
        ALLOWED,
        None,
    ),
    "the resource allows everyone, nothing else does": (
        rule(SESSION, resource=to("*"), session=(NOTHING,), **LIMITED),
        ALLOWED,
        None,
    ),
    "the resource allows the role, its policies do not": (rule(SESSION, resource=to({"AWS": ROLE_ARN})), ALLOWED, None),
    "the resource allows the role, its boundary does not": (
        rule(SESSION, resource=to({"AWS": ROLE_ARN}), boundary=NOTHING),
        IMPLICIT,
        Layer.BOUNDARY,
    ),
    "the resource allows the role, the session policy does not": (
        rule(SESSION, resource=to({"AWS": ROLE_ARN}), session=(NOTHING,)),
        IMPLICIT,
        Layer.SESSION,
    ),
    "the resource allows the role, boundary and session policy too": (
        rule(SESSION, resource=to({"AWS": ROLE_ARN}), boundary=ALLOW, session=(ALLOW,)),
        ALLOWED,
        None,
    ),
    "what the resource allows the account, the account has to give on": (
        rule(resource=to({"AWS": ACCOUNT})),
        IMPLICIT,
        Layer.IDENTITY,
    ),
    "the account gives it on": (rule(identity=(ALLOW,), resource=to({"AWS": ROOT_ARN})), ALLOWED, None),
    "the resource denies the account": (
        rule(identity=(ALLOW,), resource=to({"AWS": ACCOUNT}, "Deny")),
        EXPLICIT,
        Layer.RESOURCE,
    ),
    "the resource denies the role": (
        rule(SESSION, identity=(ALLOW,), resource=to({"AWS": ROLE_ARN}, "Deny")),
        EXPLICIT,
        Layer.RESOURCE,
    ),
    "the resource allows, a policy denies": (
        rule(identity=(DENY,), resource=to({"AWS": USER_ARN})),
        EXPLICIT,
        Layer.IDENTITY,
    ),
    "the resource allows, a boundary denies": (
        rule(identity=(ALLOW,), boundary=DENY, resource=to({"AWS": USER_ARN})),
        EXPLICIT,
        Layer.BOUNDARY,
    ),
    "the resource's policy is about another": (
        rule(identity=(), resource=to({"AWS": USER_ARN + "2"})),
        IMPLICIT,
        Layer.IDENTITY,
    ),
    "the resource's policy does not matter": (
        rule(identity=(ALLOW,), resource=to({"AWS": USER_ARN + "2"})),
        ALLOWED,
        None,
    ),
}

CROSS_ACCOUNT: dict[str, Case] = {
    "both sides allow": (rule(identity=(ALLOW,), resource=to({"AWS": USER_ARN}), same_account=False), ALLOWED, None),
    "both sides allow, by account": (
        rule(identity=(ALLOW,), resource=to({"AWS": ACCOUNT}), same_account=False),
        ALLOWED,
        None,
    ),
    "both sides allow, by role": (
        rule(SESSION, identity=(ALLOW,), resource=to({"AWS": ROLE_ARN}), same_account=False),
        ALLOWED,
        None,
    ),
    "the caller's side alone": (rule(identity=(ALLOW,), same_account=False), IMPLICIT, Layer.RESOURCE),
    "the caller's side, and a resource that names another": (
        rule(identity=(ALLOW,), resource=to({"AWS": OTHER_ACCOUNT}), same_account=False),
        IMPLICIT,
        Layer.RESOURCE,
    ),
    "the resource's side alone": (rule(resource=to({"AWS": USER_ARN}), same_account=False), IMPLICIT, Layer.IDENTITY),
    "everyone may, and the caller's side does not say so": (
        rule(resource=to("*"), same_account=False),
        IMPLICIT,
        Layer.IDENTITY,
    ),
    "both, but for the boundary": (
        rule(identity=(ALLOW,), boundary=NOTHING, resource=to({"AWS": USER_ARN}), same_account=False),
        IMPLICIT,
        Layer.BOUNDARY,
    ),
    "both, but for the session policy": (
        rule(SESSION, identity=(ALLOW,), session=(NOTHING,), resource=to({"AWS": SESSION_ARN}), same_account=False),
        IMPLICIT,
        Layer.SESSION,
    ),
    "both, and the resource denies": (
        rule(
            identity=(ALLOW,),
            resource=resource_policy(statement(Principal="*"), statement("Deny", Principal={"AWS": ACCOUNT})),
            same_account=False,
        ),
        EXPLICIT,
        Layer.RESOURCE,
    ),
}

ROOTS: dict[str, Case] = {
    "root may do everything in its account": (rule(ROOT), ALLOWED, None),
    "root has no policies": (rule(ROOT, identity=(DENY,), boundary=DENY), ALLOWED, None),
    "root is denied by its own resource": (rule(ROOT, resource=to("*", "Deny")), EXPLICIT, Layer.RESOURCE),
    "root may do nothing elsewhere": (rule(ROOT, same_account=False), IMPLICIT, Layer.RESOURCE),
    "root may do elsewhere what its account may": (
        rule(ROOT, resource=to({"AWS": ACCOUNT}), same_account=False),
        ALLOWED,
        None,
    ),
}

OTHERS: dict[str, Case] = {
    "a service that is named": (rule(SERVICE, resource=to({"Service": "lambda.amazonaws.com"})), ALLOWED, None),
    "a service that is not named": (
        rule(SERVICE, resource=to({"Service": "s3.amazonaws.com"})),
        IMPLICIT,
        Layer.RESOURCE,
    ),
    "a service without a policy": (rule(SERVICE, identity=(ALLOW,)), IMPLICIT, Layer.RESOURCE),
    "an anonymous caller where everyone may": (rule(ANONYMOUS, resource=to({"AWS": "*"})), ALLOWED, None),
    "an anonymous caller where somebody may": (
        rule(ANONYMOUS, resource=to({"AWS": ACCOUNT, "CanonicalUser": "0" * 64})),
        IMPLICIT,
        Layer.RESOURCE,
    ),
    "an anonymous caller without a policy": (rule(ANONYMOUS), IMPLICIT, Layer.RESOURCE),
}

TRUST: dict[str, Case] = {
    "a trust policy has to allow": (
        rule(identity=(ALLOW,), resource=to({"AWS": OTHER_ACCOUNT}), resource_must_allow=True),
        IMPLICIT,
        Layer.RESOURCE,
    ),
    "a trust policy that names the user is enough": (
        rule(resource=to({"AWS": USER_ARN}), resource_must_allow=True),
        ALLOWED,
        None,
    ),
    "a trust policy that names the account needs the user's": (
        rule(resource=to({"AWS": ACCOUNT}), resource_must_allow=True),
        IMPLICIT,
        Layer.IDENTITY,
    ),
    "a trust policy that names the account, and the user's": (
        rule(identity=(ALLOW,), resource=to({"AWS": ACCOUNT}), resource_must_allow=True),
        ALLOWED,
        None,
    ),
}

CASES = {
    f"{group}: {sentence}": case
    for group, cases in {
        "identity": IDENTITY,
        "same account": SAME_ACCOUNT,
        "cross account": CROSS_ACCOUNT,
        "root": ROOTS,
        "others": OTHERS,
        "trust": TRUST,
    }.items()
    for sentence, case in cases.items()
}


@pytest.mark.parametrize(("ruling", "decision", "layer"), CASES.values(), ids=CASES.keys())
def test_evaluation(ruling: Ruling, decision: Decision, layer: Layer | None) -> None:
    assert (ruling.decision, ruling.refused_by) == (decision, layer)
    assert ruling.is_allowed is (decision is ALLOWED)


BOB = Caller(kind=CallerKind.USER, arn=f"arn:aws:iam::{ACCOUNT}:user/bob", account=ACCOUNT)
SPARED: dict[str, tuple[Caller, list[str], bool]] = {
    "a user by ARN and account": (USER, [USER_ARN, ROOT_ARN], True),
    "a user by ARN alone": (USER, [USER_ARN], False),
    "another user of the account": (BOB, [USER_ARN, ROOT_ARN], False),
    "a session by ARN, role and account": (SESSION, [SESSION_ARN, ROLE_ARN, ACCOUNT], True),
    "a session by role and account": (SESSION, [ROLE_ARN, ACCOUNT], False),
    "root by its account": (ROOT, [ACCOUNT], True),
    "an anonymous caller": (ANONYMOUS, [ACCOUNT], False),
}


@pytest.mark.parametrize(("caller", "listed", "spared"), SPARED.values(), ids=SPARED.keys())
def test_not_principal_spares_whom_it_lists_by_every_name(caller: Caller, listed: list[str], spared: bool) -> None:
    denying = resource_policy(statement(Principal="*"), statement("Deny", NotPrincipal={"AWS": listed}))
    assert rule(caller, resource=denying).is_allowed is spared


MATCHING: dict[str, tuple[dict[str, Any], str, str]] = {
    "an action in another case": ({"Action": "S3:getobject"}, "s3:GetObject", OBJECT),
    "an action's pattern": ({"Action": "s3:Get*"}, "s3:GetObject", OBJECT),
    "all of a service": ({"Action": ["iam:*", "s3:*"]}, "s3:GetObject", OBJECT),
    "everything": ({"Action": "*"}, "s3:GetObject", OBJECT),
    "all actions but others": ({"NotAction": "iam:*"}, "s3:GetObject", OBJECT),
    "a resource": ({"Resource": OBJECT}, "s3:GetObject", OBJECT),
    "all in a bucket": ({"Resource": f"{BUCKET}/*"}, "s3:GetObject", f"{BUCKET}/a/b/c"),
    "a wildcard over slashes": ({"Resource": f"{BUCKET}/*/test/*"}, "s3:GetObject", f"{BUCKET}/1/2/test/3.jpg"),
    "an ARN that leaves parts off": ({"Resource": "arn:aws:s3"}, "s3:GetObject", OBJECT),
    "a wildcard for region and account": (
        {"Resource": "arn:aws:s3:*:*:bucket/k??"},
        "s3:GetObject",
        OBJECT,
    ),
    "all resources but others": ({"NotResource": f"{BUCKET}2/*"}, "s3:GetObject", OBJECT),
    "an action that has no resource": ({"Action": "s3:ListAllMyBuckets"}, "s3:ListAllMyBuckets", "*"),
}
MISSING: dict[str, tuple[dict[str, Any], str, str]] = {
    "another action": ({"Action": "s3:PutObject"}, "s3:GetObject", OBJECT),
    "the beginning of an action": ({"Action": "s3:Get"}, "s3:GetObject", OBJECT),
    "all actions but this": ({"NotAction": "s3:get*"}, "s3:GetObject", OBJECT),
    "a resource in another case": (
        {"Resource": OBJECT.upper().replace("ARN:AWS:S3", "arn:aws:s3")},
        "s3:GetObject",
        OBJECT,
    ),
    "the bucket for its object": ({"Resource": BUCKET}, "s3:GetObject", OBJECT),
    "a bucket of a longer name": ({"Resource": f"{BUCKET}/*"}, "s3:GetObject", "arn:aws:s3:::bucket2/key"),
    "all resources but this": ({"NotResource": f"{BUCKET}/*"}, "s3:GetObject", OBJECT),
    "an ARN for an action that has no resource": (
        {"Action": "s3:ListAllMyBuckets", "Resource": "arn:aws:s3:::*"},
        "s3:ListAllMyBuckets",
        "*",
    ),
}


@pytest.mark.parametrize(("elements", "action", "resource"), MATCHING.values(), ids=MATCHING.keys())
def test_matching(elements: dict[str, Any], action: str, resource: str) -> None:
    assert authorise(ask(action, resource), identity=[policy(statement(**elements))], same_account=True).is_allowed


@pytest.mark.parametrize(("elements", "action", "resource"), MISSING.values(), ids=MISSING.keys())
def test_missing(elements: dict[str, Any], action: str, resource: str) -> None:
    assert not authorise(ask(action, resource), identity=[policy(statement(**elements))], same_account=True).is_allowed


def test_a_ruling_is_no_truth_value() -> None:
    with pytest.raises(TypeError, match="is_allowed"):
        assert rule()


def test_a_ruling_shows_the_statements_that_decided() -> None:
    several = policy(statement(Sid="First"), statement(Action="s3:PutObject"), statement("Deny"), name="Several")
    (match,) = rule(identity=(ALLOW, several)).matches
    assert (match.policy.name, match.statement.index, match.statement.sid) == ("Several", 2, "")
    assert [match.statement.sid for match in rule(identity=(ALLOW, policy(statement(Sid="B")))).matches] == ["", "B"]
    assert rule().matches == ()


BECAUSE = {
    "because no identity-based policy allows the s3:GetObject action": rule(),
    "because no permissions boundary allows the s3:GetObject action": rule(identity=(ALLOW,), boundary=NOTHING),
    "because no session policy allows the s3:GetObject action": rule(SESSION, identity=(ALLOW,), session=(NOTHING,)),
    "because no resource-based policy allows the s3:GetObject action": rule(identity=(ALLOW,), same_account=False),
    "with an explicit deny in an identity-based policy": rule(identity=(DENY,)),
    "with an explicit deny in a resource-based policy": rule(resource=to("*", "Deny")),
    "": rule(identity=(ALLOW,)),
}


@pytest.mark.parametrize(("because", "ruling"), BECAUSE.items())
def test_a_ruling_says_why_as_aws_does(because: str, ruling: Ruling) -> None:
    assert ruling.because == because


STATEMENTS = st.builds(
    statement,
    st.sampled_from(["Allow", "Deny"]),
    Action=st.sampled_from(["s3:GetObject", "s3:Get*", "s3:Put*", "*"]),
    Resource=st.sampled_from(["*", OBJECT, f"{BUCKET}2/*"]),
    Condition=st.sampled_from(
        [{}, {"Bool": {"aws:SecureTransport": "true"}}, {"Null": {"aws:SecureTransport": "true"}}]
    ),
)
POLICIES = st.lists(st.lists(STATEMENTS, min_size=1, max_size=3), max_size=3)
QUICK = settings(deadline=None, derandomize=True)


def identity_of(drawn: list[list[dict[str, Any]]]) -> list[Policy]:
    return [policy(*statements) for statements in drawn]


def naive(statements: list[dict[str, Any]], action: str, resource: str, context: dict[str, str]) -> Decision:
    """The rules for one identity's statements, as plainly as they can be said."""
    effects = {
        about["Effect"]
        for about in statements
        if fnmatchcase(action.lower(), about["Action"].lower())
        and fnmatchcase(resource, about["Resource"])
        and all(
            (context.get(key) == value) if name == "Bool" else (key not in context)
            for name, keys in about["Condition"].items()
            for key, value in keys.items()
        )
    }
    return EXPLICIT if "Deny" in effects else ALLOWED if effects else IMPLICIT


@QUICK
@given(
    drawn=POLICIES,
    action=st.sampled_from(["s3:GetObject", "S3:PUTOBJECT", "iam:GetUser"]),
    resource=st.sampled_from([OBJECT, f"{BUCKET}2/key", "*"]),
    context=st.sampled_from([{}, {"aws:SecureTransport": "true"}, {"aws:SecureTransport": "false"}]),
)
def test_evaluation_is_what_the_plain_rules_say(
    drawn: list[list[dict[str, Any]]], action: str, resource: str, context: dict[str, str]
) -> None:
    expected = naive([about for statements in drawn for about in statements], action, resource, context)
    ruling = authorise(ask(action, resource, context=context), identity=identity_of(drawn), same_account=True)
    assert ruling.decision is expected


@QUICK
@given(drawn=POLICIES)
def test_a_deny_beats_whatever_else_there_is(drawn: list[list[dict[str, Any]]]) -> None:
    identity = identity_of(drawn)
    for place in range(len(identity) + 1):
        denied = authorise(ask(), identity=[*identity[:place], DENY, *identity[place:]], same_account=True)
        assert denied.decision is EXPLICIT


@QUICK
@given(drawn=POLICIES, added=STATEMENTS.filter(lambda about: about["Effect"] == "Allow"))
def test_an_added_allow_takes_nothing_away(drawn: list[list[dict[str, Any]]], added: dict[str, Any]) -> None:
    identity = identity_of(drawn)
    before = authorise(ask(), identity=identity, same_account=True)
    after = authorise(ask(), identity=[*identity, policy(added)], same_account=True)
    assert after.is_allowed or not before.is_allowed


@QUICK
@given(drawn=POLICIES, limit=POLICIES.filter(bool))
def test_limits_give_nothing(drawn: list[list[dict[str, Any]]], limit: list[list[dict[str, Any]]]) -> None:
    identity = identity_of(drawn)
    free = authorise(ask(), identity=identity, same_account=True)
    layers: list[dict[str, Any]] = [{"boundary": identity_of(limit)[0]}, {"session": identity_of(limit)}]
    for layer in layers:
        limited = authorise(ask(), identity=identity, same_account=True, **layer)
        assert free.is_allowed or not limited.is_allowed


@QUICK
@given(drawn=POLICIES)
def test_statements_may_stand_in_one_policy_or_in_many(drawn: list[list[dict[str, Any]]]) -> None:
    statements = [about for statements in drawn for about in statements]
    together = [policy(*statements)] if statements else []
    apart = [policy(about, kind=PolicyKind.IDENTITY) for about in reversed(statements)]
    rulings = [authorise(ask(), identity=identity, same_account=True) for identity in (together, apart)]
    assert rulings[0].decision is rulings[1].decision
