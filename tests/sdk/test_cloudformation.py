"""CloudFormation by boto3, with the real resource types."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.apis import APIS
from sealgate.server.house import House
from sealgate.services.stacks.worker import StackWorker
from tests.support.cloud import Cloud, open_cloud

RUNTIME = f"python3.{sys.version_info.minor}"
TEMPLATE = f"""
Description: What the documents say of code signing
Parameters:
  Policy: {{Type: String, Default: Warn, AllowedValues: [Warn, Enforce]}}
Resources:
  Profile:
    Type: AWS::Signer::SigningProfile
    Properties: {{PlatformId: AWSLambda-SHA384-ECDSA}}
  Config:
    Type: AWS::Lambda::CodeSigningConfig
    Properties:
      AllowedPublishers: {{SigningProfileVersionArns: [!GetAtt Profile.ProfileVersionArn]}}
      CodeSigningPolicies: {{UntrustedArtifactOnDeployment: !Ref Policy}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: sts:AssumeRole}}]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: {RUNTIME}
      Handler: index.handler
      Role: !GetAtt Role.Arn
      CodeSigningConfigArn: !Ref Config
      Code: {{ZipFile: "def handler(event, context): return 1"}}
Outputs:
  Config: {{Value: !Ref Config, Export: {{Name: !Sub "${{AWS::StackName}}-config"}}}}
