"""What `sealgate package` has written is deployed where only signed code may be, nested stacks and layers included."""

from __future__ import annotations

from typing import Any

from tests.support.packaging import Workshop
from tests.support.running import PYTHON

PARENT = """\
Parameters:
  Publisher:
    Type: String
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
        - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
  Config:
    Type: AWS::Lambda::CodeSigningConfig
    Properties:
      AllowedPublishers: {SigningProfileVersionArns: [!Ref Publisher]}
      CodeSigningPolicies: {UntrustedArtifactOnDeployment: Enforce}
  Backend:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: nested.yaml
      Parameters: {Config: !Ref Config, Role: !GetAtt Role.Arn}
"""
NESTED = f"""\
Parameters: {{Config: {{Type: String}}, Role: {{Type: String}}}}
Resources:
  Words: {{Type: AWS::Lambda::LayerVersion, Properties: {{Content: layer}}}}
  Greeter:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: packaged-greeter
      Code: app
      Handler: handler.handler
      Runtime: {PYTHON}
      Role: !Ref Role
      Layers: [!Ref Words]
      CodeSigningConfigArn: !Ref Config
"""


def deploy(workshop: Workshop, publisher: str) -> Any:
    stacks = workshop.server.client("cloudformation")
    stacks.create_stack(
        StackName=workshop.bucket,
        TemplateBody=workshop.read("packaged.yaml"),
        Parameters=[{"ParameterKey": "Publisher", "ParameterValue": publisher}],
        Capabilities=["CAPABILITY_IAM"],
    )
    waiter = stacks.get_waiter("stack_create_complete")
    waiter.wait(StackName=workshop.bucket, WaiterConfig={"Delay": 0, "MaxAttempts": 10_000})
    return workshop.server.client("lambda").get_function_configuration(FunctionName="packaged-greeter")


def test_a_nested_stack_is_deployed_under_enforce_once_it_is_packaged(workshop: Workshop) -> None:
    code = {"app/handler.py": "def handler(event, context): ...\n", "layer/python/words.py": "WORD = 'hello'\n"}
    workshop.write({"template.yaml": PARENT, "nested.yaml": NESTED, **code})

    report = workshop.report("template.yaml", "--require-all", "--output", "packaged.yaml")
    deployed = deploy(workshop, report["profileVersionArn"])

    jobs = {name: package["jobArn"] for package in report["packages"] for name in package["resources"]}
    assert deployed["SigningJobArn"] == jobs["Backend/Greeter"]
    assert deployed["Layers"][0]["SigningJobArn"] == jobs["Backend/Words"]
