"""The property tables against the schemas of AWS's registry, as `scripts/outline_registry.py` writes them.

Made from the schemas that cfn-lint 1.58.0 brings.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sealgate.services.stacks.resource import ResourceType
from sealgate.services.stacks.resources.registry import RESOURCE_TYPES
from sealgate.services.stacks.templates.shapes import (
    Flag,
    Json,
    ListOf,
    MapOf,
    Number,
    Problems,
    Property,
    Shape,
    Structure,
    Text,
)

REGISTRY: dict[str, Any] = json.loads(Path(__file__).with_name("registry.json").read_text(encoding="utf-8"))

UNANSWERED = {
    "AWS::Lambda::Function": {"SnapStartResponse", "SnapStartResponse.ApplyOn", "SnapStartResponse.OptimizationStatus"},
}
"""Attributes of AWS's that no resource here has."""
BESIDES = {"AWS::SSM::Parameter": {"Type", "Value"}}
"""Attributes that the registry does not list, and the CloudFormation User Guide does."""
OF_EVERY_TAG = {"Key", "Value"}
"""Required here whether the registry says so or not: the operations do."""
KINDS: Mapping[type, set[str]] = {
    Flag: {"boolean"},
    Json: {"object"},
    ListOf: {"array"},
    MapOf: {"object"},
    Number: {"number", "integer"},
    Structure: {"object"},
    Text: {"string"},
}


def shapes(shape: Shape, part: Mapping[str, Any], where: str) -> Iterator[tuple[str, Shape, Mapping[str, Any]]]:
    """Everything in a table with what the registry says of it, at any depth."""
    yield where, shape, part
    if isinstance(shape, ListOf):
        yield from shapes(shape.item, part["items"], f"{where}[]")
    if isinstance(shape, Structure):
        for name, each in shape.properties.items():
            yield from shapes(each.shape, part["properties"][name], f"{where}.{name}")


@pytest.fixture(params=sorted(REGISTRY))
def kind(request: pytest.FixtureRequest) -> ResourceType:
    return RESOURCE_TYPES[request.param]


def test_every_type_is_in_the_registry_but_for_what_cdk_says_of_itself() -> None:
    assert RESOURCE_TYPES.keys() - REGISTRY.keys() == {"AWS::CDK::Metadata"}


def test_every_property_is_one_of_the_registry_and_of_its_kind(kind: ResourceType) -> None:
    for where, shape, part in shapes(Structure(kind.properties), REGISTRY[kind.name], kind.name):
        assert KINDS[type(shape)] & set(part["type"]), where


def test_the_same_properties_are_required(kind: ResourceType) -> None:
    for where, shape, part in shapes(Structure(kind.properties), REGISTRY[kind.name], kind.name):
        if isinstance(shape, Structure):
            required = {name for name, each in shape.properties.items() if each.required}
            assert required - OF_EVERY_TAG == set(part["required"]) - OF_EVERY_TAG, where


def test_a_change_replaces_where_the_registry_says_so(kind: ResourceType) -> None:
    replacing = {name for name, each in kind.properties.items() if each.replaces}
    assert replacing == set(REGISTRY[kind.name]["createOnly"]) & kind.properties.keys()


def test_the_same_attributes_are_answered(kind: ResourceType) -> None:
    inside_of_unknown = {name for name in REGISTRY[kind.name]["readOnly"] if name.startswith("Metadata")}
    told = set(REGISTRY[kind.name]["readOnly"]) - inside_of_unknown - UNANSWERED.get(kind.name, set())
    assert kind.attributes == told | BESIDES.get(kind.name, set())


def test_whatever_is_not_in_a_table_is_refused_by_name(kind: ResourceType) -> None:
    for where, shape, part in shapes(Structure(kind.properties), REGISTRY[kind.name], kind.name):
        if isinstance(shape, Structure):
            for name in part["properties"].keys() - shape.properties.keys():
                problems = Problems()
                shape.read({name: "x"}, "#", problems)
                assert f"#: extraneous key [{name}] is not permitted" in problems.found, where


def test_what_is_unknown_within_a_structure_is_refused_where_it_stands() -> None:
    problems = Problems()
    shape = Structure({"Code": Property(shape=RESOURCE_TYPES["AWS::Lambda::Function"].properties["Code"].shape)})
    shape.read({"Code": {"ImageUri": "x"}}, "#", problems)
    assert problems.found == ["#/Code: extraneous key [ImageUri] is not permitted"]
