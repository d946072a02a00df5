"""The metric of failed signature checks, as the `aws` command line reads it from a running server."""

import json
import uuid
from datetime import UTC, datetime, timedelta

from tests.support.command_line import run_aws
from tests.support.deployment import zip_of
from tests.support.running import PYTHON
from tests.support.server import RunningServer

PUBLISHER = "arn:aws:signer:us-east-1:{}:/signing-profiles/app/abcdefghij"


def deploy_unsigned(server: RunningServer) -> str:
    """Deploy a package that nobody signed, with a warning, to a new function; answer its name."""
    client, name, account = server.client("lambda"), f"function-{uuid.uuid4()}", server.credentials.account
    made = client.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [PUBLISHER.format(account)]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Warn"},
    )
    client.create_function(
        FunctionName=name,
        Role=f"arn:aws:iam::{account}:role/runner",
        Runtime=PYTHON,
        Handler="app.handler",
        Code={"ZipFile": zip_of()},
        CodeSigningConfigArn=made["CodeSigningConfig"]["CodeSigningConfigArn"],
    )
    return name


def test_the_command_line_reads_the_metric(server: RunningServer) -> None:
    function, now = deploy_unsigned(server), datetime.now(UTC)
    since, until = now - timedelta(minutes=5), now + timedelta(minutes=1)
    told = run_aws(
        *("cloudwatch", "get-metric-statistics", "--namespace", "AWS/Lambda"),
        *("--metric-name", "SignatureValidationErrors", "--statistics", "Sum", "--period", "60"),
        *("--dimensions", f"Name=FunctionName,Value={function}"),
        *("--start-time", since.isoformat(), "--end-time", until.isoformat()),
        environment=server.environment(),
    )
    answer = json.loads(told.stdout)
    assert answer["Label"] == "SignatureValidationErrors"
    assert [(each["Sum"], each["Unit"]) for each in answer["Datapoints"]] == [(1.0, "Count")]
