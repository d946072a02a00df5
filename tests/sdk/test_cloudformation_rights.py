"""What a caller may do with a stack, whatever the call names it by."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.apis import APIS
from sealgate.server.house import House
from tests.support.cloud import Cloud, open_cloud

TEMPLATE = json.dumps({"Resources": {"Group": {"Type": "AWS::Logs::LogGroup"}}})
PRODUCTION = {"Key": "stage", "Value": "production"}


@pytest.fixture(scope="module")
def first(house: House) -> Iterator[Cloud]:
    cloud = open_cloud(house, APIS)
    yield cloud
    cloud.root.close()


@pytest.fixture
def cloud(first: Cloud, house: House) -> Cloud:
    cloud = first.other()
    stacks = cloud.client("cloudformation")
    for name, tags in (("dev", []), ("prod", [PRODUCTION])):
        stacks.create_stack(StackName=name, TemplateBody=TEMPLATE, Tags=tags)
    while house.stacks.worker.run_one():
        pass
    return cloud


def document(*statements: tuple[str, str, dict[str, Any]]) -> str:
    """Write a policy for CloudFormation: effect, resource, and conditions."""
    said = [
        {"Effect": effect, "Action": ["cloudformation:*", "logs:*"], "Resource": resource, "Condition": condition}
        for effect, resource, condition in statements
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": said})


ALL_BUT_PRODUCTION = document(("Allow", "*", {}), ("Deny", "arn:aws:cloudformation:*:*:stack/prod/*", {}))
DEVELOPMENT = document(("Allow", "arn:aws:cloudformation:*:*:stack/dev/*", {}))


def refuse(call: Callable[..., Any], **members: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**members)
    return str(refused.value.response["Error"]["Code"])


@pytest.fixture
def change_set(cloud: Cloud) -> str:
    """The ARN of a change set of the stack `prod`."""
    made = cloud.client("cloudformation").create_change_set(
        StackName="prod", ChangeSetName="c", UsePreviousTemplate=True, Tags=[]
    )
    return str(made["Id"])


def test_a_change_set_by_its_arn_is_asked_about_by_its_stack(cloud: Cloud, change_set: str) -> None:
    user = cloud.user("u", ALL_BUT_PRODUCTION).client("cloudformation")
    for operation in ("describe_change_set", "get_template", "execute_change_set", "delete_change_set"):
        assert refuse(getattr(user, operation), ChangeSetName=change_set) == "AccessDenied"
    root = cloud.client("cloudformation")
    assert root.describe_change_set(ChangeSetName=change_set)["ExecutionStatus"] == "AVAILABLE"


def test_a_change_set_of_one_stack_is_not_reached_by_the_name_of_another(cloud: Cloud, change_set: str) -> None:
    user = cloud.user("u", DEVELOPMENT).client("cloudformation")
    for operation in ("describe_change_set", "get_template", "execute_change_set"):
        assert refuse(getattr(user, operation), StackName="dev", ChangeSetName=change_set) == "ChangeSetNotFound"
    user.delete_change_set(StackName="dev", ChangeSetName=change_set)
    root = cloud.client("cloudformation")
    assert root.describe_change_set(ChangeSetName=change_set)["ExecutionStatus"] == "AVAILABLE"


def test_a_resource_is_asked_about_by_its_stack(cloud: Cloud) -> None:
    root = cloud.client("cloudformation")
    group = root.describe_stack_resources(StackName="prod")["StackResources"][0]["PhysicalResourceId"]
    assert len(root.describe_stack_resources(PhysicalResourceId=group)["StackResources"]) == 1
    user = cloud.user("u", ALL_BUT_PRODUCTION).client("cloudformation")
    assert refuse(user.describe_stack_resources, PhysicalResourceId=group) == "AccessDenied"


def test_policies_may_ask_for_the_tags_of_a_stack(cloud: Cloud) -> None:
    tagged = {"StringEquals": {"aws:ResourceTag/stage": "production"}}
    user = cloud.user("u", document(("Allow", "*", {}), ("Deny", "*", tagged))).client("cloudformation")
    stack = cloud.client("cloudformation").describe_stacks(StackName="prod")["Stacks"][0]["StackId"]
    assert refuse(user.delete_stack, StackName="prod") == refuse(user.delete_stack, StackName=stack) == "AccessDenied"
    user.get_template(StackName="dev")
