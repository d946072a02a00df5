"""Where templates name code, and why what is there is not signed."""

from __future__ import annotations

from typing import Any

import pytest

from sealgate.errors import Invalid
from sealgate.packaging.places import CodePlace, NestedPlace, StoredCode, Unsigned, find_places
from sealgate.templates import parse_template

FUNCTION, SAM_FUNCTION = "AWS::Lambda::Function", "AWS::Serverless::Function"
STORED = StoredCode(bucket="b", key="k", version="v")


def places(kind: str, properties: dict[str, Any]) -> list[Any]:
    return list(find_places({"Resources": {"A": {"Type": kind, "Properties": properties}}}))


@pytest.mark.parametrize(
    ("kind", "name", "put"),
    [
        (FUNCTION, "Code", {"S3Bucket": "b", "S3Key": "k", "S3ObjectVersion": "v"}),
        ("AWS::Lambda::LayerVersion", "Content", {"S3Bucket": "b", "S3Key": "k", "S3ObjectVersion": "v"}),
        (SAM_FUNCTION, "CodeUri", {"Bucket": "b", "Key": "k", "Version": "v"}),
        ("AWS::Serverless::LayerVersion", "ContentUri", {"Bucket": "b", "Key": "k", "Version": "v"}),
    ],
)
def test_code_on_this_machine_is_found_and_replaced(kind: str, name: str, put: dict[str, str]) -> None:
    properties = {name: "../app", "Handler": "a.b"}
    (place,) = places(kind, properties)

    place.put(STORED)

    assert (type(place), place.resource, place.path) == (CodePlace, "A", "../app")
    assert properties == {name: put, "Handler": "a.b"}


@pytest.mark.parametrize(
    ("kind", "name"), [("AWS::CloudFormation::Stack", "TemplateURL"), ("AWS::Serverless::Application", "Location")]
)
def test_nested_templates_on_this_machine_are_found_and_replaced(kind: str, name: str) -> None:
    properties = {name: "nested.yaml"}
    (place,) = places(kind, properties)

    place.put("http://127.0.0.1/b/k")

    assert (type(place), place.path, properties) == (NestedPlace, "nested.yaml", {name: "http://127.0.0.1/b/k"})


@pytest.mark.parametrize(
    ("kind", "properties", "words"),
    [
        (FUNCTION, {"Code": {"ZipFile": "x"}}, "its code is in the template"),
        (SAM_FUNCTION, {"InlineCode": "x"}, "its code is in the template"),
        (FUNCTION, {"Code": {"ImageUri": "x"}}, "a container image"),
        (FUNCTION, {"PackageType": "Image", "Code": "x"}, "a container image"),
        (SAM_FUNCTION, {"ImageUri": "x"}, "a container image"),
        (FUNCTION, {"Code": {"S3Bucket": "b", "S3Key": "k"}}, "in S3 already"),
        (SAM_FUNCTION, {"CodeUri": {"Bucket": "b", "Key": "k"}}, "in S3 already"),
        (SAM_FUNCTION, {"CodeUri": "s3://b/k"}, "elsewhere already: s3://b/k"),
        (SAM_FUNCTION, {"CodeUri": {"Fn::If": ["A", "x", "y"]}}, "decided when it is deployed"),
        (SAM_FUNCTION, {}, "names no code"),
        ("AWS::CloudFormation::Stack", {"TemplateURL": "https://x/y"}, "its template is elsewhere"),
        ("AWS::Serverless::Application", {"Location": {"ApplicationId": "x"}}, "its template is elsewhere"),
    ],
)
def test_what_cannot_be_signed_is_told_with_the_reason(kind: str, properties: dict[str, Any], words: str) -> None:
    (place,) = places(kind, properties)

    assert isinstance(place, Unsigned)
    assert words in place.reason


def test_other_resources_are_none_of_it() -> None:
    assert places("AWS::S3::Bucket", {"Code": "app"}) == []


def test_a_function_that_has_its_own_code_does_not_have_that_of_the_globals() -> None:
    text = """
Globals: {Function: {CodeUri: shared}}
Resources:
  Shared: {Type: AWS::Serverless::Function}
  Own: {Type: AWS::Serverless::Function, Properties: {CodeUri: own}}
  Inline: {Type: AWS::Serverless::Function, Properties: {InlineCode: x}}
"""
    found = {place.resource: place for place in find_places(parse_template(text))}

    assert set(found) == {"Globals.Function", "Own", "Inline"}
    assert isinstance(found["Inline"], Unsigned)


def test_a_loop_is_told() -> None:
    (place,) = find_places({"Resources": {"Fn::ForEach::Apps": ["Name", ["A", "B"], {}]}})

    assert isinstance(place, Unsigned)
    assert "a loop" in place.reason


@pytest.mark.parametrize(
    "template",
    [{}, {"Resources": []}, {"Resources": {"A": "x"}}, {"Resources": {"A": {"Type": FUNCTION, "Properties": []}}}],
)
def test_what_is_no_template_is_refused(template: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        list(find_places(template))
