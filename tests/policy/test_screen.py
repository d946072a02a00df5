"""Statements asked all at once, against a plain reading of each: the same ones apply."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.policy.conditions import OPERATORS
from tests.support.plain_reading import applies
from tests.support.policies import BUCKET, OBJECT, ask, policy, statement

WORDS = ["", "a", "A", "ab", "aba", "a:b", "${aws:username}", "x${aws:username}"]
PATTERNS = [*WORDS, "*", "a*", "*a", "a*a", "?b*", "*b*", "${aws:username}*", "a*${aws:username}"]
ARNS = ["arn:aws:iam::1:user/a", "arn:aws:iam::1:user/ab:a", "arn:aws:iam::2:role/a"]
ARN_PATTERNS = [
    *ARNS,
    "*",
    "arn:aws:iam::*:user/*a",
    "arn:*:*:*:1:*",
    "arn:aws:iam::?:*/a",
    "arn:aws:iam::??:*",
    "arn:*:iam::*:*b*",
    "arn:aws:iam::1:user/*",
]
NUMBERS = ["1", "1.0", "2", "10", "1577836801"]
MOMENTS = ["1", "2", "10", "1577836801"]
ADDRESSES = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "10.9.9.9/8", "0.0.0.0/0", "2001:db8::/32", "::/0"]
FAMILIES: dict[str, tuple[str, list[str]]] = {
    "Like": ("a:text", PATTERNS),
    "String": ("a:text", WORDS),
    "Arn": ("a:arn", ARN_PATTERNS),
    "Numeric": ("a:number", NUMBERS),
    "Date": ("a:date", MOMENTS),
    "Bool": ("a:flag", ["true", "false", "True"]),
    "Binary": ("a:bytes", ["", "AAAA", "AAAB"]),
    "Ip": ("a:address", ADDRESSES),
}
CONTEXTS = st.fixed_dictionaries(
    {"aws:username": st.sampled_from(["a", "b", "ab"])},
    optional={
        "a:text": st.lists(st.sampled_from(["", "a", "A", "ab", "ba", "aba", "xa", "a:b"]), max_size=3).map(tuple),
        "a:arn": st.sampled_from([*ARNS, "a"]),
        "a:number": st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=2).map(tuple),
        "a:date": st.sampled_from(MOMENTS),
        "a:flag": st.sampled_from(["true", "false"]),
        "a:bytes": st.sampled_from(["AAAA", "AAAB"]),
        "a:address": st.sampled_from(["10.1.2.3", "10.9.9.9", "11.0.0.0", "2001:db8::1", "fe80::1"]),
    },
)


def family_of(name: str) -> tuple[str, list[str]]:
    if name.startswith("Arn"):
        return FAMILIES["Arn"]
    return next(family for part, family in FAMILIES.items() if part in name)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    drawn: dict[str, dict[str, Any]] = {}
    for base in draw(st.lists(st.sampled_from([*OPERATORS, "Null"]), max_size=3)):
        if base == "Null":
            drawn["Null"] = {draw(st.sampled_from(["a:text", "a:arn"])): draw(st.sampled_from(["true", "false"]))}
            continue
        key, values = family_of(base)
        prefix = draw(st.sampled_from(["", "", "ForAnyValue:", "ForAllValues:"]))
        suffix = draw(st.sampled_from(["", "", "IfExists"]))
        drawn[f"{prefix}{base}{suffix}"] = {key: draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))}
    return drawn


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    action = draw(st.sampled_from(["Action", "NotAction"]))
    resource = draw(st.sampled_from(["Resource", "Resource", "NotResource"]))
    patterns = [
        "*",
        OBJECT,
        f"{BUCKET}/k*",
        f"{BUCKET}/*y",
        f"{BUCKET}/k*y",
        f"{BUCKET}/${{aws:username}}*",
        f"{BUCKET}/*?",
    ]
    return statement(
        draw(st.sampled_from(["Allow", "Deny"])),
        **{
            action: draw(st.sampled_from(["s3:GetObject", "s3:Get*", "s3:Put*"])),
            resource: draw(st.lists(st.sampled_from(patterns), min_size=1, max_size=2)),
            "Condition": draw(conditions()),
        },
    )


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    drawn=st.lists(statements(), min_size=1, max_size=6),
    resource=st.sampled_from([OBJECT, f"{BUCKET}/ky", f"{BUCKET}/ab", BUCKET]),
    context=CONTEXTS,
)
def test_the_same_statements_apply_as_when_each_is_read_by_itself(
    drawn: list[dict[str, Any]], resource: str, context: dict[str, str | tuple[str, ...]]
) -> None:
    request = ask(resource=resource, context=context)
    found = policy(*drawn).find("s3:getobject").find_applying(request)
    assert [each.index for each in found] == [index for index, each in enumerate(drawn) if applies(each, request)]


def test_statements_that_share_conditions_are_each_judged_by_all_of_their_own() -> None:
    shared = {"StringEquals": {"aws:username": "bob"}}
    read = policy(
        statement(Condition=shared),
        statement(Condition={**shared, "Bool": {"aws:SecureTransport": "true"}}),
        statement(Condition={"StringLike": {"aws:username": "b*"}}),
        statement(Condition={**shared, "StringLike": {"aws:username": "a*"}}),
    )
    for context, applying in (
        ({"aws:username": "bob", "aws:securetransport": "true"}, [0, 1, 2]),
        ({"aws:username": "bob"}, [0, 2]),
        ({"aws:username": "ben"}, [2]),
        ({}, []),
    ):
        found = read.find("s3:getobject").find_applying(ask(context=context))
        assert [each.index for each in found] == applying


def test_actions_that_the_same_statements_cover_share_what_is_arranged_for_them() -> None:
    read = policy(statement(Action="s3:*"), statement(Action="iam:*"))
    assert read.find("s3:getobject") is read.find("s3:putobject")
    assert [each.index for each in read.find("iam:getuser").statements] == [1]
