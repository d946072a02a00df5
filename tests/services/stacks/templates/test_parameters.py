from typing import Any, NoReturn

import pytest

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.parameters import GivenParameter, resolve_parameters
from sealgate.services.stacks.templates.template import ParameterDeclaration
from sealgate.store.stacks import StackParameter
from tests.support.toy_stacks import StackBench, things


def no_lookup(name: str) -> NoReturn:
    raise AssertionError(name)


def declare(**members: Any) -> dict[str, ParameterDeclaration]:
    return {"P": ParameterDeclaration(**({"name": "P", "type": "String"} | members))}


def resolve(declared: dict[str, ParameterDeclaration], text: str | None) -> StackParameter:
    given = {} if text is None else {"P": GivenParameter(name="P", value=text)}
    return resolve_parameters(declared, given, previous={}, lookup=no_lookup)["P"]


@pytest.mark.parametrize(
    ("members", "text", "value"),
    [
        ({}, "x", "x"),
        ({"default": "d"}, None, "d"),
        ({"default": ""}, None, ""),
        ({"type": "Number", "min_value": 1, "max_value": 3}, "2", "2"),
        ({"type": "List<Number>"}, "1, 2.5", ["1", "2.5"]),
        ({"type": "CommaDelimitedList"}, "a, b", ["a", "b"]),
        ({"type": "CommaDelimitedList"}, "", []),
        ({"allowed_values": ("a", "b")}, "b", "b"),
        ({"allowed_pattern": "[a-z]+"}, "abc", "abc"),
        ({"min_length": 1, "max_length": 3}, "abc", "abc"),
    ],
    ids=str,
)
def test_a_parameter_is_what_its_type_makes_of_it(members: Any, text: str | None, value: Any) -> None:
    assert resolve(declare(**members), text).value == value


@pytest.mark.parametrize(
    ("members", "text", "error"),
    [
        ({}, None, "Parameters: [P] must have values"),
        ({"type": "Number"}, "x", "Parameter 'P' must be a number."),
        ({"type": "Number"}, "nan", "Parameter 'P' must be a number."),
        ({"type": "Number", "min_value": 1}, "0", "must be a number not less than 1"),
        ({"type": "Number", "max_value": 1}, "2", "must be a number not more than 1"),
        ({"type": "List<Number>"}, "1,x", "must be a number."),
        ({"allowed_values": ("a",)}, "b", "Parameter 'P' must be one of AllowedValues"),
        ({"allowed_pattern": "[a-z]+"}, "ab1", "must match pattern [a-z]+"),
        ({"allowed_pattern": "("}, "a", "AllowedPattern ( is no regular expression"),
        ({"allowed_pattern": "(a+)+c"}, "a" * 4000, "AllowedPattern (a+)+c takes too long to be tried"),
        ({"allowed_pattern": "(" * 5000 + ")" * 5000}, "a", "is no regular expression"),
        ({"type": "CommaDelimitedList", "allowed_pattern": "[a-z]"}, "a,b,1", "must match pattern [a-z]"),
        ({"type": "Number"}, "1e999", "must be a number."),
        ({"allowed_pattern": "x", "constraint_description": "say x"}, "y", "failed to satisfy constraint: say x"),
        ({"min_length": 2}, "a", "must not have less than 2 characters"),
        ({"max_length": 2}, "abc", "must not have more than 2 characters"),
        ({"type": "AWS::EC2::VPC::Id"}, "vpc-1", "Unrecognized parameter type: AWS::EC2::VPC::Id"),
        ({}, "x" * 4097, "must not exceed 4096 bytes"),
    ],
    ids=lambda text: str(text)[:60],
)
def test_what_a_declaration_does_not_allow_is_refused(members: Any, text: str | None, error: str) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        resolve(declare(**members), text)
    assert error in refused.value.message


def test_a_previous_value_is_kept_where_that_is_said() -> None:
    given = {"P": GivenParameter(name="P", use_previous=True)}
    previous = {"P": StackParameter(name="P", text="old")}
    assert resolve_parameters(declare(), given, previous=previous, lookup=no_lookup)["P"].text == "old"
    with pytest.raises(TemplateInvalid, match="There is no previous value"):
        resolve_parameters(declare(), given, previous={}, lookup=no_lookup)


def test_an_unknown_parameter_is_refused_by_name() -> None:
    with pytest.raises(TemplateInvalid, match=r"Parameters: \[Q\] do not exist in the template"):
        resolve_parameters(
            declare(default="d"), {"Q": GivenParameter(name="Q", value="x")}, previous={}, lookup=no_lookup
        )


def test_a_stored_parameter_is_looked_up() -> None:
    declared = declare(type="AWS::SSM::Parameter::Value<String>", default="/path")
    found = resolve_parameters(declared, {}, previous={}, lookup=lambda name: f"value of {name}")["P"]
    assert (found.value, found.shown) == ("value of /path", "/path")


def test_a_secret_parameter_is_masked() -> None:
    found = resolve(declare(no_echo=True), "hunter2")
    assert (found.value, found.shown, found.masked) == ("hunter2", "****", "****")


def rule(assertion: Any, **more: Any) -> dict[str, Any]:
    """Make a template whose parameter has to fulfil a rule, as the CDK writes them."""
    return {
        "Parameters": {"Version": {"Type": "String"}},
        "Rules": {"Check": {"Assertions": [{"Assert": assertion, "AssertDescription": "too old"}], **more}},
        **things(A={}),
    }


NOT_OLD = {"Fn::Not": [{"Fn::Contains": [["1", "2", 3], {"Ref": "Version"}]}]}


def test_a_rule_forbids_parameters(bench: StackBench) -> None:
    with pytest.raises(TemplateInvalid, match="Rule Check failed: too old"):
        bench.create("app", rule(NOT_OLD), Version="3")
    assert bench.create("app", rule(NOT_OLD), Version="4").status == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("template", "is_allowed"),
    [
        (rule(NOT_OLD, RuleCondition={"Fn::Equals": [{"Ref": "Version"}, "x"]}), True),
        (rule({"Fn::EachMemberEquals": [["2", "2"], {"Ref": "Version"}]}), True),
        (rule({"Fn::EachMemberIn": [["1", "2"], ["2", "3"]]}), False),
        (rule({"Fn::EachMemberIn": [["2"], ["2", "3"]]}), True),
        (rule({"Fn::Contains": ["2", "2"]}), False),
        (rule({"Condition": "C"}), False),
        (rule(NOT_OLD, Name="n"), False),
        (rule({"Fn::ValueOf": ["p", "a"]}), False),
    ],
    ids=lambda each: str(each)[45:130],
)
def test_rules_are_asserted_or_refused(bench: StackBench, template: dict[str, Any], *, is_allowed: bool) -> None:
    if is_allowed:
        assert bench.create("app", template, Version="2").status == "CREATE_COMPLETE"
    else:
        with pytest.raises(TemplateInvalid):
            bench.create("app", template, Version="2")
