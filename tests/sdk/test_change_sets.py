"""Change sets by boto3: what is inside of one, and what it would have to import."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.apis import APIS
from sealgate.server.house import House
from tests.support.cloud import Cloud, open_cloud
from tests.support.stack_user import LAMBDA_TRUST

GROUP = {"Type": "AWS::Logs::LogGroup"}
POLICY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}}


@pytest.fixture(scope="module")
def first(house: House) -> Iterator[Cloud]:
    cloud = open_cloud(house, APIS)
    yield cloud
    cloud.root.close()


@pytest.fixture
def cloud(first: Cloud) -> Cloud:
    return first.other()


def work(house: House) -> None:
    while house.stacks.worker.run_one():
        pass


def test_a_change_set_tells_of_the_stacks_inside(house: House, cloud: Cloud) -> None:
    cfn, s3 = cloud.client("cloudformation"), cloud.client("s3")
    s3.create_bucket(Bucket=f"t-{cloud.account}")
    s3.put_object(Bucket=f"t-{cloud.account}", Key="inner", Body=json.dumps({"Resources": {"Group": GROUP}}))
    url = f"https://s3.amazonaws.com/t-{cloud.account}/inner"
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    root = cfn.create_change_set(
        StackName="app",
        ChangeSetName="c",
        ChangeSetType="CREATE",
        IncludeNestedStacks=True,
        TemplateBody=json.dumps({"Resources": {"Nested": nested}}),
    )["Id"]
    told = cfn.describe_change_set(ChangeSetName=root)
    assert told["IncludeNestedStacks"] is True
    assert "ParentChangeSetId" not in told
    inner = cfn.describe_change_set(ChangeSetName=told["Changes"][0]["ResourceChange"]["ChangeSetId"])
    assert inner["ParentChangeSetId"] == inner["RootChangeSetId"] == root
    assert [each["ResourceChange"]["LogicalResourceId"] for each in inner["Changes"]] == ["Group"]
    listed = cfn.list_change_sets(StackName=inner["StackId"])["Summaries"]
    assert [each["RootChangeSetId"] for each in listed] == [root]
    for call in (cfn.execute_change_set, cfn.delete_change_set):
        with pytest.raises(ClientError, match=r"InvalidChangeSetStatus.*with its root change set"):
            call(ChangeSetName=inner["ChangeSetId"])
    cfn.execute_change_set(ChangeSetName=root)
    work(house)
    made = cfn.describe_stacks(StackName=inner["StackId"])["Stacks"][0]
    assert (made["StackStatus"], made["ChangeSetId"]) == ("CREATE_COMPLETE", inner["ChangeSetId"])


def resources(account: str) -> dict[str, Any]:
    """Declare a resource of each type that may have a name of its own, with one."""
    policy = {"PolicyDocument": POLICY}
    declared = {
        "AWS::IAM::Group": {"GroupName": "own"},
        "AWS::IAM::ManagedPolicy": {"ManagedPolicyName": "own", **policy},
        "AWS::IAM::Role": {"RoleName": "own", "AssumeRolePolicyDocument": LAMBDA_TRUST},
        "AWS::IAM::User": {"UserName": "own"},
        "AWS::Logs::LogGroup": {"LogGroupName": "own"},
        "AWS::S3::Bucket": {"BucketName": f"own-{account}"},
        "AWS::SSM::Parameter": {"Name": "own", "Type": "String", "Value": "v"},
        "AWS::Signer::SigningProfile": {"ProfileName": "own", "PlatformId": "AWSLambda-SHA384-ECDSA"},
    }
    return {each.replace(":", ""): {"Type": each, "Properties": properties} for each, properties in declared.items()}


def importing(cloud: Cloud, stack: str, declared: dict[str, Any]) -> str:
    """Ask for a change set of a new stack that imports what is there."""
    made = cloud.client("cloudformation").create_change_set(
        StackName=stack,
        ChangeSetName="c",
        ChangeSetType="CREATE",
        ImportExistingResources=True,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        TemplateBody=json.dumps({"Resources": declared}),
    )
    return str(made["Id"])


def test_nothing_is_imported_where_nothing_is_there(house: House, cloud: Cloud) -> None:
    declared = resources(cloud.account)
    cfn = cloud.client("cloudformation")
    cfn.execute_change_set(ChangeSetName=importing(cloud, "app", declared))
    work(house)
    assert cfn.describe_stacks(StackName="app")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    for name, each in declared.items():
        with pytest.raises(ClientError, match=rf"ImportExistingResources would import {name} \(.*own") as refused:
            importing(cloud, "other", {name: each})
        assert refused.value.response["Error"]["Code"] == "ValidationError"
    importing(cloud, "nameless", {"Group": GROUP})


def test_functions_are_looked_for_by_their_names(cloud: Cloud) -> None:
    function = {"FunctionName": "own", "Role": "arn:aws:iam::123456789012:role/r", "Code": {"ZipFile": "1"}}
    alias = {"FunctionName": "own", "Name": "live", "FunctionVersion": "1"}
    declared = {
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {**function, "Runtime": "python3.13"}},
        "Alias": {"Type": "AWS::Lambda::Alias", "Properties": alias},
    }
    assert importing(cloud, "app", declared)


def test_a_name_counts_whatever_else_is_not_known_yet(cloud: Cloud) -> None:
    cloud.client("iam").create_group(GroupName="own")
    statement = {"Effect": "Allow", "Action": "logs:*", "Resource": {"Fn::GetAtt": ["Other", "Arn"]}}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": statement}}
    declared = {
        "Other": GROUP,
        "Group": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "own", "Policies": [policy]}},
    }
    with pytest.raises(ClientError, match=r"would import Group \(GroupName: own\)"):
        importing(cloud, "app", declared)


def test_what_cannot_be_looked_at_is_not_taken_for_absent(cloud: Cloud) -> None:
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:GetGroup", "Resource": "*"},
    ]
    user = cloud.user("u", json.dumps({"Version": "2012-10-17", "Statement": statements}))
    template = {"Resources": {"G": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "own"}}}}
    with pytest.raises(ClientError, match=r"whether G is there cannot be told: .*iam:GetGroup"):
        user.client("cloudformation").create_change_set(
            StackName="app",
            ChangeSetName="c",
            ChangeSetType="CREATE",
            ImportExistingResources=True,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            TemplateBody=json.dumps(template),
        )


def test_a_stack_inside_is_not_looked_through(cloud: Cloud) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3.amazonaws.com/b/k"}}
    with pytest.raises(ClientError, match=r"ImportExistingResources with a nested stack \(Nested\) is not supported"):
        importing(cloud, "app", {"Nested": nested})
