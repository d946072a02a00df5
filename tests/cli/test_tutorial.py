"""The tutorial's own commands, as they stand there, with the stock `aws` command line and what `sealgate env` exports.

Only its placeholders are replaced: region, account-id, version-id, your-csc-id.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import AWS, clean_environment, evaluate, run_aws, run_sealgate
from tests.support.running import PYTHON
from tests.support.sealed import zip_of
from tests.support.server import RunningServer, running_server

STEP_1 = """\
aws signer put-signing-profile \\
  --profile-name my-signer-profile \\
  --platform-id AWSLambda-SHA384-ECDSA
"""
STEP_2 = """\
aws lambda create-code-signing-config \\
  --code-signing-policies '{"untrustedArtifactOnDeployment":"Enforce"}' \\
  --allowed-publishers '{"signingProfileVersionArns":["arn:aws:signer:region:account-id:/signing-profiles/my-signer-profile/versions/version-id"]}'
"""  # noqa: E501 - as it stands there
STEP_3 = """\
aws lambda update-function-configuration \\
  --function-name myFunction \\
  --code-signing-config-arn arn:aws:lambda:region:account-id:code-signing-config:your-csc-id
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path / "data") as server:
        yield server


@pytest.fixture
def environment(server: RunningServer) -> dict[str, str]:
    told = run_sealgate("env", "--data", server.folder)
    environment = evaluate(told.stdout, environment=clean_environment())
    return environment | {"PATH": f"{AWS.parent}:{environment['PATH']}"}


def run_step(step: str, environment: dict[str, str], **placeholders: str) -> Any:
    for name, value in {"region": "us-east-1", "account-id": "000000000000", **placeholders}.items():
        step = (
            step.replace(f":{name}:", f":{value}:").replace(f"{name}\n", f"{value}\n").replace(f'{name}"', f'{value}"')
        )
    told = subprocess.run(["/bin/sh", "-c", step], env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_the_tutorial_s_three_steps_make_a_function_demand_signatures(
    server: RunningServer, environment: dict[str, str], tmp_path: Path
) -> None:
    package = zip_of({"app.py": b"def handler(event, context):\n    return 1\n"})
    (tmp_path / "unsigned.zip").write_bytes(package)
    server.client("lambda").create_function(
        FunctionName="myFunction",
        Role="arn:aws:iam::000000000000:role/r",
        Runtime=PYTHON,
        Handler="app.handler",
        Code={"ZipFile": package},
    )

    profile = run_step(STEP_1, environment)
    version = profile["profileVersion"]
    config = run_step(STEP_2, environment, **{"version-id": version})["CodeSigningConfig"]
    function = run_step(STEP_3, environment, **{"your-csc-id": config["CodeSigningConfigId"]})
    update = ("lambda", "update-function-code", "--function-name", "myFunction", "--zip-file", "fileb://unsigned.zip")
    refused = run_aws(*update, environment=environment, folder=tmp_path)

    assert profile["profileVersionArn"].endswith(f":/signing-profiles/my-signer-profile/{version}")
    assert config["AllowedPublishers"]["SigningProfileVersionArns"] == [profile["profileVersionArn"]]
    assert config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"] == "Enforce"
    assert function["CodeSigningConfigArn"] == config["CodeSigningConfigArn"]
    assert refused.returncode != 0
    assert "CodeVerificationFailedException" in refused.stderr
