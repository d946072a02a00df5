"""Whether what a change set would make is there already, under the name that the template gives it.

CreateChangeSet may ask that such things are imported (ImportExistingResources). They are not, here: so that is taken
where nothing is there to import, and refused where something is, by its name. What has no name of its own in the
template is never imported (user guide, "Import AWS resources into a CloudFormation stack automatically").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sealgate.arn import partition_of
from sealgate.errors import Unsupported
from sealgate.services.stacks.definitions import Asker
from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.ledger import STACK_TYPE
from sealgate.services.stacks.operations import OperationRefused, Operations, Perform
from sealgate.services.stacks.plan import Change
from sealgate.services.stacks.resource import Properties
from sealgate.services.stacks.templates.values import find_unknown

_ABSENT_STATUS = 404
_ABSENT_CODES = frozenset({"ParameterNotFound"})
"""Of services that answer no 404."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Looks whether something is there.

    Attributes:
        operations: Reads, with the rights of who asks.
    """

    operations: Operations

    def check(self, asker: Asker, changes: Sequence[Change]) -> None:
        """Go on only where nothing that would be made is there already.

        Raises:
            Unsupported: Something is; or a stack in the stack is made or changed, and would have to be looked at too.
            TemplateInvalid: It cannot be told.
        """
        perform = self.operations.acting_as(asker.principal, asker.region)
        for change in changes:
            if change.type == STACK_TYPE and change.action != "Remove":
                raise Unsupported(f"ImportExistingResources with a nested stack ({change.logical_id}) is not supported")
            if change.action == "Add" or change.replacement not in (None, "False"):
                _check_one(perform, asker, change)


def _check_one(perform: Perform, asker: Asker, change: Change) -> None:
    if change.type not in _NAMED:
        return
    (name, *others), look = _NAMED[change.type]
    if name not in change.properties or find_unknown([change.properties.get(each) for each in (name, *others)]):
        return
    try:
        is_there = look(perform, asker, change.properties)
    except OperationRefused as error:
        if error.status == _ABSENT_STATUS or error.code in _ABSENT_CODES:
            return
        raise TemplateInvalid(
            f"ImportExistingResources: whether {change.logical_id} is there cannot be told: {error.message}"
        ) from None
    if is_there:
        raise Unsupported(
            f"ImportExistingResources would import {change.logical_id} ({name}: {change.properties[name]}), which is "
            "there already: imports of resources are not supported"
        )


Look = Callable[[Perform, Asker, Properties], bool]
"""Tells whether a resource is there, or has an operation refuse it as absent."""


def _reading(service: str, operation: str, **members: str) -> Look:
    """Answer what calls an operation, with properties as its members."""

    def look(perform: Perform, _: Asker, properties: Properties) -> bool:
        perform(service, operation, **{member: properties[name] for member, name in members.items()})
        return True

    return look


def _is_policy(perform: Perform, asker: Asker, properties: Properties) -> bool:
    named = f"policy{properties.get('Path', '/')}{properties['ManagedPolicyName']}"
    perform("iam", "GetPolicy", PolicyArn=f"arn:{partition_of(asker.region)}:iam::{asker.account}:{named}")
    return True


def _is_log_group(perform: Perform, _: Asker, properties: Properties) -> bool:
    name = properties["LogGroupName"]
    found = perform("logs", "DescribeLogGroups", logGroupNamePrefix=name, limit=1)
    return any(each["logGroupName"] == name for each in found["logGroups"])


_NAMED: Mapping[str, tuple[tuple[str, ...], Look]] = {
    "AWS::IAM::Group": (("GroupName",), _reading("iam", "GetGroup", GroupName="GroupName")),
    "AWS::IAM::ManagedPolicy": (("ManagedPolicyName", "Path"), _is_policy),
    "AWS::IAM::Role": (("RoleName",), _reading("iam", "GetRole", RoleName="RoleName")),
    "AWS::IAM::User": (("UserName",), _reading("iam", "GetUser", UserName="UserName")),
    "AWS::Lambda::Alias": (
        ("Name", "FunctionName"),
        _reading("lambda", "GetAlias", FunctionName="FunctionName", Name="Name"),
    ),
    "AWS::Lambda::Function": (
        ("FunctionName",),
        _reading("lambda", "GetFunctionConfiguration", FunctionName="FunctionName"),
    ),
    "AWS::Logs::LogGroup": (("LogGroupName",), _is_log_group),
    "AWS::S3::Bucket": (("BucketName",), _reading("s3", "HeadBucket", Bucket="BucketName")),
    "AWS::SSM::Parameter": (("Name",), _reading("ssm", "GetParameter", Name="Name")),
    "AWS::Signer::SigningProfile": (
        ("ProfileName",),
        _reading("signer", "GetSigningProfile", profileName="ProfileName"),
    ),
}
"""The types that may have names of their own: the property that is the name, with those that are needed beside it, and
how such a thing is found. What else is not known beforehand does not matter."""
