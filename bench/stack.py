"""A stack of 50 functions, every one signed: packaging it, and deploying it against its API calls made one by one.

`sealgate package` signs 50 folders of code at first, and finds all signatures again the second time. The stack has a
role, a code signing config that enforces, and the functions. The same calls that its resource handlers make are made
directly, by boto3 on one connection, against the same server and in turns.

    python bench/stack.py --run
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import serving
from botocore.credentials import Credentials

FUNCTIONS = 50
ROUNDS = 5
POLL_SECONDS = 0.02
BUCKET = "bench-packages"
PROFILE = "bench"
RUNTIME = f"python3.{sys.version_info.minor}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
}
ENFORCE = {"UntrustedArtifactOnDeployment": "Enforce"}


class Bench:
    """A server, an app of many functions, and who deploys it.

    Args:
        url: The server's address.
        credentials: Whose calls these are.
        folder: Where the server's data is, and the app is written.
    """

    def __init__(self, url: str, credentials: Credentials, folder: Path) -> None:
        self._url = url
        self._credentials = credentials
        self._data, self._folder = folder / "data", folder / "app"
        self._lambda, self._iam = self._client("lambda"), self._client("iam")
        self._stacks = self._client("cloudformation")
        storage = self._client("s3")
        storage.create_bucket(Bucket=BUCKET)
        storage.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        profile = self._client("signer").put_signing_profile(profileName=PROFILE, platformId="AWSLambda-SHA384-ECDSA")
        self._publishers = {"SigningProfileVersionArns": [profile["profileVersionArn"]]}
        write_app(self._folder, self._publishers)

    def package(self) -> None:
        """Sign everything, and write the template that says where it is."""
        command = ("-m", "sealgate", "package", "template.json", "--profile", PROFILE, "--bucket", BUCKET)
        trusted = ("--data", str(self._data))
        environment = {
            "AWS_ENDPOINT_URL": self._url,
            "AWS_ACCESS_KEY_ID": self._credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": self._credentials.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        subprocess.run(
            [sys.executable, *command, *trusted, "--output", "packaged.json", "--require-all"],
            cwd=self._folder,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def deploy(self) -> None:
        """Create the stack, and wait until it is complete."""
        body = (self._folder / "packaged.json").read_text()
        self._stacks.create_stack(StackName="bench", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        self._wait("CREATE_COMPLETE")

    def remove(self) -> None:
        """Delete the stack, and wait until it is gone."""
        arn = self._stacks.describe_stacks(StackName="bench")["Stacks"][0]["StackId"]
        self._stacks.delete_stack(StackName=arn)
        self._wait("DELETE_COMPLETE", arn)

    def call_directly(self) -> None:
        """Make what the stack makes, by the same calls."""
        role = self._iam.create_role(RoleName="direct", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        self._iam.get_role(RoleName="direct")
        made = self._lambda.create_code_signing_config(AllowedPublishers=self._publishers, CodeSigningPolicies=ENFORCE)
        config = made["CodeSigningConfig"]["CodeSigningConfigArn"]
        for name, code in self._packages():
            self._lambda.create_function(
                FunctionName=name,
                Code=code,
                Handler="app.handler",
                Runtime=RUNTIME,
                Role=role,
                CodeSigningConfigArn=config,
            )
            self._lambda.get_function_configuration(FunctionName=name)
        self._config = config

    def remove_directly(self) -> None:
        """Delete what `call_directly` has made."""
        for name, _ in self._packages():
            self._lambda.delete_function(FunctionName=name)
        self._lambda.delete_code_signing_config(CodeSigningConfigArn=self._config)
        self._iam.delete_role(RoleName="direct")

    def _packages(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        resources = json.loads((self._folder / "packaged.json").read_text())["Resources"]
        for name, declared in resources.items():
            if declared["Type"] == "AWS::Lambda::Function":
                yield name, declared["Properties"]["Code"]

    def _wait(self, status: str, name: str = "bench") -> None:
        while (found := self._stacks.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"] != status:
            assert found["StackStatus"].endswith("_IN_PROGRESS"), found
            time.sleep(POLL_SECONDS)

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._url,
            region_name="us-east-1",
            aws_access_key_id=self._credentials.access_key,
            aws_secret_access_key=self._credentials.secret_key,
        )


def write_app(folder: Path, publishers: Mapping[str, Any]) -> None:
    """Write a template of functions, and the code of each."""
    resources: dict[str, Any] = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
        "Config": {
            "Type": "AWS::Lambda::CodeSigningConfig",
            "Properties": {"AllowedPublishers": publishers, "CodeSigningPolicies": ENFORCE},
        },
    }
    for number in range(FUNCTIONS):
        code = folder / f"f{number}"
        code.mkdir(parents=True)
        (code / "app.py").write_text(f"def handler(event, context):\n    return {number}\n")
        resources[f"F{number}"] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": code.name,
                "Handler": "app.handler",
                "Runtime": RUNTIME,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "CodeSigningConfigArn": {"Ref": "Config"},
            },
        }
    (folder / "template.json").write_text(json.dumps({"Resources": resources}))


def main() -> None:
    """Package twice, deploy in turns, print."""
    argparse.ArgumentParser(description=__doc__).add_argument("--run", action="store_true")
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as name:
        folder = Path(name)
        with serving.sealgate(folder / "data") as (url, credentials):
            bench = Bench(url, credentials, folder)
            print(f"{FUNCTIONS} functions packaged and signed, s    {elapsed(bench.package):8.2f}", flush=True)
            print(f"the same again, nothing to sign, s     {elapsed(bench.package):8.2f}", flush=True)
            rounds = [compare(bench) for _ in range(ROUNDS)]
    mine, other = (statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(first / second for first, second in rounds)
    print(f"deployed as a stack / by direct calls, s {mine:6.2f} {other:6.2f} {ratio:6.2f}")


def compare(bench: Bench) -> tuple[float, float]:
    """Deploy both ways, and answer how long each took."""
    mine = elapsed(bench.deploy)
    bench.remove()
    other = elapsed(bench.call_directly)
    bench.remove_directly()
    return mine, other


def elapsed(do: Any) -> float:
    """Answer how many seconds something takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
