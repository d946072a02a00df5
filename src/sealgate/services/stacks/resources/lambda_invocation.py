"""AWS::Lambda: who may invoke a function, and how its asynchronous invocations are retried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sealgate.services.stacks.resource import Made, Properties, ResourceCall
from sealgate.services.stacks.resources.members import Unchangeable, given, tolerating
from sealgate.services.stacks.templates.shapes import Number, Property, Text

_ABSENT = "ResourceNotFoundException"
_STATEMENT_LENGTH = 100


class Permission(Unchangeable):
    """AWS::Lambda::Permission. `Ref` is the statement's id."""

    name = "AWS::Lambda::Permission"
    properties: ClassVar[Mapping[str, Property]] = {
        "Action": Property(shape=Text(), required=True, replaces=True),
        "EventSourceToken": Property(shape=Text(), replaces=True),
        "FunctionName": Property(shape=Text(), required=True, replaces=True),
        "FunctionUrlAuthType": Property(shape=Text(), replaces=True),
        "Principal": Property(shape=Text(), required=True, replaces=True),
        "PrincipalOrgID": Property(shape=Text(), replaces=True),
        "SourceAccount": Property(shape=Text(), replaces=True),
        "SourceArn": Property(shape=Text(), replaces=True),
    }
    attributes = frozenset({"Id"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Give the permission; one of the same generated id was given by this step before."""
        statement = call.generated_name(_STATEMENT_LENGTH)
        with tolerating("ResourceConflictException"):
            call.perform("lambda", "AddPermission", StatementId=statement, **given(properties, *self.properties))
        return Made(physical_id=statement, attributes={"Id": statement})

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:
        """Take the permission back."""
        with tolerating(_ABSENT):
            call.perform("lambda", "RemovePermission", FunctionName=properties["FunctionName"], StatementId=physical_id)


class EventInvokeConfig:
    """AWS::Lambda::EventInvokeConfig. `Ref` is `FUNCTION|QUALIFIER`."""

    name = "AWS::Lambda::EventInvokeConfig"
    properties: ClassVar[Mapping[str, Property]] = {
        "FunctionName": Property(shape=Text(), required=True, replaces=True),
        "MaximumEventAgeInSeconds": Property(shape=Number()),
        "MaximumRetryAttempts": Property(shape=Number()),
        "Qualifier": Property(shape=Text(), required=True, replaces=True),
    }
    attributes: frozenset[str] = frozenset()

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Say how events are retried, whatever was said before, as on AWS."""
        physical_id = f"{properties['FunctionName']}|{properties['Qualifier']}"
        return self.update(call, physical_id, {}, properties)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Say it anew."""
        if old != new:
            call.perform("lambda", "PutFunctionEventInvokeConfig", **given(new, *self.properties))
        return Made(physical_id=physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Take it back."""
        function, _, qualifier = physical_id.rpartition("|")
        with tolerating(_ABSENT):
            call.perform("lambda", "DeleteFunctionEventInvokeConfig", FunctionName=function, Qualifier=qualifier)
