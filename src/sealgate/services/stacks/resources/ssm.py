"""AWS::SSM::Parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sealgate.arn import parameter_arn
from sealgate.services.stacks.resource import Made, Properties, ResourceCall
from sealgate.services.stacks.resources.members import changed, given, make_named, tolerating
from sealgate.services.stacks.resources.tags import as_list, tag_change, tag_list
from sealgate.services.stacks.templates.shapes import MapOf, Property, Text

_DEFAULTS = {"DataType": "text", "Description": "", "Tier": "Standard", "Type": None, "Value": None}


class Parameter:
    """AWS::SSM::Parameter. `Ref` is its name."""

    name = "AWS::SSM::Parameter"
    properties: ClassVar[Mapping[str, Property]] = {
        "DataType": Property(shape=Text()),
        "Description": Property(shape=Text()),
        "Name": Property(shape=Text(), replaces=True),
        "Tags": Property(shape=MapOf(Text())),
        "Tier": Property(shape=Text()),
        "Type": Property(shape=Text(), required=True),
        "Value": Property(shape=Text(), required=True),
    }
    attributes = frozenset({"Arn", "Type", "Value"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make a parameter; one of a generated name that is there was made by this step before."""
        name = properties.get("Name") or f"CFN-{call.logical_id}-{call.suffix}"
        members: dict[str, Any] = given(properties, *_DEFAULTS)
        make_named(
            call,
            "ssm",
            "PutParameter",
            name=name,
            is_own="Name" not in properties,
            taken="ParameterAlreadyExists",
            Name=name,
            **tag_list(properties),
            **members,
        )
        return _describe(call, name, properties)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Give it another value, or another description."""
        if changed(old, new, _DEFAULTS):
            members = {name: new.get(name, default) for name, default in _DEFAULTS.items()}
            call.perform("ssm", "PutParameter", Name=physical_id, Overwrite=True, **members)
        where = {"ResourceType": "Parameter", "ResourceId": physical_id}
        change = tag_change(old, new)
        if change.given:
            call.perform("ssm", "AddTagsToResource", **where, Tags=as_list(change.given))
        if change.gone:
            call.perform("ssm", "RemoveTagsFromResource", **where, TagKeys=change.gone)
        return _describe(call, physical_id, new)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Delete the parameter."""
        with tolerating("ParameterNotFound"):
            call.perform("ssm", "DeleteParameter", Name=physical_id)


def _describe(call: ResourceCall, name: str, properties: Properties) -> Made:
    arn = parameter_arn(call.stack.region, call.stack.account, name)
    return Made(physical_id=name, attributes={"Arn": arn, **given(properties, "Type", "Value")})
