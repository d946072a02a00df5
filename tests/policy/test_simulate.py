"""What the simulator tells beyond the decision."""

import json

import pytest

from sealgate.policy.document import PolicyKind, parse_policy
from sealgate.policy.evaluate import Layer, authorise
from sealgate.policy.positions import Position, Span, locate_statements
from sealgate.policy.simulate import DecidingStatement, find_context_keys, find_missing_keys, locate_matches
from tests.support.policies import ask, document, policy, statement

# The example of `aws iam simulate-custom-policy` in the AWS CLI's reference.
ALONE = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)


def span(start: tuple[int, int], end: tuple[int, int]) -> Span:
    (line, column), (last_line, last_column) = start, end
    return Span(start=Position(line=line, column=column), end=Position(line=last_line, column=last_column))


# The example of `aws iam simulate-principal-policy` there, whose policy is not shown, has such a text: 3:19 to 9:10.
INDENTED = json.dumps({"Version": "2012-10-17", "Statement": [dict.fromkeys("abcd", "")]}, indent=4)

PLACES = {
    "a statement alone": (ALONE, [span((1, 38), (1, 167))]),
    "a list of one": ('{"Statement":[{"a":1}]}', [span((1, 15), (1, 22))]),
    "a list of one, indented": (INDENTED, [span((3, 19), (9, 10))]),
    "a list of two": ('{"Statement":[{"a":1},{}]}', [span((1, 15), (1, 22)), span((1, 22), (1, 25))]),
    "a list of two, and elements around it": (
        '{ "Id" : "}],{" ,\n "Statement" : [ {"a": "]"} ,\n  {\n  } ], "Version": "x" }',
        [span((2, 17), (2, 28)), span((2, 28), (4, 4))],
    ),
    "a statement alone over several lines": ('{"Statement":\n{\n} }', [span((2, 2), (3, 2))]),
    "quotes and backslashes": ('{"Id": "\\"\\\\", "Statement": [{}]}', [span((1, 30), (1, 32))]),
}


@pytest.mark.parametrize(("text", "spans"), PLACES.values(), ids=PLACES.keys())
def test_places(text: str, spans: list[Span]) -> None:
    assert list(locate_statements(text)) == spans


def test_a_span_is_the_statement() -> None:
    statements = [statement(Sid=str(number)) for number in range(4)]
    lines = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2).splitlines(keepends=True)
    for about, place in zip(statements, locate_statements("".join(lines)), strict=True):
        text = "".join(lines[place.start.line : place.end.line])
        assert json.loads(text.strip().rstrip(",")) == about


def test_the_deciding_statements_are_found_in_their_policies() -> None:
    text = document(statement(Action="s3:PutObject"), statement())
    identity = [parse_policy(text, kind=PolicyKind.IDENTITY, name="PolicyInputList.1")]
    ruling = authorise(ask(), identity=identity, same_account=True)
    span = locate_statements(text)[1]
    assert locate_matches(ruling) == (DecidingStatement(policy="PolicyInputList.1", layer=Layer.IDENTITY, span=span),)


def test_a_boundary_is_told_where_it_denies_and_nothing_of_an_implicit_denial() -> None:
    told = []
    for limit in (statement(), statement("Deny"), statement(Action="s3:PutObject")):
        boundary = policy(limit, kind=PolicyKind.BOUNDARY)
        ruling = authorise(ask(), identity=[policy()], boundary=boundary, same_account=True)
        told.append([deciding.layer for deciding in locate_matches(ruling)])
    assert told == [[Layer.IDENTITY], [Layer.BOUNDARY], []]


def test_the_keys_that_policies_read_are_named_once_as_first_written() -> None:
    conditions = {
        "StringEquals": {"aws:PrincipalTag/Team": "${aws:username}", "aws:principaltag/team": "x"},
        "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
    }
    about = statement(Resource="arn:aws:s3:::${aws:UserId}/${aws:USERNAME}", Condition=conditions)
    old = policy(
        statement(Principal="*", Resource="arn:aws:s3:::${a:b}"), kind=PolicyKind.RESOURCE, version="2008-10-17"
    )
    assert find_context_keys([policy(about), old]) == (
        "aws:UserId",
        "aws:USERNAME",
        "aws:PrincipalTag/Team",
        "aws:SourceIp",
    )


def test_a_key_is_missing_where_a_statement_about_the_action_reads_it() -> None:
    needing = policy(
        statement(Condition={"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"s3:prefix": "*"}}),
        statement(Action="s3:PutObject", Condition={"Bool": {"aws:ViaAWSService": "true"}}),
    )
    context = ask(context={"s3:prefix": "x"}).context
    assert find_missing_keys([needing], "S3:GetObject", context) == ("aws:SecureTransport",)
