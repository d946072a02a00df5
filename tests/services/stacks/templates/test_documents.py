import pytest

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.documents import parse_document
from sealgate.services.stacks.templates.template import parse_template

SHORT = """
A: !Ref X
B: !GetAtt X.Y.Z
C: !Sub "${X}"
D: !Sub
  - "${a}"
  - a: !Ref X
E: !Join [",", [!Ref X, b]]
F: !If [C, 1, !Ref "AWS::NoValue"]
G: !Condition C
"""


def test_short_tags_are_the_functions_that_they_stand_for() -> None:
    assert parse_document(SHORT) == {
        "A": {"Ref": "X"},
        "B": {"Fn::GetAtt": ["X", "Y.Z"]},
        "C": {"Fn::Sub": "${X}"},
        "D": {"Fn::Sub": ["${a}", {"a": {"Ref": "X"}}]},
        "E": {"Fn::Join": [",", [{"Ref": "X"}, "b"]]},
        "F": {"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]},
        "G": {"Condition": "C"},
    }


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: &x 1\nb: *x", "Template format error: line 2, column 4: aliases are not supported"),
        ("a: 1\na: 2", "the key 'a' occurs twice"),
        ('{"a": 1, "a": 2}', "the key 'a' occurs twice"),
        ("{", "not JSON"),
        ("a: [", "not YAML"),
        ("- a", "not a mapping of sections"),
        ("", "not a mapping of sections"),
        ('{"a":' * 150 + "1" + "}" * 150, "nested more than 100 deep"),
        ("a" * ((1 << 20) + 1), "may not exceed 1048576 bytes"),
        ('{"a": "\\u0000"}', "text with a null character"),
        ('a: {"\\0": 1}', "text with a null character"),
    ],
    ids=lambda text: str(text)[:30],
)
def test_what_is_no_template_is_refused(text: str, error: str) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        parse_document(text)
    assert error in refused.value.message


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Resourcess: {}", "Invalid template property or properties [Resourcess]"),
        ("AWSTemplateFormatVersion: 1", "unsupported value for AWSTemplateFormatVersion"),
        ("Description: d", "At least one Resources member must be defined"),
        ("Resources: []", "[/Resources] must be an object"),
        ("Resources: {a-b: {Type: T}}", "Resource name a-b is non alphanumeric"),
        ("Resources: {A: {Type: T}}\nOutputs: {a-b: {Value: x}}", "Output name a-b is non alphanumeric"),
        ("Parameters: {AWS::Region: {Type: String}}", "Parameter name AWS::Region is non alphanumeric"),
        ("Mappings: {M: {a: b}}", "[/Mappings/M/a] must be an object"),
        ("Mappings: {M: {a: {b: {c: d}}}}", "Every Mappings attribute must be a String or a List: /Mappings/M/a/b"),
        ("Parameters: {P: {Type: String, MinLength: inf}}", "[/Parameters/P/MinLength] must be a number"),
        ("Resources: {A: text}", "Every Resources member must be an object: A"),
        ("Resources: {A: {}}", "Every Resources object must contain a Type member"),
        ("Resources: {A: {Type: T, UpdatePolicy: {}}}", "UpdatePolicy is not supported here"),
        ("Resources: {A: {Type: T, Propertiess: {}}}", "Propertiess is no member of it"),
        ("Resources: {A: {Type: T, DeletionPolicy: Snapshot}}", "DeletionPolicy Snapshot is not supported here"),
        ("Resources: {A: {Type: T, DeletionPolicy: Keep}}", "Unrecognized DeletionPolicy 'Keep' for resource A"),
        ("Resources: {A: {Type: T, DependsOn: [1]}}", "must be a string or a list of strings"),
        ("Resources: {A: {Type: T}}\nOutputs: {O: {}}", "must contain a Value object"),
        ("Resources: {A: {Type: T}}\nOutputs: {O: {Value: a, Export: n}}", "must be an object with the member Name"),
        ("Resources: {A: {Type: T}}\nParameters: {P: {}}", "Every Parameters object must contain a Type member"),
        ("Resources: {A: {Type: T}}\nParameters: {P: {Type: String, MinLength: x}}", "must be a number"),
        ("Resources: {A: {Type: T}}\nGlobals: {}", "Invalid template property or properties [Globals]"),
        ("Resources: {A: {Type: T}}\nTransform: [{Name: x}]", "a Transform with parameters is not supported"),
    ],
    ids=lambda text: str(text)[:60],
)
def test_what_a_template_does_not_have_is_refused_by_name(text: str, error: str) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        parse_template(text)
    assert error in refused.value.message
