"""Stacks in stacks by boto3: what is asked about them at the door, and what the trail says of them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sealgate.aws.apis import APIS
from sealgate.server.house import House
from tests.support.cloud import Cloud, open_cloud

INNER = {
    "Parameters": {"Days": {"Type": "Number"}},
    "Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "Days"}}}},
}
DENIED = {"Effect": "Deny", "Resource": "arn:aws:cloudformation:*:*:stack/app-Nested-*"}
TRUST = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
BUT_IAM = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}


@pytest.fixture(scope="module")
def first(house: House) -> Iterator[Cloud]:
    cloud = open_cloud(house, APIS)
    yield cloud
    cloud.root.close()


@pytest.fixture
def cloud(first: Cloud) -> Cloud:
    cloud = first.other()
    cloud.client("s3").create_bucket(Bucket=f"t-{cloud.account}")
    cloud.client("s3").put_object(Bucket=f"t-{cloud.account}", Key="inner", Body=json.dumps(INNER))
    return cloud


def outer(cloud: Cloud, days: int) -> str:
    """Write a template with a stack in it."""
    properties = {"TemplateURL": f"https://s3.amazonaws.com/t-{cloud.account}/inner", "Parameters": {"Days": days}}
    return json.dumps({"Resources": {"Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": properties}}})


def settle(house: House, cloud: Cloud) -> str:
    """Do all that is under way; answer the status of the outer stack."""
    while house.stacks.worker.run_one():
        pass
    found = cloud.client("cloudformation").list_stacks()["StackSummaries"]
    return str(next(each["StackStatus"] for each in found if each["StackName"] == "app"))


def told(cloud: Cloud, operation: str) -> dict[str, Any]:
    """Answer the newest event of an operation on a stack that CloudFormation itself has called."""
    asked = [{"AttributeKey": "EventName", "AttributeValue": operation}]
    found = cloud.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
    events = [json.loads(each["CloudTrailEvent"]) for each in found]
    return next(each for each in events if "invokedBy" in each["userIdentity"])


def failures(cloud: Cloud) -> list[str]:
    """Answer why steps on the outer stack's resources have failed."""
    events = cloud.client("cloudformation").describe_stack_events(StackName="app")["StackEvents"]
    return [each["ResourceStatusReason"] for each in events if each["ResourceStatus"].endswith("_FAILED")]


def test_what_is_done_with_an_inner_stack_is_in_the_trail(house: House, cloud: Cloud) -> None:
    user = cloud.user("deployer", document(EVERYTHING)).client("cloudformation")
    user.create_stack(StackName="app", TemplateBody=outer(cloud, 7))
    assert settle(house, cloud) == "CREATE_COMPLETE"
    user.update_stack(StackName="app", TemplateBody=outer(cloud, 14))
    assert settle(house, cloud) == "UPDATE_COMPLETE"
    inner = cloud.client("cloudformation").list_stack_resources(StackName="app")["StackResourceSummaries"][0]
    user.delete_stack(StackName="app")
    assert settle(house, cloud) == "DELETE_COMPLETE"
    made = told(cloud, "CreateStack")
    assert made["userIdentity"]["userName"] == "deployer"
    assert made["userIdentity"]["invokedBy"] == made["sourceIPAddress"] == "cloudformation.amazonaws.com"
    assert made["requestParameters"]["parameters"] == [{"parameterKey": "Days"}]
    assert made["responseElements"] == {"stackId": inner["PhysicalResourceId"]}
    for operation in ("UpdateStack", "DeleteStack"):
        assert told(cloud, operation)["requestParameters"]["stackName"] == inner["PhysicalResourceId"]


def test_an_inner_stack_needs_the_right_to_make_it(house: House, cloud: Cloud) -> None:
    denied = {**DENIED, "Action": "cloudformation:CreateStack"}
    user = cloud.user("deployer", document(EVERYTHING, denied)).client("cloudformation")
    user.create_stack(StackName="app", TemplateBody=outer(cloud, 7))
    assert settle(house, cloud) == "ROLLBACK_COMPLETE"
    (said,) = failures(cloud)
    resource = f"arn:aws:cloudformation:us-east-1:{cloud.account}:stack/app-Nested-"
    assert f"user/deployer is not authorized to perform: cloudformation:CreateStack on resource: {resource}" in said
    assert said.endswith("HandlerErrorCode: AccessDenied)")
    assert told(cloud, "CreateStack")["errorCode"] == "AccessDenied"
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []


def test_an_inner_stack_needs_the_right_to_change_it(house: House, cloud: Cloud) -> None:
    denied = {**DENIED, "Action": "cloudformation:UpdateStack"}
    user = cloud.user("deployer", document(EVERYTHING, denied)).client("cloudformation")
    user.create_stack(StackName="app", TemplateBody=outer(cloud, 7))
    assert settle(house, cloud) == "CREATE_COMPLETE"
    user.update_stack(StackName="app", TemplateBody=outer(cloud, 14))
    assert settle(house, cloud) == "UPDATE_ROLLBACK_COMPLETE"
    assert "is not authorized to perform: cloudformation:UpdateStack" in failures(cloud)[0]
    assert cloud.client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"] == 7


def test_an_inner_stack_is_made_with_the_rights_of_the_role(house: House, cloud: Cloud) -> None:
    role = cloud.role("deploy", document(TRUST), document(BUT_IAM))
    cloud.client("cloudformation").create_stack(StackName="app", TemplateBody=outer(cloud, 7), RoleARN=role)
    assert settle(house, cloud) == "CREATE_COMPLETE"
    assert told(cloud, "CreateStack")["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role
