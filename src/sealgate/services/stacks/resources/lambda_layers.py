"""AWS::Lambda: layer versions, and permissions on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from sealgate.services.stacks.resource import Made, Properties, ResourceCall
from sealgate.services.stacks.resources.members import Unchangeable, given, tolerating
from sealgate.services.stacks.templates.shapes import ListOf, Property, Structure, Text

_ABSENT = "ResourceNotFoundException"
_NAME_LENGTH = 64
_STATEMENT_LENGTH = 100
_CONTENT = Structure(
    {
        "S3Bucket": Property(shape=Text(), required=True),
        "S3Key": Property(shape=Text(), required=True),
        "S3ObjectVersion": Property(shape=Text()),
    }
)


class LayerVersion(Unchangeable):
    """AWS::Lambda::LayerVersion. `Ref` is its ARN."""

    name = "AWS::Lambda::LayerVersion"
    properties: ClassVar[Mapping[str, Property]] = {
        "CompatibleArchitectures": Property(shape=ListOf(Text()), replaces=True),
        "CompatibleRuntimes": Property(shape=ListOf(Text()), replaces=True),
        "Content": Property(shape=_CONTENT, required=True, replaces=True),
        "Description": Property(shape=Text(), replaces=True),
        "LayerName": Property(shape=Text(), replaces=True),
        "LicenseInfo": Property(shape=Text(), replaces=True),
    }
    attributes = frozenset({"LayerVersionArn"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Publish a version, unless an earlier attempt has."""
        arn = call.recorded
        if arn is None:
            members = {"LayerName": call.generated_name(_NAME_LENGTH), **given(properties, *self.properties)}
            made = call.perform(
                "lambda", "PublishLayerVersion", lambda made: call.record(made["LayerVersionArn"]), **members
            )
            arn = made["LayerVersionArn"]
        return Made(physical_id=arn, attributes={"LayerVersionArn": arn})

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Delete the version; functions that have it keep it."""
        layer = _parse_arn(physical_id)
        with tolerating(_ABSENT):
            call.perform("lambda", "DeleteLayerVersion", LayerName=layer.arn, VersionNumber=layer.version)


class LayerVersionPermission(Unchangeable):
    """AWS::Lambda::LayerVersionPermission. `Ref` is `LAYER-VERSION-ARN#STATEMENT`."""

    name = "AWS::Lambda::LayerVersionPermission"
    properties: ClassVar[Mapping[str, Property]] = {
        "Action": Property(shape=Text(), required=True, replaces=True),
        "LayerVersionArn": Property(shape=Text(), required=True, replaces=True),
        "Principal": Property(shape=Text(), required=True, replaces=True),
    }
    attributes = frozenset({"Id"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Give the permission; one of the same generated id was given by this step before."""
        layer = _parse_arn(properties["LayerVersionArn"])
        statement = call.generated_name(_STATEMENT_LENGTH)
        with tolerating("ResourceConflictException"):
            call.perform(
                "lambda",
                "AddLayerVersionPermission",
                LayerName=layer.arn,
                VersionNumber=layer.version,
                StatementId=statement,
                **given(properties, "Action", "Principal"),
            )
        permission = f"{properties['LayerVersionArn']}#{statement}"
        return Made(physical_id=permission, attributes={"Id": permission})

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Take the permission back."""
        arn, _, statement = physical_id.rpartition("#")
        layer = _parse_arn(arn)
        with tolerating(_ABSENT):
            call.perform(
                "lambda",
                "RemoveLayerVersionPermission",
                LayerName=layer.arn,
                VersionNumber=layer.version,
                StatementId=statement,
            )


class _LayerName(NamedTuple):
    """A layer's ARN without a version, and the version's number."""

    arn: str
    version: int


def _parse_arn(arn: str) -> _LayerName:
    """Read the ARN of a layer version; what is none is refused by the operation that takes it, by name."""
    layer, _, version = arn.rpartition(":")
    return _LayerName(layer, int(version)) if version.isdecimal() else _LayerName(arn, 0)
