"""Which documents are policies, and what is said of those that are not."""

import contextlib
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.policy.document import MalformedPolicy, PolicyKind, parse_policy, size_of
from sealgate.policy.strict_json import MAX_TEXT
from tests.support.policies import ACCOUNT, ROLE_ARN, SESSION_ARN, USER_ARN, document, policy, statement

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
OLD = "Policy document must be version 2012-10-17 or greater."


def refusal(text: str, kind: PolicyKind = PolicyKind.IDENTITY) -> str:
    with pytest.raises(MalformedPolicy) as refused:
        parse_policy(text, kind=kind)
    return refused.value.message


ACCEPTED: dict[str, str] = {
    "a statement alone": json.dumps({"Version": "2012-10-17", "Statement": statement()}),
    "a list of statements": document(statement(Sid="1"), statement("Deny", Sid="2")),
    "an Id": document(Id="cd3ad3d9 2776"),
    "an empty Sid, twice": document(statement(Sid=""), statement(Sid="")),
    "an empty Condition": document(statement(Condition={})),
    "a list of actions": document(statement(Action=["s3:Get*", "S3:PUTOBJECT", "iam:?et*"])),
    "every action": document(statement(Action="*")),
    "an action that does not exist": document(statement(Action="fsx:ListBucket")),
    "NotAction": document(statement(NotAction="iam:*")),
    "NotResource": document(statement(NotResource=["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"])),
    "an ARN that leaves parts off": document(statement(Resource="arn:aws:fdsasf")),
    "an ARN of another partition": document(statement(Resource="arn:aws-us-gov:s3:::bucket")),
    "an IAM user": document(statement(Resource=f"arn:aws:iam::{ACCOUNT}:user/*")),
    "everything of IAM": document(statement(Resource=f"arn:aws:iam::{ACCOUNT}:*")),
    "a service that does not exist": document(statement(Resource="arn:aws:s33:::bucket")),
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(text: str) -> None:
    assert parse_policy(text, kind=PolicyKind.IDENTITY).statements


def changed(**elements: Any) -> str:
    return document(statement(**elements))


REFUSED: dict[str, tuple[str, str]] = {
    "no JSON": ("This is not a json document", SYNTAX),
    "an empty text": ("", SYNTAX),
    "a list": ("[]", SYNTAX),
    "a string": ('"x"', SYNTAX),
    "NaN": (document().replace('"*"', "NaN"), SYNTAX),
    "a key twice": ('{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}', "Version is given twice"),
    "an element twice in a statement": (
        document().replace('"Effect"', '"Effect": "Deny", "Effect"'),
        "Effect is given",
    ),
    "deep nesting": ("[" * 100000, "nested too deep"),
    "deep nesting of objects": ('{"a":' * 20000, SYNTAX),
    "a text beyond any limit": (document() + " " * MAX_TEXT, "more than 131072"),
    "a lone surrogate as a key": ('{"\\ud800": 1}', SYNTAX),
    "no version": (document(version=None), OLD),
    "the older version": (document(version="2008-10-17"), OLD),
    "an unknown version": (document(version="2013-10-17"), SYNTAX),
    "a version of another type": (json.dumps({"Version": 2012, "Statement": statement()}), SYNTAX),
    "an unknown element": (document(Extra=1), "Extra is no element of a policy"),
    "an element in another case": (json.dumps({"version": "2012-10-17", "Statement": statement()}), "version is no"),
    "an Id of another type": (document(Id=["x"]), "Id must be a string"),
    "no statement": ('{"Version": "2012-10-17"}', SYNTAX),
    "an empty list of statements": ('{"Version": "2012-10-17", "Statement": []}', SYNTAX),
    "a statement that is a string": (document("x"), "Statement 1: It must be an object"),
    "an unknown element of a statement": (changed(Sid="A", Extra=1), "Statement 1 (A): Extra is no element"),
    "an element of a statement in another case": (document({"effect": "Allow"}), "effect is no element"),
    "no effect": (changed(Effect=None), "Effect must be"),
    "another effect": (document(statement("Maybe")), "Effect must be"),
    "an effect of another type": (changed(Effect=1), "Effect must be a string"),
    "an effect in another case": (document(statement("allow")), LEGACY),
    "a Sid of another type": (changed(Sid=1), "Sid must be a string"),
    "a Sid with a space": (changed(Sid="a b"), "Statement IDs (SID) must be alpha-numeric."),
    "a Sid twice": (document(statement(Sid="a"), statement(Sid="a")), "Statement IDs (SID) in a single policy must be"),
    "a principal": (changed(Principal="*"), "Policy document should not specify a principal."),
    "a NotPrincipal": (
        document(statement("Deny", NotPrincipal={"AWS": ACCOUNT})),
        "Policy document should not specify a principal.",
    ),
    "no action": (changed(Action=None), "Policy statement must contain actions."),
    "an empty list of actions": (changed(Action=[]), "Policy statement must contain actions."),
    "both Action and NotAction": (changed(Action=[], NotAction="s3:*"), "Action and NotAction exclude each other"),
    "an action of another type": (changed(Action={}), "Action must be a string or a list"),
    "an action of another type in a list": (changed(Action=[[]]), "Action must be a string or a list"),
    "a number as an action": (changed(Action=5), "Action must be a string or a list"),
    "an action without a vendor": (changed(Action="invalid"), VENDOR),
    "an empty action": (changed(NotAction=""), VENDOR),
    "an action of a vendor alone": (changed(Action="s3:"), LEGACY),
    "an action with a space in its vendor": (changed(Action="a a:ListBucket"), "Vendor a a is not valid"),
    "an action with a wildcard in its vendor": (changed(Action="s*:ListBucket"), "Vendor s* is not valid"),
    "an action with two colons": (changed(Action="s3:List:Bucket"), "Actions/Condition can contain only one colon."),
    "no resource": (changed(Resource=None), "Policy statement must contain resources."),
    "an empty list of resources": (changed(Resource=[]), "Policy statement must contain resources."),
    "both Resource and NotResource": (changed(Resource="*", NotResource="*"), "Resource and NotResource exclude each"),
    "a resource of another type": (changed(Resource={"a": "arn:aws:s3:::b"}), "Resource must be a string or a list"),
    "null as a resource": (changed(Resource=[None]), "Resource must be a string or a list"),
    "a resource that is no ARN": (changed(Resource="adf"), 'Resource adf must be in ARN format or "*".'),
    "an empty resource": (changed(Resource=""), 'Resource  must be in ARN format or "*".'),
    "a resource that begins otherwise": (changed(Resource="urn:aws:s3:::b"), "Resource urn:aws:s3:::b must be in ARN"),
    "a resource of an unknown partition": (
        changed(Resource="arn:error:s3:::bucket"),
        'Partition "error" is not valid for resource "arn:error:s3:::bucket".',
    ),
    "a resource without its first part": (
        changed(Resource="aws:s3:::bucket"),
        'Partition "s3" is not valid for resource "arn:s3:::bucket:*".',
    ),
    "a resource without a service": (changed(Resource="arn:aws"), "Resource vendor must be fully qualified and cannot"),
    "a resource with a wildcard as service": (changed(Resource="arn:aws:*:::b"), "Resource vendor must be fully"),
    "a resource with an empty service": (changed(Resource="arn:aws::::bucket"), LEGACY),
    "a resource with a part too few": (changed(Resource="arn:aws:s3::bucket"), LEGACY),
    "a bucket with a region": (
        changed(Resource="arn:aws:s3:us-east-1::bucket"),
        "Resource arn:aws:s3:us-east-1::bucket can not contain region information.",
    ),
    "a user with a region": (
        changed(Resource="arn:aws:iam:us-east-1::user/x"),
        "IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information.",
    ),
    "something that IAM does not have": (
        changed(NotResource="arn:aws:iam:::bucket"),
        'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, ',
    ),
    "a list of conditions": (changed(Condition=[]), "Condition must be an object"),
    "an operator without keys": (changed(Condition={"StringEquals": "b"}), "StringEquals must be an object"),
    "an unknown operator": (
        changed(Condition={"StringIs": {"aws:username": "b"}}),
        "StringIs is no condition operator",
    ),
    "an operator in another case": (changed(Condition={"stringEquals": {"aws:username": "b"}}), "is no condition"),
    "an unknown quantifier": (changed(Condition={"ForNoValue:StringEquals": {"aws:TagKeys": "b"}}), "is no condition"),
    "two quantifiers": (changed(Condition={"ForAnyValue:ForAllValues:Bool": {"a:b": "true"}}), "is no condition"),
    "an empty quantifier": (changed(Condition={":StringEquals": {"aws:TagKeys": "b"}}), "is no condition operator"),
    "NullIfExists": (changed(Condition={"NullIfExists": {"a:b": "true"}}), "NullIfExists is no condition operator"),
    "IfExists twice": (changed(Condition={"BoolIfExistsIfExists": {"a:b": "true"}}), "is no condition operator"),
    "a condition key without a vendor": (changed(Condition={"Bool": {"SecureTransport": "true"}}), VENDOR),
    "a condition without values": (changed(Condition={"Bool": {"a:b": []}}), "Bool a:b has no value"),
    "null as a value": (changed(Condition={"StringEquals": {"a:b": None}}), "StringEquals a:b must be a string"),
    "an object as a value": (changed(Condition={"StringEquals": {"a:b": {}}}), "StringEquals a:b must be a string"),
    "a very long pattern": (changed(Condition={"StringLike": {"a:b": "?" * 2049}}), "more than 2048 characters"),
    "a very long pattern of resources": (changed(Resource="arn:aws:s3:::" + "?" * 2048), "more than 2048 characters"),
    "no number": (changed(Condition={"NumericEquals": {"a:b": "ten"}}), "'ten' is no number"),
    "an endless number": (changed(Condition={"NumericEquals": {"a:b": "1e9999"}}), "is no number"),
    "no date": (changed(Condition={"DateLessThan": {"a:b": "sdfdsf"}}), "'sdfdsf' is no date"),
    "a day that does not exist": (changed(Condition={"DateLessThan": {"a:b": "2019-02-30"}}), "is no date"),
    "a month that does not exist": (changed(Condition={"DateLessThan": {"a:b": "234-13"}}), "is no date"),
    "a time zone that does not exist": (
        changed(Condition={"DateEquals": {"a:b": "2016-12-13T02:00:00+99:00"}}),
        LEGACY,
    ),
    "seconds beyond 64 bits": (changed(Condition={"DateLessThan": {"a:b": "9223372036854775808"}}), "is no date"),
    "no Boolean": (changed(Condition={"Bool": {"a:b": "yes"}}), "'yes' is neither true nor false"),
    "no answer to Null": (changed(Condition={"Null": {"a:b": "maybe"}}), "Null takes true or false"),
    "no base64": (changed(Condition={"BinaryEquals": {"a:b": "?"}}), "'?' is no base64"),
    "base64 with a lone surrogate": (changed(Condition={"BinaryEquals": {"a:b": "\ud800"}}), "is no base64"),
    "a date in other digits": (changed(Condition={"DateEquals": {"a:b": "\u0662\u0660"}}), "is no date"),
    "no address": (changed(Condition={"IpAddress": {"a:b": "10.0.0.0/33"}}), "is no range of IP addresses"),
    "no ARN to compare with": (changed(Condition={"ArnLike": {"a:b": "arn:aws:s3"}}), "'arn:aws:s3' is no ARN"),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(text: str, expected: str) -> None:
    assert expected in refusal(text)


@pytest.mark.parametrize("kind", [PolicyKind.BOUNDARY, PolicyKind.SESSION])
def test_boundaries_and_session_policies_follow_the_rules_of_an_identitys(kind: PolicyKind) -> None:
    assert parse_policy(document(), kind=kind).kind is kind
    assert refusal(document(statement(Principal="*")), kind) == "Policy document should not specify a principal."


def trust(**elements: Any) -> str:
    return document(
        statement(**{"Action": "sts:AssumeRole", "Resource": None, "Principal": {"AWS": ACCOUNT}} | elements)
    )


TRUST_REFUSED = {
    "a resource": (trust(Resource="*"), "Has prohibited field Resource"),
    "no principal": (trust(Principal=None), "Missing required field Principal"),
    "another action": (trust(Action="s3:GetObject"), "AssumeRole policy may only specify STS AssumeRole actions."),
    "all actions but some": (trust(Action=None, NotAction="sts:AssumeRole"), "AssumeRole policy may only specify"),
}


@pytest.mark.parametrize(("text", "expected"), TRUST_REFUSED.values(), ids=TRUST_REFUSED.keys())
def test_refused_as_trust(text: str, expected: str) -> None:
    assert expected in refusal(text, PolicyKind.TRUST)


@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17", None])
def test_a_trust_policy_may_be_of_either_version(version: str | None) -> None:
    elements = json.loads(trust())["Statement"]
    assert policy(*elements, kind=PolicyKind.TRUST, version=version).statements


PRINCIPALS: dict[str, Any] = {
    "everyone": "*",
    "everyone of AWS": {"AWS": "*"},
    "an account's id": {"AWS": ACCOUNT},
    "an account's root": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "a user and a role with paths": {"AWS": [USER_ARN, ROLE_ARN]},
    "a session": {"AWS": SESSION_ARN},
    "a federated user": {"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/bob"},
    "a service": {"Service": ["lambda.amazonaws.com", "states.us-east-1.amazonaws.com"]},
    "a provider of identities": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"},
    "S3's name of an account": {"CanonicalUser": "0" * 64},
    "several kinds": {"AWS": ACCOUNT, "Service": "lambda.amazonaws.com"},
}


@pytest.mark.parametrize("element", PRINCIPALS.values(), ids=PRINCIPALS.keys())
def test_principals(element: Any) -> None:
    assert policy(statement(Principal=element), kind=PolicyKind.RESOURCE).statements[0].principals


NO_PRINCIPALS: dict[str, tuple[Any, str]] = {
    "a name alone": (ACCOUNT, SYNTAX),
    "nobody": ({}, "Missing required field Principal"),
    "an empty list": ({"AWS": []}, "A principal's AWS must be a string or a list of strings"),
    "a number": ({"AWS": 111122223333}, "A principal's AWS must be a string"),
    "an unknown kind": ({"Aws": ACCOUNT}, "Aws is no kind of principal"),
    "a wildcard in an ARN": ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"}, "Invalid principal in policy: "),
    "a group": ({"AWS": f"arn:aws:iam::{ACCOUNT}:group/g"}, "Invalid principal in policy: "),
    "other digits": ({"AWS": "\u0661" * 12}, "Invalid principal in policy: "),
    "eleven digits": ({"AWS": ACCOUNT[1:]}, 'Invalid principal in policy: "AWS":"11122223333"'),
    "a bucket": ({"AWS": "arn:aws:s3:::bucket"}, "Invalid principal in policy: "),
    "a principal that is gone": ({"AWS": "AROAEXAMPLEEXAMPLE123"}, "Invalid principal in policy: "),
    "every service": ({"Service": "*"}, 'Invalid principal in policy: "Service":"*"'),
    "a short canonical id": ({"CanonicalUser": "00"}, "Invalid principal in policy: "),
}


@pytest.mark.parametrize(("element", "expected"), NO_PRINCIPALS.values(), ids=NO_PRINCIPALS.keys())
def test_no_principals(element: Any, expected: str) -> None:
    assert expected in refusal(document(statement(Principal=element)), PolicyKind.RESOURCE)


def test_not_principal_goes_with_deny_only() -> None:
    element = {"AWS": ACCOUNT}
    assert policy(statement("Deny", NotPrincipal=element), kind=PolicyKind.RESOURCE).statements[0].principals
    assert "NotPrincipal with Allow" in refusal(document(statement(NotPrincipal=element)), PolicyKind.RESOURCE)


def test_services_that_keep_policies_allow_more_in_a_sid() -> None:
    bucket_policy = policy(statement(Sid="any-name at_all", Principal="*"), kind=PolicyKind.RESOURCE)
    assert bucket_policy.statements[0].sid == "any-name at_all"


def test_quotas_do_not_count_white_space() -> None:
    assert size_of(' {\n\t"a b" : 1}\u00a0') == len('{"ab":1}')


TEXT = st.text(max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
ELEMENTS = st.sampled_from(
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "Condition"]
)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(element=ELEMENTS, value=JSON, kind=st.sampled_from(PolicyKind))
def test_whatever_an_element_holds_ends_in_a_policy_or_in_malformed(element: str, value: Any, kind: PolicyKind) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": {**statement(), element: value}})
    with contextlib.suppress(MalformedPolicy):
        assert parse_policy(text, kind=kind).statements


@settings(deadline=None, derandomize=True, max_examples=60)
@given(value=JSON, junk=st.text(max_size=20))
def test_whatever_a_document_is_ends_in_malformed(value: Any, junk: str) -> None:
    for text in (json.dumps(value), junk, document() + junk.strip() + "x"):
        assert refusal(text)


@settings(deadline=None, derandomize=True)
@given(order=st.permutations(sorted(statement(Sid="A", Condition={"Bool": {"a:b": True}}))), indent=st.integers(0, 4))
def test_order_white_space_and_lists_of_one_do_not_count(order: list[str], indent: int) -> None:
    about = statement(Sid="A", Condition={"Bool": {"a:b": True}})
    listed = {name: [about[name]] if name in {"Action", "Resource"} else about[name] for name in order}
    text = json.dumps({"Statement": listed, "Version": "2012-10-17"}, indent=indent)
    assert parse_policy(text, kind=PolicyKind.IDENTITY) == policy(about)


@pytest.mark.parametrize("shown", ["\x00\x1b[2J", "\ud800", "x" * 100000])
def test_a_message_is_fit_to_be_shown(shown: str) -> None:
    for text in (changed(Resource=shown), json.dumps({shown: 1}), changed(Condition={shown: {"a:b": "c"}})):
        message = refusal(text)
        assert message.isprintable()
        assert len(message) < 1200


def test_a_message_says_which_statement() -> None:
    text = document(statement(), statement(Sid="Second", Condition={"Bool": {"a:b": "x"}}))
    assert re.match(r"Syntax errors in policy\. Statement 2 \(Second\): 'x' is neither", refusal(text))
