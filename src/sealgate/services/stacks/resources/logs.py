"""AWS::Logs::LogGroup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sealgate.arn import log_group_arn
from sealgate.services.stacks.resource import HandlerFailed, Made, Properties, ResourceCall
from sealgate.services.stacks.resources.members import make_named, tolerating
from sealgate.services.stacks.resources.tags import TAGS, tag_change, tag_map
from sealgate.services.stacks.templates.shapes import Number, Property, Text

_NAME_LENGTH = 512
_STANDARD = "STANDARD"


class LogGroup:
    """AWS::Logs::LogGroup. `Ref` is its name."""

    name = "AWS::Logs::LogGroup"
    properties: ClassVar[Mapping[str, Property]] = {
        "LogGroupClass": Property(shape=Text()),
        "LogGroupName": Property(shape=Text(), replaces=True),
        "RetentionInDays": Property(shape=Number()),
        "Tags": TAGS,
    }
    attributes = frozenset({"Arn"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make a group; one of a generated name that is there was made by this step before."""
        _check_class(properties)
        name = properties.get("LogGroupName") or call.generated_name(_NAME_LENGTH)
        make_named(
            call,
            "logs",
            "CreateLogGroup",
            name=name,
            is_own="LogGroupName" not in properties,
            taken="ResourceAlreadyExistsException",
            logGroupName=name,
            **tag_map("tags", properties),
        )
        _set_retention(call, name, {}, properties)
        return _describe(call, name)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Change what differs."""
        _check_class(new)
        _set_retention(call, physical_id, old, new)
        arn = log_group_arn(call.stack.region, call.stack.account, physical_id)
        change = tag_change(old, new)
        if change.given:
            call.perform("logs", "TagResource", resourceArn=arn, tags=change.given)
        if change.gone:
            call.perform("logs", "UntagResource", resourceArn=arn, tagKeys=change.gone)
        return _describe(call, physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Delete the group with all that is in it."""
        with tolerating("ResourceNotFoundException"):
            call.perform("logs", "DeleteLogGroup", logGroupName=physical_id)


def _check_class(properties: Properties) -> None:
    if properties.get("LogGroupClass", _STANDARD) != _STANDARD:
        raise HandlerFailed(f"LogGroupClass {properties['LogGroupClass']} is not supported: every group is {_STANDARD}")


def _set_retention(call: ResourceCall, name: str, old: Properties, new: Properties) -> None:
    days = new.get("RetentionInDays")
    if days == old.get("RetentionInDays"):
        return
    if days is None:
        call.perform("logs", "DeleteRetentionPolicy", logGroupName=name)
    else:
        call.perform("logs", "PutRetentionPolicy", logGroupName=name, retentionInDays=days)


def _describe(call: ResourceCall, name: str) -> Made:
    arn = log_group_arn(call.stack.region, call.stack.account, name)
    return Made(physical_id=name, attributes={"Arn": f"{arn}:*"})
