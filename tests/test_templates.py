"""Templates as text: what is read, what is refused, and that what is read is written as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.errors import Invalid
from sealgate.templates import MAX_DEPTH, ShortForm, encode_json, encode_yaml, parse_template

FUNCTION = """\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  App:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Description: !Sub in ${AWS::Region}
      Code: ./app
      Layers:
      - !Ref Layer
      Handler: !If
      - IsTest
      - !Join
        - .
        - - test
          - !Select
            - 0
            - !Ref Names
      - app.handler
"""


def read(value: str) -> Any:
    return parse_template(f"A: {value}")["A"]


def test_short_forms_mean_their_long_forms() -> None:
    properties = parse_template(FUNCTION)["Resources"]["App"]["Properties"]

    assert properties["Role"] == {"Fn::GetAtt": ["Role", "Arn"]}
    assert properties["Layers"] == [{"Ref": "Layer"}]
    assert properties["Handler"]["Fn::If"][1] == {"Fn::Join": [".", ["test", {"Fn::Select": [0, {"Ref": "Names"}]}]]}


def test_what_is_read_is_written_as_it_was() -> None:
    assert encode_yaml(parse_template(FUNCTION)) == FUNCTION


def test_a_long_form_stays_long() -> None:
    assert encode_yaml(parse_template("A:\n  Fn::GetAtt:\n  - B\n  - C\n")) == "A:\n  Fn::GetAtt:\n  - B\n  - C\n"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2012-10-17", "2012-10-17"),
        ("012345678901", "012345678901"),
        ("0x1F", "0x1F"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("1234567890123456789012", "1234567890123456789012"),
        ("128", 128),
        ("-1", -1),
        ("1.5", 1.5),
        ("yes", True),
        ("Off", False),
        ("~", None),
        ("", None),
        ("'128'", "128"),
        ("!!str 128", "128"),
        ("{B: [1, x]}", {"B": [1, "x"]}),
        ("!Condition IsTest", {"Condition": "IsTest"}),
        ("!GetAtt Nested.Outputs.Arn", {"Fn::GetAtt": ["Nested", "Outputs.Arn"]}),
        ("!Sub 128", {"Fn::Sub": "128"}),
        ("!GetAZs ''", {"Fn::GetAZs": ""}),
    ],
)
def test_a_value_is_read_as_cloudformation_reads_it(written: str, value: Any) -> None:
    assert read(written) == value


def test_keys_are_text() -> None:
    assert parse_template("200: a\non: b") == {"200": "a", "on": "b"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A: &a 1\nB: *a", "line 2, column 4: aliases are not supported"),
        ("A:\n  <<: {B: 1}", "line 2, column 3: merge keys are not supported"),
        ("A: 1\nA: 2", "line 2, column 1: the key 'A' occurs twice"),
        ('{"A": 1, "A": 2}', "the key 'A' occurs twice"),
        ("A: !!binary aGk=", "the tag tag:yaml.org,2002:binary is not supported"),
        ("A: !<!x!y> 1", "the tag !x!y is not supported"),
        ("A: 1\n---\nB: 2", "a second document"),
        ("? [a]\n: 1", "a key is not plain text"),
        ("A: [", "line 2, column 1: not YAML"),
        ("A: \x00", "not YAML"),
        ('{"A": }', "line 1, column 7: not JSON"),
        ("- A", "not a mapping"),
        ("", "not a mapping"),
        ("A: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested more than 100 deep"),
        ('{"A": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}", "nested more than 100 deep"),
        ('{"A": ' + "[" * 100_000, "nested more than 100 deep"),
        ("A: " + "[" * 100_000, "nested more than 100 deep"),
        ('{"A": NaN}', "NaN is no number"),
        ('{"A": -Infinity}', "-Infinity is no number"),
        ('{"A": 1e999}', "1e999 is no number"),
        ('{"A": [{"\\ud800": 1}]}', "half of a surrogate pair"),
    ],
)
def test_what_is_no_template_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_template(text)

    assert words in caught.value.message


FLOATS = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text() | FLOATS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(), inner, max_size=4)
        | st.builds(lambda name, value: ShortForm({name: value}), st.sampled_from(["Ref", "Fn::Sub"]), st.text())
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_what_is_written_is_read_again(template: dict[str, Any]) -> None:
    assert parse_template(encode_yaml(template)) == template
    assert parse_template(encode_json(template)) == template


def test_a_number_that_json_alone_knows_is_refused_nowhere() -> None:
    assert parse_template(json.dumps({"A": 1e30})) == {"A": 1e30}


def test_a_number_of_many_digits_stays_text() -> None:
    digits = "9" * 5000
    assert parse_template(f'{{"A": {digits}, "B": -123}}') == parse_template(f"A: {digits}\nB: -123")
    assert parse_template(f'{{"A": {digits}}}') == {"A": digits}
