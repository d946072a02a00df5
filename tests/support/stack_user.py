"""Who deploys stacks with boto3, and what stacks need to be there before: a profile, a bucket, packages."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import WaiterError

from tests.support.deployment import zip_of
from tests.support.server import RunningServer

BUCKET = "packages"
PROFILE = "release"
RUNTIME = f"python3.{sys.version_info.minor}"
LAMBDA_TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
}
_PATIENCE = {"Delay": 0.02, "MaxAttempts": 3000}


@dataclass(frozen=True)
class Code:
    """Where a package is, as templates and CreateFunction name it."""

    key: str

    @property
    def members(self) -> dict[str, str]:
        return {"S3Bucket": BUCKET, "S3Key": self.key}


class StackUser:
    """The root user of a server, with a signing profile and a versioned bucket.

    Args:
        server: It has had no such user before.
        profile: What the profile is called.

    Attributes:
        publisher: The ARN of the profile's version.
    """

    def __init__(self, server: RunningServer, *, profile: str = PROFILE) -> None:
        self._profile = profile
        self.stacks, self.lambda_ = server.client("cloudformation"), server.client("lambda")
        self.s3, self.signer, self.iam = server.client("s3"), server.client("signer"), server.client("iam")
        self.logs = server.client("logs")
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        made = self.signer.put_signing_profile(profileName=profile, platformId="AWSLambda-SHA384-ECDSA")
        self.publisher = str(made["profileVersionArn"])

    @cached_property
    def unsigned(self) -> Code:
        """A package that nobody has signed."""
        self.s3.put_object(Bucket=BUCKET, Key="unsigned.zip", Body=zip_of())
        return Code("unsigned.zip")

    @cached_property
    def signed(self) -> Code:
        """A package that the profile has signed."""
        version = self.s3.put_object(Bucket=BUCKET, Key="app.zip", Body=zip_of())["VersionId"]
        job = self.signer.start_signing_job(
            profileName=self._profile,
            source={"s3": {"bucketName": BUCKET, "key": "app.zip", "version": version}},
            destination={"s3": {"bucketName": BUCKET, "prefix": "signed/"}},
        )["jobId"]
        self.signer.get_waiter("successful_signing_job").wait(jobId=job, WaiterConfig={"Delay": 0.02})
        return Code(f"signed/{job}.zip")

    def create(self, name: str, resources: Mapping[str, Any], **members: Any) -> str:
        """Create a stack; answer the status that it comes to."""
        self.stacks.create_stack(StackName=name, **self._members(resources, members))
        return self.settle("stack_create_complete", name)

    def update(self, name: str, resources: Mapping[str, Any], **members: Any) -> str:
        """Update a stack; answer the status that it comes to."""
        self.stacks.update_stack(StackName=name, **self._members(resources, members))
        return self.settle("stack_update_complete", name)

    def delete(self, name: str) -> str:
        """Delete a stack; answer the status that it comes to."""
        arn = self.describe(name)["StackId"]
        self.stacks.delete_stack(StackName=arn)
        return self.settle("stack_delete_complete", arn)

    def settle(self, waiter: str, name: str) -> str:
        """Wait, as clients do, until a stack is complete or has failed; answer its status."""
        with suppress(WaiterError):
            self.stacks.get_waiter(waiter).wait(StackName=name, WaiterConfig=_PATIENCE)
        return str(self.describe(name)["StackStatus"])

    def describe(self, name: str) -> dict[str, Any]:
        """Answer what DescribeStacks says of a stack."""
        found: dict[str, Any] = self.stacks.describe_stacks(StackName=name)["Stacks"][0]
        return found

    def resources(self, name: str) -> dict[str, tuple[str, str]]:
        """Answer status and physical id of each of a stack's resources."""
        pages = self.stacks.get_paginator("list_stack_resources").paginate(StackName=name)
        return {
            each["LogicalResourceId"]: (each["ResourceStatus"], each.get("PhysicalResourceId", ""))
            for page in pages
            for each in page["StackResourceSummaries"]
        }

    def reasons(self, name: str, status: str) -> dict[str, str]:
        """Answer, of each resource that has come to a status, the reason that its last such event tells."""
        pages = self.stacks.get_paginator("describe_stack_events").paginate(StackName=name)
        events = [event for page in pages for event in page["StackEvents"]]
        return {
            event["LogicalResourceId"]: event.get("ResourceStatusReason", "")
            for event in reversed(events)
            if event["ResourceStatus"] == status
        }

    def is_function(self, name: str) -> bool:
        """Tell whether there is a function of a name."""
        try:
            self.lambda_.get_function_configuration(FunctionName=name)
        except self.lambda_.exceptions.ResourceNotFoundException:
            return False
        return True

    def _members(self, resources: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps({"Resources": resources, **members.get("sections", {})})
        rest = {name: each for name, each in members.items() if name != "sections"}
        return {"TemplateBody": body, "Capabilities": ["CAPABILITY_NAMED_IAM"], **rest}


def role() -> dict[str, Any]:
    """Declare a role for functions."""
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": LAMBDA_TRUST}}


def config(*publishers: str, policy: str = "Enforce") -> dict[str, Any]:
    """Declare a code signing config."""
    return {
        "Type": "AWS::Lambda::CodeSigningConfig",
        "Properties": {
            "AllowedPublishers": {"SigningProfileVersionArns": list(publishers)},
            "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": policy},
        },
    }


def function(code: Code, *after: str, **properties: Any) -> dict[str, Any]:
    """Declare a function under the stack's `Config`, by the stack's `Role`, after some other resources."""
    return {
        "Type": "AWS::Lambda::Function",
        "DependsOn": list(after),
        "Properties": {
            "Code": code.members,
            "Handler": "app.handler",
            "Runtime": RUNTIME,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "CodeSigningConfigArn": {"Ref": "Config"},
            **properties,
        },
    }


def log_group(name: str, *after: str) -> dict[str, Any]:
    """Declare a log group, after some other resources."""
    return {"Type": "AWS::Logs::LogGroup", "DependsOn": list(after), "Properties": {"LogGroupName": name}}
