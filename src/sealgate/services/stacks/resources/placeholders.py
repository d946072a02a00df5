"""Types that stand for nothing but themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sealgate.services.stacks.resource import Made, Properties, ResourceCall
from sealgate.services.stacks.templates.shapes import Property, Text

_ID_LENGTH = 128


class _Placeholder:
    """A resource type without anything behind it."""

    def create(self, call: ResourceCall, properties: Properties) -> Made:  # noqa: ARG002 - as others
        """Answer a name."""
        return self._describe(call.generated_name(_ID_LENGTH))

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:  # noqa: ARG002 - as others
        """Keep the name."""
        return self._describe(physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:
        """Nothing is there."""

    def _describe(self, physical_id: str) -> Made:
        return Made(physical_id=physical_id)


class WaitConditionHandle(_Placeholder):
    """AWS::CloudFormation::WaitConditionHandle: what keeps a place in a template; nothing can be sent to it."""

    name = "AWS::CloudFormation::WaitConditionHandle"
    properties: ClassVar[Mapping[str, Property]] = {}
    attributes = frozenset({"Id"})

    def _describe(self, physical_id: str) -> Made:
        return Made(physical_id=physical_id, attributes={"Id": physical_id})


class CdkMetadata(_Placeholder):
    """AWS::CDK::Metadata: what `cdk` says of the constructs that a template was made from."""

    name = "AWS::CDK::Metadata"
    properties: ClassVar[Mapping[str, Property]] = {"Analytics": Property(shape=Text())}
    attributes: frozenset[str] = frozenset()