"""
SIMPLE = {"Resources": {"Group": {"Type": "AWS::Logs::LogGroup"}}}
IAM = ["CAPABILITY_IAM"]


@pytest.fixture(scope="module")
def first(house: House) -> Iterator[Cloud]:
    cloud = open_cloud(house, APIS)
    yield cloud
    cloud.root.close()


@pytest.fixture
def cloud(first: Cloud) -> Cloud:
    return first.other()


@pytest.fixture
def cfn(cloud: Cloud) -> Any:
    return cloud.client("cloudformation")


def work(house: House) -> None:
    while house.stacks.worker.run_one():
        pass


def refusal(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**members)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_stack_of_code_signing_is_made_and_removed(house: House, cloud: Cloud, cfn: Any) -> None:
    made = cfn.create_stack(StackName="app", TemplateBody=TEMPLATE, Capabilities=IAM, Tags=[{"Key": "a", "Value": "b"}])
    work(house)
    stack = cfn.describe_stacks(StackName="app")["Stacks"][0]
    assert (stack["StackStatus"], stack["EnableTerminationProtection"]) == ("CREATE_COMPLETE", False)
    config = stack["Outputs"][0]["OutputValue"]
    name = cfn.describe_stack_resource(StackName="app", LogicalResourceId="Function")["StackResourceDetail"]
    attached = cloud.client("lambda").get_function_code_signing_config(FunctionName=name["PhysicalResourceId"])
    assert attached["CodeSigningConfigArn"] == config
    cfn.delete_stack(StackName="app")
    work(house)
    assert cfn.describe_stacks(StackName=made["StackId"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
    assert cloud.client("lambda").list_functions()["Functions"] == []


def test_an_unsigned_function_under_enforce_is_told_in_lambdas_words(house: House, cloud: Cloud, cfn: Any) -> None:
    parameters = [{"ParameterKey": "Policy", "ParameterValue": "Enforce"}]
    cfn.create_stack(StackName="app", TemplateBody=TEMPLATE, Capabilities=IAM, Parameters=parameters)
    work(house)
    events = cfn.describe_stack_events(StackName="app")["StackEvents"]
    failed = next(each for each in events if each["ResourceStatus"] == "CREATE_FAILED")
    assert failed["LogicalResourceId"] == "Function"
    assert failed["ResourceStatusReason"].startswith(
        'Resource handler returned message: "Lambda cannot deploy the function.'
    )
    assert "(Service: Lambda, Status Code: 400, Request ID: " in failed["ResourceStatusReason"]
    assert events[0]["ResourceStatus"] == "ROLLBACK_COMPLETE"
    assert cloud.client("signer").list_signing_profiles()["profiles"] == []
    assert cloud.client("iam").list_roles()["Roles"] == []


def test_waiters_and_pages_work(house: House, cfn: Any) -> None:
    worker = StackWorker(db=house.db, execution=house.stacks.worker._execution, clock=house.clock)
    worker.start()
    cfn.create_stack(StackName="app", TemplateBody=json.dumps(SIMPLE))
    worker.wake()
    patience = {"Delay": 0.02, "MaxAttempts": 1000}
    cfn.get_waiter("stack_create_complete").wait(StackName="app", WaiterConfig=patience)
    cfn.get_waiter("stack_exists").wait(StackName="app", WaiterConfig=patience)
    pages = cfn.get_paginator("list_stack_resources").paginate(StackName="app")
    assert [each["LogicalResourceId"] for page in pages for each in page["StackResourceSummaries"]] == ["Group"]
    cfn.delete_stack(StackName="app")
    worker.wake()
    cfn.get_waiter("stack_delete_complete").wait(StackName="app", WaiterConfig=patience)
    worker.stop()


def test_a_change_set_goes_as_sam_and_cdk_go(house: House, cfn: Any) -> None:
    assert refusal(cfn.describe_stacks, StackName="app") == (
        "ValidationError",
        "Stack with id app does not exist",
    )
    cfn.create_change_set(
        StackName="app", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=json.dumps(SIMPLE), NotificationARNs=[]
    )
    cfn.get_waiter("change_set_create_complete").wait(StackName="app", ChangeSetName="c", WaiterConfig={"Delay": 0})
    found = cfn.describe_change_set(StackName="app", ChangeSetName="c")
    assert [each["ResourceChange"]["Action"] for each in found["Changes"]] == ["Add"]
    assert cfn.get_template(StackName="app")["TemplateBody"] == ""
    cfn.execute_change_set(StackName="app", ChangeSetName=found["ChangeSetId"])
    work(house)
    cfn.create_change_set(StackName="app", ChangeSetName="d", TemplateBody=json.dumps(SIMPLE))
    empty = cfn.describe_change_set(StackName="app", ChangeSetName="d")
    assert empty["StatusReason"].startswith("The submitted information didn't contain changes.")
    assert [each["ChangeSetName"] for each in cfn.list_change_sets(StackName="app")["Summaries"]] == ["c", "d"]
    cfn.delete_change_set(StackName="app", ChangeSetName="d")
    cfn.delete_change_set(StackName="app", ChangeSetName="d")
    code, message = refusal(cfn.update_stack, StackName="app", UsePreviousTemplate=True)
    assert (code, message) == ("ValidationError", "No updates are to be performed.")


def test_a_change_set_is_executed_once_however_often_it_is_asked_for(house: House, cfn: Any) -> None:
    cfn.create_change_set(StackName="app", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=json.dumps(SIMPLE))
    for _ in range(2):
        cfn.execute_change_set(StackName="app", ChangeSetName="c", ClientRequestToken="once")
        work(house)
    code, _ = refusal(cfn.execute_change_set, StackName="app", ChangeSetName="c", ClientRequestToken="other")
    assert code == "InvalidChangeSetStatus"


def test_errors_are_awss_own(house: House, cfn: Any) -> None:
    body = json.dumps(SIMPLE)
    cfn.create_stack(StackName="app", TemplateBody=body)
    assert refusal(cfn.create_stack, StackName="app", TemplateBody=body) == (
        "AlreadyExistsException",
        "Stack [app] already exists",
    )
    assert refusal(cfn.create_stack, StackName="b", TemplateBody=TEMPLATE) == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_IAM]",
    )
    assert refusal(cfn.describe_change_set, ChangeSetName="c", StackName="app") == (
        "ChangeSetNotFound",
        "ChangeSet [c] does not exist",
    )
    unknown = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}})
    assert refusal(cfn.create_stack, StackName="b", TemplateBody=unknown) == (
        "ValidationError",
        "Template format error: Unrecognized resource types: [AWS::SQS::Queue]",
    )
    policy = refusal(cfn.create_stack, StackName="b", TemplateBody=body, StackPolicyBody="{}")
    assert "StackPolicyBody" in policy[1]
    assert "NotificationARNs" in refusal(cfn.create_stack, StackName="b", TemplateBody=body, NotificationARNs=["a"])[1]
    assert refusal(cfn.set_stack_policy, StackName="app", StackPolicyBody="{}")[0] == "NotImplemented"
    work(house)


def test_templates_are_summarised(cfn: Any) -> None:
    summary = cfn.get_template_summary(TemplateBody=TEMPLATE)
    assert summary["Capabilities"] == IAM
    assert summary["Parameters"][0]["ParameterConstraints"] == {"AllowedValues": ["Warn", "Enforce"]}
    assert "AWS::Signer::SigningProfile" in summary["ResourceTypes"]
    assert cfn.validate_template(TemplateBody=TEMPLATE)["Parameters"][0]["DefaultValue"] == "Warn"
    assert refusal(cfn.validate_template, TemplateBody="{}")[0] == "ValidationError"
    nothing = {"Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Ref": "No"}}}}}
    assert refusal(cfn.validate_template, TemplateBody=json.dumps(nothing)) == (
        "ValidationError",
        "Template format error: Unresolved resource dependencies [No] in the Resources block of the template",
    )


def test_resources_are_made_with_the_callers_rights_and_written_down(house: House, cloud: Cloud, cfn: Any) -> None:
    statement = {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}
    deployer = cloud.user("deployer", json.dumps({"Version": "2012-10-17", "Statement": statement}))
    deployer.client("cloudformation").create_stack(StackName="app", TemplateBody=json.dumps(SIMPLE))
    work(house)
    events = cfn.describe_stack_events(StackName="app")["StackEvents"]
    failed = next(each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "CREATE_FAILED")
    assert "is not authorized to perform: logs:CreateLogGroup" in failed
    assert failed.endswith("HandlerErrorCode: AccessDenied)")
    trail = cloud.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateLogGroup"}]
    )
    event = json.loads(trail["Events"][0]["CloudTrailEvent"])
    assert event["userIdentity"]["invokedBy"] == event["sourceIPAddress"] == "cloudformation.amazonaws.com"
    assert event["userIdentity"]["userName"] == "deployer"
    assert event["errorCode"] == "AccessDenied"


def test_a_role_acts_in_place_of_the_caller(house: House, cloud: Cloud, cfn: Any) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": trust}
    role = cloud.role("deploy", json.dumps(document), json.dumps({"Version": "2012-10-17", "Statement": allow}))
    statements = [
        {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "arn:aws:cloudformation:*:*:stack/app/*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role},
    ]
    user = cloud.user("u", json.dumps({"Version": "2012-10-17", "Statement": statements})).client("cloudformation")
    assert (
        refusal(user.create_stack, StackName="other", TemplateBody=json.dumps(SIMPLE), RoleARN=role)[0]
        == "AccessDenied"
    )
    user.create_stack(StackName="app", TemplateBody=json.dumps(SIMPLE), RoleARN=role)
    work(house)
    assert user.describe_stacks(StackName="app")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    untrusting = cloud.role(
        "none", json.dumps({**document, "Statement": {**trust, "Principal": {"Service": "x.amazonaws.com"}}})
    )
    code, message = refusal(cfn.create_stack, StackName="b", TemplateBody=json.dumps(SIMPLE), RoleARN=untrusting)
    assert (code, message) == ("ValidationError", f"Role {untrusting} is invalid or cannot be assumed")


def test_a_template_comes_from_this_servers_bucket(house: House, cloud: Cloud, cfn: Any) -> None:
    bucket = f"templates-{cloud.account}"
    cloud.client("s3").create_bucket(Bucket=bucket)
    cloud.client("s3").put_object(Bucket=bucket, Key="a b.json", Body=json.dumps(SIMPLE))
    urls = [
        f"http://127.0.0.1:4566/{bucket}/a%20b.json",
        f"https://{bucket}.s3.us-east-1.amazonaws.com/a%20b.json",
        f"https://s3.amazonaws.com/{bucket}/a%20b.json",
    ]
    for number, url in enumerate(urls):
        cfn.create_stack(StackName=f"s{number}", TemplateURL=url)
    work(house)
    assert {each["StackStatus"] for each in cfn.describe_stacks()["Stacks"]} == {"CREATE_COMPLETE"}
    for url, error in (
        (f"http://127.0.0.1:4566/{bucket}/none", "S3 error: "),
        ("http://example.com/b/k", "S3 error: Domain name specified in example.com is not a valid S3 domain"),
        ("file:///etc/passwd", "TemplateURL must be a supported URL."),
    ):
        code, message = refusal(cfn.validate_template, TemplateURL=url)
        assert (code, message[: len(error)]) == ("ValidationError", error)


def test_the_sam_transform_is_applied(house: House, cfn: Any) -> None:
    template: dict[str, Any] = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {"Function": {"Runtime": RUNTIME}},
        "Resources": {
            "Fn": {
                "Type": "AWS::Serverless::Function",
                "Properties": {"Handler": "index.handler", "InlineCode": "def handler(e, c): return 1"},
            }
        },
    }
    body = json.dumps(template)
    assert refusal(cfn.create_stack, StackName="app", TemplateBody=body, Capabilities=IAM) == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
    )
    cfn.create_stack(StackName="app", TemplateBody=body, Capabilities=[*IAM, "CAPABILITY_AUTO_EXPAND"])
    work(house)
    rows = cfn.describe_stack_resources(StackName="app")["StackResources"]
    assert {each["LogicalResourceId"]: each["ResourceStatus"] for each in rows} == {
        "Fn": "CREATE_COMPLETE",
        "FnRole": "CREATE_COMPLETE",
    }
    assert "Transform" in cfn.get_template(StackName="app", TemplateStage="Original")["TemplateBody"]
    processed = cfn.get_template(StackName="app")["TemplateBody"]
    assert processed == cfn.get_template(StackName="app", TemplateStage="Processed")["TemplateBody"]
    assert processed["Resources"]["Fn"]["Type"] == "AWS::Lambda::Function"
    template["Resources"]["Fn"]["Properties"].pop("Handler")
    code, message = refusal(
        cfn.create_stack,
        StackName="b",
        TemplateBody=json.dumps(template),
        Capabilities=[*IAM, "CAPABILITY_AUTO_EXPAND"],
    )
    assert code == "ValidationError"
    assert "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification" in message


def test_exports_are_listed(house: House, cfn: Any) -> None:
    output = {"O": {"Value": "v", "Export": {"Name": "shared"}}}
    cfn.create_stack(StackName="giver", TemplateBody=json.dumps(SIMPLE | {"Outputs": output}))
    work(house)
    taking = {
        "Resources": {
            "G": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Fn::ImportValue": "shared"}}}
        }
    }
    cfn.create_stack(StackName="taker", TemplateBody=json.dumps(taking))
    work(house)
    assert cfn.list_exports()["Exports"][0]["Name"] == "shared"
    assert cfn.list_imports(ExportName="shared")["Imports"] == ["taker"]


def test_a_stack_is_protected(house: House, cfn: Any) -> None:
    cfn.create_stack(StackName="app", TemplateBody=json.dumps(SIMPLE), EnableTerminationProtection=True)
    work(house)
    code, message = refusal(cfn.delete_stack, StackName="app")
    assert code == "ValidationError"
    assert "TerminationProtection is enabled" in message
    cfn.update_termination_protection(StackName="app", EnableTerminationProtection=False)
    cfn.delete_stack(StackName="app")
    work(house)
    assert cfn.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"][0]["StackName"] == "app"


def test_another_account_sees_nothing(house: House, cloud: Cloud, cfn: Any) -> None:
    made = cfn.create_stack(StackName="app", TemplateBody=json.dumps(SIMPLE))
    work(house)
    other = cloud.other().client("cloudformation")
    assert refusal(other.describe_stacks, StackName=made["StackId"])[0] in ("AccessDenied", "ValidationError")
    assert other.list_stacks()["StackSummaries"] == []


def test_a_stored_parameter_is_read_with_the_callers_rights(house: House, cloud: Cloud, cfn: Any) -> None:
    cloud.client("ssm").put_parameter(Name="/group", Value="stored-group", Type="String")
    template = {
        "Parameters": {"Name": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/group"}},
        "Resources": {"G": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Ref": "Name"}}}},
    }
    cfn.create_stack(StackName="app", TemplateBody=json.dumps(template))
    work(house)
    assert cloud.client("logs").describe_log_groups()["logGroups"][0]["logGroupName"] == "stored-group"
    parameters = [{"ParameterKey": "Name", "ParameterValue": "/none"}]
    code, message = refusal(cfn.create_stack, StackName="b", TemplateBody=json.dumps(template), Parameters=parameters)
    assert (code, message) == (
        "ValidationError",
        "Unable to fetch parameters [/none] from parameter store for this account.",
    )


def test_secret_parameters_are_told_nowhere(house: House, cloud: Cloud, cfn: Any) -> None:
    template = {
        "Parameters": {"Secret": {"Type": "String", "NoEcho": True}},
        "Resources": {"G": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Ref": "Secret"}}}},
    }
    parameters = [{"ParameterKey": "Secret", "ParameterValue": "hunter2"}]
    cfn.create_stack(StackName="app", TemplateBody=json.dumps(template), Parameters=parameters)
    work(house)
    assert cfn.describe_stacks(StackName="app")["Stacks"][0]["Parameters"][0]["ParameterValue"] == "****"
    properties = [each.get("ResourceProperties") for each in cfn.describe_stack_events(StackName="app")["StackEvents"]]
    assert "hunter2" not in str(properties)
    trail = cloud.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateStack"}]
    )
    event = json.loads(trail["Events"][0]["CloudTrailEvent"])
    assert event["requestParameters"]["parameters"] == [{"parameterKey": "Secret"}]
