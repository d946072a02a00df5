"""What `cdk` and `sam` say in their requests beyond what other clients do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.refusals import error_of
from tests.support.server import RunningServer
from tests.support.stack_user import StackUser

TEMPLATE = json.dumps({"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}})
STACK = {"StackName": "requests", "TemplateBody": TEMPLATE}
EXPRESS = {"DeploymentConfig": {"Mode": "EXPRESS"}}
OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "CreateStack": lambda stacks: stacks.create_stack(**STACK, **EXPRESS),
    "UpdateStack": lambda stacks: stacks.update_stack(**STACK, **EXPRESS),
    "DeleteStack": lambda stacks: stacks.delete_stack(StackName="requests", **EXPRESS),
    "CreateChangeSet": lambda stacks: stacks.create_change_set(**STACK, ChangeSetName="changes", **EXPRESS),
}


def test_a_change_set_as_cdk_asks_for_it(user: StackUser) -> None:
    asked = {"ImportExistingResources": True, "IncludeNestedStacks": True, "DeploymentConfig": {"Mode": "STANDARD"}}
    user.stacks.create_change_set(**STACK, ChangeSetName="changes", ChangeSetType="CREATE", **asked)

    found = user.stacks.describe_change_set(StackName="requests", ChangeSetName="changes", IncludePropertyValues=True)

    assert found["Status"] == "CREATE_COMPLETE"
    assert found["StatusReason"].startswith("[WARN] --include-property-values option can return incomplete")
    assert "StatusReason" not in user.stacks.describe_change_set(StackName="requests", ChangeSetName="changes")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_deployment_that_does_not_wait_is_refused_by_name(user: StackUser, operation: str) -> None:
    with pytest.raises(ClientError) as caught:
        OPERATIONS[operation](user.stacks)

    assert error_of(caught)[2] == f"The DeploymentConfig Mode EXPRESS of {operation} is not supported"


def test_a_function_has_no_url_and_cloud_control_knows_of_nothing_else(server: RunningServer) -> None:
    control = server.client("cloudcontrol")  # which `sam list endpoints` asks for addresses

    with pytest.raises(control.exceptions.ResourceNotFoundException) as absent:
        control.get_resource(TypeName="AWS::Lambda::Url", Identifier="app")
    with pytest.raises(control.exceptions.UnsupportedActionException) as other:
        control.get_resource(TypeName="AWS::S3::Bucket", Identifier="app")

    assert error_of(absent)[2] == "Resource of type 'AWS::Lambda::Url' with identifier 'app' was not found."
    assert error_of(other)[2].startswith("TypeName AWS::S3::Bucket is not supported")


def test_a_service_that_is_not_there_is_refused_by_name(server: RunningServer) -> None:
    events = server.client("events")

    with pytest.raises(ClientError) as caught:
        events.list_rules()

    assert "The service events is not served here: AWSEvents.ListRules" in error_of(caught)[2]
