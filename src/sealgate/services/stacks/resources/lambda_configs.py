"""AWS::Lambda::CodeSigningConfig."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sealgate.services.stacks.resource import Made, Properties, ResourceCall
from sealgate.services.stacks.resources.members import changed, given, tolerating
from sealgate.services.stacks.resources.tags import TAGS, tag_change, tag_map
from sealgate.services.stacks.templates.shapes import ListOf, Property, Structure, Text
from sealgate.services.stacks.templates.values import Value

_DEFAULTS = {
    "AllowedPublishers": None,
    "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
    "Description": "",
}


class CodeSigningConfig:
    """AWS::Lambda::CodeSigningConfig. `Ref` is its ARN, as functions name it."""

    name = "AWS::Lambda::CodeSigningConfig"
    properties: ClassVar[Mapping[str, Property]] = {
        "AllowedPublishers": Property(
            shape=Structure({"SigningProfileVersionArns": Property(shape=ListOf(Text()), required=True)}),
            required=True,
        ),
        "CodeSigningPolicies": Property(
            shape=Structure({"UntrustedArtifactOnDeployment": Property(shape=Text(), required=True)})
        ),
        "Description": Property(shape=Text()),
        "Tags": TAGS,
    }
    attributes = frozenset({"CodeSigningConfigArn", "CodeSigningConfigId"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make a config, unless an earlier attempt has."""
        if call.recorded is not None:
            return _describe(call.recorded)
        made = call.perform(
            "lambda",
            "CreateCodeSigningConfig",
            lambda made: call.record(_arn_of(made)),
            **given(properties, "AllowedPublishers", "CodeSigningPolicies", "Description"),
            **tag_map("Tags", properties),
        )
        return _describe(_arn_of(made))

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Change what differs."""
        members = changed(old, new, _DEFAULTS)
        if members:
            call.perform("lambda", "UpdateCodeSigningConfig", CodeSigningConfigArn=physical_id, **members)
        retag(call, physical_id, old, new)
        return _describe(physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Delete the config; one that functions still use cannot be."""
        with tolerating("ResourceNotFoundException"):
            call.perform("lambda", "DeleteCodeSigningConfig", CodeSigningConfigArn=physical_id)


def retag(call: ResourceCall, arn: str, old: Properties, new: Properties) -> None:
    """Change the tags of a thing of Lambda's."""
    change = tag_change(old, new)
    if change.given:
        call.perform("lambda", "TagResource", Resource=arn, Tags=change.given)
    if change.gone:
        call.perform("lambda", "UntagResource", Resource=arn, TagKeys=change.gone)


def _arn_of(made: Mapping[str, Value]) -> str:
    return str(made["CodeSigningConfig"]["CodeSigningConfigArn"])


def _describe(arn: str) -> Made:
    return Made(
        physical_id=arn, attributes={"CodeSigningConfigArn": arn, "CodeSigningConfigId": arn.rpartition(":")[2]}
    )
