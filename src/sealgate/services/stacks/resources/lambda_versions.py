"""AWS::Lambda: versions and aliases of functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sealgate.services.stacks.resource import HandlerFailed, Made, Properties, ResourceCall
from sealgate.services.stacks.resources.members import Unchangeable, find, given, tolerating
from sealgate.services.stacks.templates.shapes import ListOf, Number, Property, Structure, Text
from sealgate.services.stacks.templates.values import Value

_ABSENT = "ResourceNotFoundException"
_WEIGHT = Structure(
    {
        "FunctionVersion": Property(shape=Text(), required=True),
        "FunctionWeight": Property(shape=Number(), required=True),
    }
)


class Version(Unchangeable):
    """AWS::Lambda::Version. `Ref` is the version's ARN."""

    name = "AWS::Lambda::Version"
    properties: ClassVar[Mapping[str, Property]] = {
        "CodeSha256": Property(shape=Text(), replaces=True),
        "Description": Property(shape=Text(), replaces=True),
        "FunctionName": Property(shape=Text(), required=True, replaces=True),
    }
    attributes = frozenset({"FunctionArn", "Version"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Publish a version of the function as it is, unless an earlier attempt has.

        Raises:
            HandlerFailed: There is one of just that already, which is somebody else's to remove.
        """
        if call.recorded is not None:
            return _describe_version(call.recorded)
        before = set(_versions(call, properties["FunctionName"]))

        def note(made: Mapping[str, Value]) -> None:
            if made["Version"] not in before:
                call.record(made["FunctionArn"])

        made = call.perform("lambda", "PublishVersion", note, **given(properties, *self.properties))
        if made["Version"] in before:
            raise HandlerFailed(
                f"A version for this Lambda function exists ( {made['Version']} ). Modify the function to create a new "
                "version.",
                code="AlreadyExists",
            )
        return _describe_version(made["FunctionArn"])

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Delete the version."""
        function, _, version = physical_id.rpartition(":")
        with tolerating(_ABSENT):
            call.perform("lambda", "DeleteFunction", FunctionName=function, Qualifier=version)


class Alias:
    """AWS::Lambda::Alias. `Ref` is its ARN."""

    name = "AWS::Lambda::Alias"
    properties: ClassVar[Mapping[str, Property]] = {
        "Description": Property(shape=Text()),
        "FunctionName": Property(shape=Text(), required=True, replaces=True),
        "FunctionVersion": Property(shape=Text(), required=True),
        "Name": Property(shape=Text(), required=True, replaces=True),
        "RoutingConfig": Property(shape=Structure({"AdditionalVersionWeights": Property(shape=ListOf(_WEIGHT))})),
    }
    attributes = frozenset({"AliasArn"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make an alias, unless an earlier attempt has."""
        if call.recorded is not None:
            return _describe_alias(call.recorded)
        members = given(properties, "Description", "FunctionName", "FunctionVersion", "Name")
        made = call.perform(
            "lambda",
            "CreateAlias",
            lambda made: call.record(made["AliasArn"]),
            **members,
            RoutingConfig=_routing(properties),
        )
        return _describe_alias(made["AliasArn"])

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Let the alias name what it shall name now."""
        if old != new:
            call.perform(
                "lambda",
                "UpdateAlias",
                **given(new, "FunctionName", "FunctionVersion", "Name"),
                Description=new.get("Description", ""),
                RoutingConfig=_routing(new),
            )
        return _describe_alias(physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Delete the alias; what it names stays."""
        function, _, name = physical_id.rpartition(":")
        with tolerating(_ABSENT):
            call.perform("lambda", "DeleteAlias", FunctionName=function, Name=name)


def _versions(call: ResourceCall, function: str) -> Iterator[str]:
    """Answer the published versions of a function; none of one that is not there, which publishing will say."""
    more: dict[str, Any] | None = {}
    while more is not None:
        page = find(call, "lambda", "ListVersionsByFunction", absent=(_ABSENT,), FunctionName=function, **more) or {}
        yield from (each["Version"] for each in page.get("Versions", []))
        more = {"Marker": page["NextMarker"]} if page.get("NextMarker") else None


def _routing(properties: Properties) -> dict[str, dict[str, float]]:
    weights = (properties.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or []
    return {"AdditionalVersionWeights": {each["FunctionVersion"]: each["FunctionWeight"] for each in weights}}


def _describe_version(arn: str) -> Made:
    return Made(physical_id=arn, attributes={"FunctionArn": arn, "Version": arn.rpartition(":")[2]})


def _describe_alias(arn: str) -> Made:
    return Made(physical_id=arn, attributes={"AliasArn": arn})
