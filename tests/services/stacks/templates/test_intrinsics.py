from typing import Any

import pytest

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.conditions import evaluate_conditions
from sealgate.services.stacks.templates.intrinsics import Evaluator, Nothing
from sealgate.services.stacks.templates.values import Unknown, find_unknown

CONSTANTS = {
    "P": "p",
    "Long": "x" * (1 << 20),
    "List": ["a", "b"],
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "111122223333",
}
MAPPINGS = {"M": {"k": {"x": "found", "l": ["1", "2"]}}}


class Names(Nothing):
    """Of resources, `Later` is not made yet, and `Made` is."""

    def find_resource(self, logical_id: str) -> Any:
        return "made" if logical_id == "Made" else Unknown(causes=frozenset({logical_id}))

    def find_attribute(self, logical_id: str, attribute: str) -> Any:
        return f"{logical_id}:{attribute}" if logical_id == "Made" else Unknown(causes=frozenset({logical_id}))

    def find_export(self, name: str) -> Any:
        return f"exported {name}"


def evaluate(value: Any) -> Any:
    conditions = {"Yes": True, "No": False}
    return Evaluator(constants=CONSTANTS, mappings=MAPPINGS, conditions=conditions, names=Names()).evaluate(value)


def _doubled(times: int) -> Any:
    value: Any = "x"
    for _ in range(times):
        value = {"Fn::Sub": ["${A}${A}", {"A": value}]}
    return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "P"}, "p"),
        ({"Ref": "Made"}, "made"),
        ({"Fn::GetAtt": ["Made", "A.B"]}, "Made:A.B"),
        ({"Fn::GetAtt": "Made.A.B"}, "Made:A.B"),
        ({"Fn::Sub": "${P}-${AWS::Region}-${Made}-${Made.Arn}"}, "p-eu-west-1-made-Made:Arn"),
        ({"Fn::Sub": ["${v}/${P}", {"v": {"Ref": "Made"}}]}, "made/p"),
        ({"Fn::Sub": "${!Literal}"}, "${Literal}"),
        ({"Fn::Join": ["-", ["a", {"Ref": "P"}, 3, True]]}, "a-p-3-true"),
        ({"Fn::Join": [",", {"Ref": "List"}]}, "a,b"),
        ({"Fn::Select": [1, {"Ref": "List"}]}, "b"),
        ({"Fn::Select": ["0", {"Fn::Split": ["-", "x-y"]}]}, "x"),
        ({"Fn::Split": [",", "a,b,,c"]}, ["a", "b", "", "c"]),
        ({"Fn::If": ["Yes", "then", "else"]}, "then"),
        ({"Fn::If": ["No", "then", {"Ref": "P"}]}, "p"),
        ({"Fn::FindInMap": ["M", "k", "x"]}, "found"),
        ({"Fn::FindInMap": ["M", "none", "x", {"DefaultValue": "d"}]}, "d"),
        ({"Fn::ImportValue": {"Fn::Sub": "${P}-out"}}, "exported p-out"),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ({"Fn::GetAZs": "us-east-1"}, ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ({"Fn::Length": {"Ref": "List"}}, 2),
        ({"Fn::ToJsonString": {"a": [1, {"Ref": "P"}]}}, '{"a":[1,"p"]}'),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]}, {"b": [1]}),
        ({"a": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}}, {}),
        ({"Ref": "P", "other": 1}, {"Ref": "P", "other": 1}),
        ({"Condition": {"StringEquals": {"a": "b"}}}, {"Condition": {"StringEquals": {"a": "b"}}}),
    ],
    ids=str,
)
def test_a_function_is_what_it_says(value: Any, expected: Any) -> None:
    assert evaluate(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Later"},
        {"Fn::GetAtt": ["Later", "Arn"]},
        {"Fn::Sub": "${P}-${Later}"},
        {"Fn::Join": ["-", ["a", {"Ref": "Later"}]]},
        {"Fn::Select": [0, [{"Ref": "Later"}]]},
        {"a": ["x", {"Fn::Base64": {"Ref": "Later"}}]},
    ],
    ids=str,
)
def test_what_takes_something_unknown_is_unknown(value: Any) -> None:
    assert find_unknown(evaluate(value)) == {"Later"}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"Fn::Join": ["-", "text"]}, "every Fn::Join object requires two parameters"),
        ({"Fn::Select": [5, {"Ref": "List"}]}, "Fn::Select cannot select nonexistent value at index 5"),
        ({"Fn::Select": [-1, {"Ref": "List"}]}, "Fn::Select requires a list argument with two elements"),
        ({"Fn::FindInMap": ["M", "k", "none"]}, "Unable to get mapping for M::k::none"),
        ({"Fn::FindInMap": ["M", "k"]}, "every Fn::FindInMap object requires three parameters"),
        ({"Fn::If": ["Unheard", 1, 2]}, "unresolved condition dependency Unheard"),
        ({"Fn::If": ["Yes", 1]}, "Fn::If takes a condition and two values"),
        ({"Fn::Sub": ["x"]}, "Fn::Sub intrinsic functions don't specify expected arguments"),
        ({"Fn::Sub": "${List}"}, "must resolve to a string"),
        ({"Fn::GetAtt": "NoAttribute"}, "every Fn::GetAtt object requires two non-empty parameters"),
        ({"Fn::Transform": {"Name": "AWS::Include"}}, "Fn::Transform is not supported here"),
        ({"Fn::Cidr": ["10.0.0.0/30", 9, 8]}, "Fn::Cidr cannot make 9 subnets"),
        ({"Fn::Split": ["", "x"]}, "every Fn::Split object requires two parameters"),
        ({"Fn::Length": "x"}, "Fn::Length takes a list"),
        ("{{resolve:secretsmanager:a}}", "Dynamic references are not supported here: {{resolve:secretsmanager:a}}"),
        ({"Ref": 3}, "Ref takes the name of a parameter or a resource"),
        ({"Fn::If": [["Yes"], 1, 2]}, "unresolved condition dependency ['Yes']"),
        ({"Fn::Select": ["9" * 5000, {"Ref": "List"}]}, "Fn::Select requires a list argument with two elements"),
        ({"Fn::Cidr": ["10.0.0.0/8", 257, 8]}, "Fn::Cidr makes 1 to 256 subnets, and not 257"),
        ({"Fn::Join": ["", [{"Ref": "Long"}] * 20]}, "the functions of the template make more than"),
        ({"Fn::Sub": "${Long}" * 20}, "the functions of the template make more than"),
        ({"Fn::ToJsonString": [{"Ref": "Long"}] * 20}, "the functions of the template make more than"),
        ([{"Ref": "Long"}] * 20, "the functions of the template make more than"),
        (_doubled(40), "the functions of the template make more than"),
    ],
    ids=lambda each: str(each)[:60],
)
def test_what_a_function_does_not_take_is_refused(value: Any, error: str) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        evaluate(value)
    assert error in refused.value.message


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Fn::Equals": [{"Ref": "P"}, "p"]}, True),
        ({"Fn::Equals": [1, "1"]}, True),
        ({"Fn::Equals": [True, "true"]}, True),
        ({"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}, True),
        ({"Fn::And": [{"Condition": "True"}, {"Condition": "False"}]}, False),
        ({"Fn::Or": [{"Condition": "True"}, {"Condition": "False"}]}, True),
        ({"Fn::Equals": [{"Fn::If": ["True", "x", "y"]}, "x"]}, True),
        ({"Fn::Equals": [{"Fn::FindInMap": ["M", "k", "x"]}, "found"]}, True),
    ],
    ids=str,
)
def test_a_condition_holds_or_does_not(condition: Any, expected: bool) -> None:
    conditions = {
        "Asked": condition,
        "True": {"Fn::Equals": ["a", "a"]},
        "False": {"Fn::Equals": ["a", "b"]},
    }
    assert evaluate_conditions(conditions, constants=CONSTANTS, mappings=MAPPINGS)["Asked"] is expected


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ({"Condition": "Asked"}, "Circular dependencies for condition Asked: [Asked]"),
        ({"Condition": "None"}, "Unresolved condition dependency None"),
        ({"Fn::And": [{"Condition": "Asked"}]}, "a condition must be one of"),
        ({"Fn::Equals": ["a"]}, "a condition must be one of"),
        ({"Fn::Equals": [{"Ref": "Resource"}, "a"]}, "Unresolved dependencies [Resource]"),
        ("yes", "a condition must be one of"),
    ],
    ids=str,
)
def test_what_is_no_condition_is_refused(condition: Any, error: str) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        evaluate_conditions({"Asked": condition}, constants=CONSTANTS, mappings=MAPPINGS)
    assert error in refused.value.message


def test_a_chain_of_conditions_is_as_long_as_can_be_followed() -> None:
    chain = {f"C{number}": {"Condition": f"C{number + 1}"} for number in range(2000)}
    with pytest.raises(TemplateInvalid, match="too many conditions are defined by each other"):
        evaluate_conditions({**chain, "C2000": {"Fn::Equals": ["a", "a"]}}, constants=CONSTANTS, mappings=MAPPINGS)
