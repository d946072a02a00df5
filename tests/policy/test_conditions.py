"""Every condition operator, as sentences; the examples are the IAM User Guide's where it has one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.policy.conditions import OPERATORS
from tests.support.policies import ask, policy, statement

Context = dict[str, str | tuple[str, ...]]


def holds(condition: dict[str, dict[str, Any]], context: Context) -> bool:
    return bool(policy(statement(Condition=condition)).find("s3:getobject").find_applying(ask(context=context)))


USERNAME, TIME, ADDRESS, ARN = "aws:username", "aws:CurrentTime", "aws:SourceIp", "aws:PrincipalArn"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:queue"
BINARY = "QmluYXJ5VmFsdWVJbkJhc2U2NA=="

HOLDING: dict[str, tuple[dict[str, dict[str, Any]], Context]] = {
    "a string equals itself": ({"StringEquals": {USERNAME: "bob"}}, {USERNAME: "bob"}),
    "a condition key has no case": ({"StringEquals": {"AWS:userName": "bob"}}, {USERNAME: "bob"}),
    "one of several values is enough": ({"StringEquals": {USERNAME: ["al", "bob"]}}, {USERNAME: "bob"}),
    "a number is compared as it is written": ({"StringEquals": {"s3:max-keys": 10}}, {"s3:max-keys": "10"}),
    "a Boolean is a word": ({"Bool": {"aws:SecureTransport": True}}, {"aws:SecureTransport": "true"}),
    "a string may differ": ({"StringNotEquals": {USERNAME: ["al", "cy"]}}, {USERNAME: "bob"}),
    "a negated operator holds without the key": ({"StringNotEquals": {USERNAME: "bob"}}, {}),
    "case may be ignored": ({"StringEqualsIgnoreCase": {USERNAME: "BOB"}}, {USERNAME: "bOb"}),
    "case may be ignored in a variable": (
        {"StringEqualsIgnoreCase": {"s3:prefix": "${aws:username}"}},
        {USERNAME: "bob", "s3:prefix": "BOB"},
    ),
    "strings may differ whatever their case": ({"StringNotEqualsIgnoreCase": {USERNAME: "BO"}}, {USERNAME: "bob"}),
    "a string is like a pattern": ({"StringLike": {USERNAME: "b?b*"}}, {USERNAME: "bob"}),
    "a string is unlike a pattern": ({"StringNotLike": {USERNAME: "a*"}}, {USERNAME: "bob"}),
    "a pattern has variables": (
        {"StringLike": {"s3:prefix": "home/${aws:username}/*"}},
        {USERNAME: "bob", "s3:prefix": "home/bob/x"},
    ),
    "an empty string is a value": ({"StringEquals": {"s3:prefix": ["", "home/"]}}, {"s3:prefix": ""}),
    "numbers are equal by value": ({"NumericEquals": {"s3:max-keys": "10.0"}}, {"s3:max-keys": "10"}),
    "ten is not nine": ({"NumericNotEquals": {"s3:max-keys": "9"}}, {"s3:max-keys": "10"}),
    "nine is less than ten": ({"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "9"}),
    "ten is at most ten": ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "10"}),
    "eleven is more than ten": ({"NumericGreaterThan": {"s3:max-keys": 10}}, {"s3:max-keys": "11"}),
    "ten is at least ten": ({"NumericGreaterThanEquals": {"s3:max-keys": 10}}, {"s3:max-keys": "10"}),
    "no number differs from every number": ({"NumericNotEquals": {"s3:max-keys": 10}}, {"s3:max-keys": "x"}),
    "a date equals its seconds": ({"DateEquals": {TIME: "1577836801"}}, {TIME: "2020-01-01T00:00:01Z"}),
    "a date is another": ({"DateNotEquals": {TIME: "2020-01-01"}}, {TIME: "2020-01-01T00:00:01Z"}),
    "a date is before another": ({"DateLessThan": {TIME: "2020-06-30"}}, {TIME: "2020-06-29T23:59:59Z"}),
    "a date is at another": ({"DateLessThanEquals": {TIME: "2020-06-30T00:00:00Z"}}, {TIME: "2020-06-30"}),
    "a date is after another": ({"DateGreaterThan": {TIME: "2020-01-01T00:00:01Z"}}, {TIME: "2020-01-01T00:00:01.5Z"}),
    "a date is after another zone's": (
        {"DateGreaterThanEquals": {TIME: "2020-01-01T02:00:00+02:00"}},
        {TIME: "2020-01-01T00:00:00Z"},
    ),
    "a month is its first instant": ({"DateEquals": {TIME: "2020-02"}}, {TIME: "2020-02-01T00:00:00Z"}),
    "true is true": ({"Bool": {"aws:SecureTransport": "True"}}, {"aws:SecureTransport": "true"}),
    "bytes equal themselves": ({"BinaryEquals": {"a:key": BINARY}}, {"a:key": BINARY}),
    "an address is in a range": ({"IpAddress": {ADDRESS: "203.0.113.0/24"}}, {ADDRESS: "203.0.113.255"}),
    "an address is in one of two ranges": (
        {"IpAddress": {ADDRESS: ["203.0.113.0/24", "2001:DB8:1234:5678::/64"]}},
        {ADDRESS: "2001:db8:1234:5678::1"},
    ),
    "an address alone is a range of one": ({"IpAddress": {ADDRESS: "10.0.0.1"}}, {ADDRESS: "10.0.0.1"}),
    "an address is in no range": ({"NotIpAddress": {ADDRESS: ["10.0.0.0/8", "::/64"]}}, {ADDRESS: "11.0.0.1"}),
    "an address of version 4 may be written in 6": (
        {"IpAddress": {ADDRESS: "10.0.0.0/8"}},
        {ADDRESS: "::ffff:10.1.2.3"},
    ),
    "a range may be written with host bits": ({"IpAddress": {ADDRESS: "10.1.2.3/8"}}, {ADDRESS: "10.9.9.9"}),
    "an ARN equals itself": ({"ArnEquals": {ARN: QUEUE}}, {ARN: QUEUE}),
    "ArnEquals has wildcards": ({"ArnEquals": {ARN: "arn:aws:sqs:*:*:que?e"}}, {ARN: QUEUE}),
    "an ARN is like a pattern": ({"ArnLike": {ARN: "arn:aws:sqs:us-*:1111*:queue"}}, {ARN: QUEUE}),
    "an ARN is unlike a pattern": ({"ArnNotLike": {ARN: "arn:aws:sqs:us-*:9*:queue"}}, {ARN: QUEUE}),
    "an ARN is another": ({"ArnNotEquals": {ARN: QUEUE + "2"}}, {ARN: QUEUE}),
    "what is no ARN is unlike any": ({"ArnNotLike": {ARN: "arn:aws:sqs:*:*:*"}}, {ARN: "queue"}),
    "an ARN's last part may have colons": (
        {"ArnLike": {ARN: "arn:aws:lambda:*:*:function:*"}},
        {ARN: "arn:aws:lambda:us-east-1:111122223333:function:app:7"},
    ),
    "an ARN's part may be a variable": (
        {"ArnLike": {ARN: "arn:aws:sqs:*:*:${aws:username}"}},
        {ARN: QUEUE, USERNAME: "queue"},
    ),
    "a whole ARN may be a variable": ({"ArnEquals": {ARN: "${a:queue}"}}, {ARN: QUEUE, "a:queue": QUEUE}),
    "any ARN is like a star": ({"ArnLike": {ARN: "*"}}, {ARN: QUEUE}),
    "Null true holds without the key": ({"Null": {"aws:TokenIssueTime": "true"}}, {}),
    "Null false holds with the key": ({"Null": {"aws:TokenIssueTime": False}}, {"aws:TokenIssueTime": "1"}),
    "IfExists holds without the key": ({"StringEqualsIfExists": {USERNAME: "bob"}}, {}),
    "IfExists holds with a value that matches": ({"NumericLessThanIfExists": {"a:b": "2"}}, {"a:b": "1"}),
    "IfExists goes with a quantifier": ({"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": "a*"}}, {}),
    "ForAllValues holds where each value matches": (
        {"ForAllValues:StringLike": {"aws:TagKeys": ["cost*", "team"]}},
        {"aws:TagKeys": ("costs", "team")},
    ),
    "ForAllValues holds without the key": ({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}, {}),
    "ForAllValues holds for an empty value": ({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": ""}),
    "ForAllValues of a negated operator holds where none matches": (
        {"ForAllValues:StringNotEquals": {"aws:TagKeys": ["a", "b"]}},
        {"aws:TagKeys": ("c", "d")},
    ),
    "ForAnyValue holds where one value matches": (
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}},
        {"aws:TagKeys": ("x", "b")},
    ),
    "ForAnyValue of a negated operator holds where one value matches none": (
        {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a", "b"]}},
        {"aws:TagKeys": ("a", "c")},
    ),
    "several values without a quantifier match by any of them": (
        {"StringEquals": {"aws:TagKeys": "b"}},
        {"aws:TagKeys": ("a", "b")},
    ),
    "several operators and keys hold together": (
        {"StringEquals": {USERNAME: "bob", "s3:prefix": "x"}, "Bool": {"aws:SecureTransport": "true"}},
        {USERNAME: "bob", "s3:prefix": "x", "aws:SecureTransport": "true"},
    ),
    "a variable without value is equal to nothing, hence differs": (
        {"StringNotEquals": {"s3:prefix": "${aws:username}"}},
        {"s3:prefix": "x"},
    ),
}

FAILING: dict[str, tuple[dict[str, dict[str, Any]], Context]] = {
    "a string has a case": ({"StringEquals": {USERNAME: "Bob"}}, {USERNAME: "bob"}),
    "StringEquals has no wildcards": ({"StringEquals": {USERNAME: "b*"}}, {USERNAME: "bob"}),
    "an operator fails without the key": ({"StringLike": {USERNAME: "*"}}, {}),
    "a negated operator fails where one value matches": (
        {"StringNotEquals": {USERNAME: ["al", "bob"]}},
        {USERNAME: "bob"},
    ),
    "a key without values is not there": ({"StringLike": {"aws:TagKeys": "*"}}, {"aws:TagKeys": ()}),
    "a pattern has a case": ({"StringLike": {USERNAME: "B*"}}, {USERNAME: "bob"}),
    "strings do not differ by case alone": ({"StringNotEqualsIgnoreCase": {USERNAME: "BOB"}}, {USERNAME: "bob"}),
    "ten is not less than ten": ({"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "10"}),
    "numbers are not compared as text": ({"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "9e9"}),
    "no number is less than one": ({"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "NaN"}),
    "a date is not before itself": ({"DateLessThan": {TIME: "2020-01-01"}}, {TIME: "1577836800"}),
    "no date is before one": ({"DateLessThan": {TIME: "2020-01-01"}}, {TIME: "soon"}),
    "a day that is not there is no date": ({"DateLessThan": {TIME: "2020-01-01"}}, {TIME: "2019-02-30"}),
    "true is not false": ({"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": "true"}),
    "Bool fails without the key": ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, {}),
    "other bytes": ({"BinaryEquals": {"a:key": BINARY}}, {"a:key": "AAAA"}),
    "what is no base64 equals no bytes": ({"BinaryEquals": {"a:key": BINARY}}, {"a:key": "?"}),
    "an address is outside a range": ({"IpAddress": {ADDRESS: "203.0.113.0/24"}}, {ADDRESS: "203.0.114.0"}),
    "an address of version 4 is in no range of 6": ({"IpAddress": {ADDRESS: "::/1"}}, {ADDRESS: "0.0.0.1"}),
    "no address is in a range": ({"IpAddress": {ADDRESS: "0.0.0.0/0"}}, {ADDRESS: "localhost"}),
    "an address is not outside its range": ({"NotIpAddress": {ADDRESS: "10.0.0.0/8"}}, {ADDRESS: "10.0.0.1"}),
    "a star does not cross an ARN's colons": ({"ArnLike": {ARN: "arn:aws:*:1111*:queue:*"}}, {ARN: QUEUE}),
    "an ARN with another account": ({"ArnLike": {ARN: "arn:aws:sqs:*:2*:queue"}}, {ARN: QUEUE}),
    "what is no ARN is like none": ({"ArnLike": {ARN: "arn:aws:sqs:*:*:*"}}, {ARN: "queue"}),
    "a colon in a variable's value makes no part of an ARN": (
        {"ArnLike": {ARN: "arn:aws:sqs:${a:region}:queue:*"}},
        {ARN: QUEUE, "a:region": "us-east-1:111122223333"},
    ),
    "Null true fails with the key": ({"Null": {USERNAME: "true"}}, {USERNAME: "bob"}),
    "Null false fails without the key": ({"Null": {USERNAME: "false"}}, {}),
    "IfExists fails with another value": ({"StringEqualsIfExists": {USERNAME: "bob"}}, {USERNAME: "al"}),
    "ForAllValues fails where one value does not match": (
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
        {"aws:TagKeys": ("a", "c")},
    ),
    "ForAnyValue fails where no value matches": (
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}},
        {"aws:TagKeys": ("c", "d")},
    ),
    "ForAnyValue fails without the key": ({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}, {}),
    "ForAnyValue of a negated operator fails without the key": (
        {"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}},
        {},
    ),
    "ForAnyValue fails for an empty value": ({"ForAnyValue:StringLike": {"aws:TagKeys": "*"}}, {"aws:TagKeys": ""}),
    "one of two operators": (
        {"StringEquals": {USERNAME: "bob"}, "Bool": {"aws:SecureTransport": "true"}},
        {USERNAME: "bob", "aws:SecureTransport": "false"},
    ),
    "a variable without value is equal to nothing": (
        {"StringLike": {"s3:prefix": "*${aws:username}"}},
        {"s3:prefix": "x"},
    ),
    "a variable's wildcard is none": (
        {"StringLike": {"s3:prefix": "${aws:username}"}},
        {USERNAME: "*", "s3:prefix": "x"},
    ),
}


@pytest.mark.parametrize(("condition", "context"), HOLDING.values(), ids=HOLDING.keys())
def test_holding(condition: dict[str, dict[str, Any]], context: Context) -> None:
    assert holds(condition, context)


@pytest.mark.parametrize(("condition", "context"), FAILING.values(), ids=FAILING.keys())
def test_failing(condition: dict[str, dict[str, Any]], context: Context) -> None:
    assert not holds(condition, context)


def test_every_operator_has_a_sentence() -> None:
    named = {
        name.rpartition(":")[2].removesuffix("IfExists") for condition, _ in HOLDING.values() for name in condition
    }
    assert named == {*OPERATORS, "Null"}


VALUES = {
    "String": "x",
    "Numeric": "1",
    "Date": "2020-01-01",
    "Arn": QUEUE,
    "Bool": "true",
    "Binary": "AAAA",
    "Ip": "::1",
}
NEGATIONS = [(name, name.replace("Not", "", 1)) for name in OPERATORS if "Not" in name]


def value_of(name: str) -> str:
    return next(value for family, value in VALUES.items() if family in name)


@settings(deadline=None, derandomize=True)
@given(pair=st.sampled_from(NEGATIONS), there=st.sampled_from([None, "x", "1", "2020-01-01", QUEUE, "::1", "other"]))
def test_a_negated_operator_is_the_opposite_of_its_other(pair: tuple[str, str], there: str | None) -> None:
    negated, plain = pair
    context: Context = {} if there is None else {"a:b": there}
    value = value_of(plain)
    assert holds({negated: {"a:b": value}}, context) is not holds({plain: {"a:b": value}}, context)


@pytest.mark.parametrize("name", OPERATORS)
def test_if_exists_holds_for_every_operator_without_the_key(name: str) -> None:
    for prefix in ("", "ForAllValues:", "ForAnyValue:"):
        assert holds({f"{prefix}{name}IfExists": {"a:b": value_of(name)}}, {})
