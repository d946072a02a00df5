from typing import Any

import pytest

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.resource import StackIdentity
from sealgate.services.stacks.templates.documents import encode_document
from sealgate.services.stacks.templates.setting import settle
from sealgate.services.stacks.templates.template import parse_template
from sealgate.services.stacks.templates.validation import Sound, validate
from sealgate.store.stacks import StackParameter
from tests.support.toy_stacks import THING, Thing, World, things

STACK = StackIdentity(name="app", arn="arn:aws:cloudformation:us-east-1:1:stack/app/u", account="1", region="us-east-1")


def find_export(name: str) -> str:
    if name != "there":
        raise TemplateInvalid(f"No export named {name} found.")
    return "value"


def check(document: dict[str, Any], **parameters: str) -> Sound:
    template = parse_template(encode_document(document))
    given = {name: StackParameter(name=name, text=text) for name, text in parameters.items()}
    return validate(settle(template, given, STACK), {THING: Thing(World())}, find_export=find_export)


def exported(name: Any) -> dict[str, Any]:
    return {"Value": "v", "Export": {"Name": name}}


def test_what_is_sound_has_an_order() -> None:
    sound = check(things(A={"Needs": [{"Ref": "B"}], "DependsOn": "C"}, B={"Note": {"Fn::Sub": "${C.Arn}"}}, C={}))
    assert sound.order == ("C", "B", "A")
    assert sound.graph["A"] == {"B", "C"}


def test_imports_are_found() -> None:
    assert check(things(A={"Note": {"Fn::ImportValue": "there"}})).imports == {"there"}


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (things(A={"Note": {"Ref": "X"}}), "Unresolved resource dependencies [X] in the Resources block"),
        (things(A={"Note": {"Fn::Sub": "${X}"}}), "Unresolved resource dependencies [X] in the Resources block"),
        (things(A={"DependsOn": "X"}), "Unresolved resource dependencies [X] in the Resources block"),
        (things(A={}) | {"Outputs": {"O": {"Value": {"Ref": "X"}}}}, "dependencies [X] in the Outputs block"),
        (things(A={"Note": {"Fn::GetAtt": ["A", "None"]}}), "resource A does not support attribute type None"),
        (things(A={"Condition": "C"}), "Unresolved condition dependency C"),
        (things(A={"Note": {"Fn::If": ["C", "a", "b"]}}), "Unresolved condition dependency C"),
        (things(A={"Note": {"Ref": "B"}}, B={"Note": {"Ref": "A"}}), "Circular dependency between resources: [A, B]"),
        (things(A={"Note": {"Fn::ImportValue": "none"}}), "No export named none found."),
        ({"Resources": {"A": {"Type": "AWS::Foo::Bar"}}}, "Unrecognized resource types: [AWS::Foo::Bar]"),
        (
            {"Resources": {"A": {"Type": THING, "Properties": {"Colour": "red"}}}},
            "Properties validation failed for resource A with message: [#: extraneous key [Colour] is not permitted]",
        ),
        (things(A={"Inner": {"C": 1}}), "[#/Inner: extraneous key [C] is not permitted]"),
        (things(A={"Inner": {"B": 1}}), "[#/Inner: required key [A] not found]"),
        (things(A={"Size": "many"}), "[#/Size: expected type: Number, found: String]"),
        (things(A={"Needs": "one"}), "[#/Needs: expected type: JSONArray, found: String]"),
        (things(A={"On": "maybe"}), "[#/On: expected type: Boolean, found: String]"),
        (things(A={"Note": ["a"]}), "[#/Note: expected type: String, found: JSONArray]"),
        (things(A={"Policy": 3}), "[#/Policy: expected type: JSONObject, found: Integer]"),
        (things(A={"Labels": []}), "[#/Labels: expected type: JSONObject, found: JSONArray]"),
        (things(A={"Inner": "x"}), "[#/Inner: expected type: JSONObject, found: String]"),
        (things(A={}) | {"Outputs": {"O": {"Value": ["a"]}}}, "must evaluate to a String: O."),
        (things(A={}) | {"Outputs": {"O": exported("a b")}}, "letters, digits, colons and hyphens, and"),
        (things(A={}) | {"Outputs": {"O": exported({"Ref": "A"})}}, "do not depend on resources"),
        (things(A={}) | {"Outputs": {"O": exported("e"), "P": exported("e")}}, "name e is exported by several outputs"),
        (things(A={"Size": "nan"}), "[#/Size: expected type: Number, found: String]"),
        (things(A={"Size": "1_000"}), "[#/Size: expected type: Number, found: String]"),
        (things(A={"Size": 10**30}), "[#/Size: expected type: Number, found: String]"),
        (
            things(A={"Note": {"Fn::Join": ["", ["{{resolve:", "ssm:a}}"]]}}),
            "Dynamic references are not supported here: {{resolve:ssm:a}}",
        ),
    ],
    ids=lambda each: str(each)[:70],
)
def test_what_is_not_sound_is_refused_by_name(document: dict[str, Any], error: str) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        check(document)
    assert error in refused.value.message


def test_types_are_converted_as_parameters_need_it() -> None:
    document = {
        "Parameters": {"N": {"Type": "Number"}, "F": {"Type": "String"}},
        **things(A={"Size": {"Ref": "N"}, "On": {"Ref": "F"}, "Note": 3, "Inner": {"A": True}}),
    }
    assert check(document, N="5", F="true").order == ("A",)


def test_what_does_not_exist_under_the_conditions_is_left_out() -> None:
    document = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "A": {"Type": THING, "Properties": {"Note": {"Fn::If": ["Never", {"Ref": "B"}, "none"]}}, "DependsOn": "B"},
            "B": {"Type": "AWS::KMS::Key", "Condition": "Never", "Properties": {"Whatever": 1}},
        },
        "Outputs": {"O": {"Condition": "Never", "Value": {"Ref": "B"}}},
    }
    assert check(document).order == ("A",)


def test_what_takes_something_that_does_not_exist_is_refused() -> None:
    document = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "A": {"Type": THING, "Properties": {"Note": {"Ref": "B"}}},
            "B": {"Type": THING, "Condition": "Never"},
        },
    }
    with pytest.raises(TemplateInvalid, match=r"Unresolved resource dependencies \[B\]"):
        check(document)
