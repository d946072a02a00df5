"""Policy variables: what they insert, and what the inserted text means."""

from typing import Any

import pytest

from sealgate.policy.document import MalformedPolicy, PolicyKind
from sealgate.policy.evaluate import Decision, authorise
from tests.support.policies import ask, policy, statement

ALICE = {"aws:username": "alice"}


def is_allowed(
    pattern: str, resource: str, context: dict[str, str | tuple[str, ...]], *, version: str = "2012-10-17"
) -> bool:
    allowing = policy(statement(Resource=f"arn:aws:s3:::{pattern}"), version=version)
    request = ask(resource=f"arn:aws:s3:::{resource}", context=context)
    return authorise(request, identity=[allowing], same_account=True).is_allowed


MATCHING = {
    "a variable is the request's value": ("home/${aws:username}/*", "home/alice/x", ALICE),
    "a variable's name has no case": ("home/${AWS:UserName}/*", "home/alice/x", ALICE),
    "a variable may stand for a tag": (
        "${aws:PrincipalTag/team}/*",
        "red/x",
        {"aws:PrincipalTag/Team": "red"},
    ),
    "a tag's key may have a space": (
        "${aws:PrincipalTag/my team}/*",
        "red/x",
        {"aws:principaltag/my team": "red"},
    ),
    "two variables in one pattern": (
        "${aws:PrincipalTag/team}/${aws:username}",
        "red/alice",
        {**ALICE, "aws:principaltag/team": "red"},
    ),
    "a default stands in for an absent key": ("${aws:PrincipalTag/team, 'all'}/*", "all/x", {}),
    "a default gives way to a value": (
        "${aws:PrincipalTag/team, 'all'}/*",
        "red/x",
        {"aws:principaltag/team": "red"},
    ),
    "an empty default is a default": ("x${aws:PrincipalTag/team, ''}/*", "x/y", {}),
    "a star written as a variable is a star": ("a${*}", "a*", {}),
    "a question mark written as a variable is one": ("a${?}", "a?", {}),
    "a dollar written as a variable is one": ("a${$}{aws:username}", "a${aws:username}", {}),
    "a value with wildcards matches itself": ("${aws:username}", "*", {"aws:username": "*"}),
    "a value with brackets matches itself": ("${aws:username}*", "[a]b", {"aws:username": "[a]"}),
}
FAILING = {
    "a variable is no other value": ("home/${aws:username}/*", "home/bob/x", ALICE),
    "an absent key matches nothing": ("home/${aws:username}*", "home/x", {}),
    "an absent key does not match its own name": ("${aws:username}", "${aws:username}", {}),
    "a key of several values has none to insert": ("${aws:TagKeys}", "a", {"aws:tagkeys": ("a",)}),
    "a star in a value is no wildcard": ("${aws:username}", "bob", {"aws:username": "*"}),
    "a question mark in a value is no wildcard": ("${aws:username}", "bob", {"aws:username": "b?b"}),
    "a star written as a variable is no wildcard": ("a${*}", "abc", {}),
    "a question mark written as a variable is no wildcard": ("a${?}", "ab", {}),
    "a value is not read for variables again": ("${aws:username}", "bob", {"aws:username": "${aws:userid}"}),
}


@pytest.mark.parametrize(("pattern", "resource", "context"), MATCHING.values(), ids=MATCHING.keys())
def test_matching(pattern: str, resource: str, context: dict[str, str | tuple[str, ...]]) -> None:
    assert is_allowed(pattern, resource, context)


@pytest.mark.parametrize(("pattern", "resource", "context"), FAILING.values(), ids=FAILING.keys())
def test_failing(pattern: str, resource: str, context: dict[str, str | tuple[str, ...]]) -> None:
    assert not is_allowed(pattern, resource, context)


MALFORMED = ["${aws:username", "${}", "${aws:username, x}", "${aws:${aws:userid}}", "${aws:username,'a'b'}", "${*a}"]


@pytest.mark.parametrize("pattern", MALFORMED)
def test_what_is_no_variable_is_refused(pattern: str) -> None:
    with pytest.raises(MalformedPolicy, match="policy variable"):
        policy(statement(Resource=f"arn:aws:s3:::{pattern}"))


def test_a_variable_before_the_fifth_colon_is_refused() -> None:
    with pytest.raises(MalformedPolicy, match="before its fifth colon"):
        policy(statement(Resource="arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:queue"))


@pytest.mark.parametrize(
    ("version", "matches"), [("2008-10-17", "${aws:username}"), ("2012-10-17", "alice"), (None, "${aws:username}")]
)
def test_only_the_newer_version_has_variables(version: str | None, matches: str) -> None:
    about = statement(Principal="*", Condition={"StringEquals": {"s3:prefix": "${aws:username}"}})
    bucket_policy = policy(about, kind=PolicyKind.RESOURCE, version=version)
    for prefix in ("alice", "${aws:username}"):
        request = ask(context={**ALICE, "s3:prefix": prefix})
        ruling = authorise(request, identity=[], resource=bucket_policy, same_account=True)
        assert ruling.is_allowed is (prefix == matches)


def test_a_variable_without_value_widens_no_exclusion_of_what_is_allowed() -> None:
    elements: dict[str, Any] = {"Resource": None, "NotResource": "arn:aws:s3:::${aws:PrincipalTag/team}/*"}
    everything = policy(statement())
    assert not authorise(ask(), identity=[policy(statement(**elements))], same_account=True).is_allowed
    denied = authorise(ask(), identity=[everything, policy(statement("Deny", **elements))], same_account=True)
    assert denied.decision is Decision.EXPLICIT_DENY
